"""Nearest neighbours."""

from mindgap.indexes.flat import FlatIndex, normalise

__all__ = ["FlatIndex", "normalise"]
