"""Embedding -> embedding. A new alignment method is one file here and one line below."""

from mindgap.projections.base import LinearProjection, Method, Projection
from mindgap.projections.identity import IDENTITY
from mindgap.projections.n_pairs import N_PAIRS
from mindgap.projections.procrustes import PROCRUSTES
from mindgap.projections.residual import RESIDUAL
from mindgap.projections.ridge import RIDGE
from mindgap.registry import Registry

METHODS: Registry[Method] = Registry("method")
METHODS.register(IDENTITY)
METHODS.register(N_PAIRS)
METHODS.register(RESIDUAL)
METHODS.register(RIDGE)
METHODS.register(PROCRUSTES)

PAPER_METHOD = N_PAIRS.name
"""The paper's own recipe."""

DEFAULT_METHOD = RESIDUAL.name
"""The method that won on the validation splits (README, "Which projection")."""

__all__ = ["DEFAULT_METHOD", "METHODS", "PAPER_METHOD", "LinearProjection", "Method", "Projection"]
