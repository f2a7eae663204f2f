"""Text -> embedding."""

from mindgap.encoders.base import Encoder
from mindgap.encoders.spec import ModelSpec, Pooling

__all__ = ["Encoder", "ModelSpec", "Pooling"]
