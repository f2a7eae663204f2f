"""The paper's projection with negatives from the data: Algorithm 2 over true pairs and wrong queries in one batch."""

from __future__ import annotations

from dataclasses import replace

from mindgap.projections.base import Method
from mindgap.projections.n_pairs import PAPER_RECIPE, load, network

N_PAIRS_NEGATIVES = Method(
    name="n-pairs-negatives",
    label="the paper's, wrong queries as negatives",
    about="The paper's recipe; each pair brings a query along that does not answer, as the paper's own data does.",
    load=load,
    recipe=replace(PAPER_RECIPE, wrong_queries=True),
    network=network,
)
