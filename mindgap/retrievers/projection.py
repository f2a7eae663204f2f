"""The paper's model: its encoder, and the projection on top."""

from mindgap.presets import Role
from mindgap.retrievers.base import RetrieverSpec
from mindgap.retrievers.dense import build_dense

PROJECTION = RetrieverSpec(
    name="projection",
    label="Projection",
    role=Role.CODE,
    projected=True,
    about="The paper's model: the encoder without retrieval training, its queries projected into the document space.",
    build=lambda context: build_dense(context, Role.CODE, projected=True),
)
