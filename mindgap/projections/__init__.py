"""Embedding -> embedding. A new alignment method is one file here and one line below."""

from mindgap.projections.base import AffineProjection, Method, Projection
from mindgap.projections.cca import CCA
from mindgap.projections.centred import CENTRED
from mindgap.projections.identity import IDENTITY
from mindgap.projections.info_nce import INFO_NCE
from mindgap.projections.n_pairs import N_PAIRS
from mindgap.projections.n_pairs_negatives import N_PAIRS_NEGATIVES
from mindgap.projections.procrustes import PROCRUSTES
from mindgap.projections.residual import RESIDUAL
from mindgap.projections.ridge import RIDGE
from mindgap.projections.soft_zca import SOFT_ZCA
from mindgap.registry import Registry

METHODS: Registry[Method] = Registry("method")
METHODS.register(IDENTITY)
METHODS.register(CENTRED)
METHODS.register(SOFT_ZCA)
METHODS.register(PROCRUSTES)
METHODS.register(RIDGE)
METHODS.register(CCA)
METHODS.register(N_PAIRS)
METHODS.register(N_PAIRS_NEGATIVES)
METHODS.register(INFO_NCE)
METHODS.register(RESIDUAL)

PAPER_METHOD = N_PAIRS.name
"""The paper's own recipe."""

DEFAULT_METHOD = RESIDUAL.name
"""The method that won on the validation splits (README, "Which projection")."""

__all__ = ["DEFAULT_METHOD", "METHODS", "PAPER_METHOD", "AffineProjection", "Method", "Projection"]
