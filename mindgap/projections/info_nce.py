"""The paper's MLP, trained with InfoNCE and a learned temperature in place of the N-pairs hinge loss."""

from __future__ import annotations

from mindgap.projections.base import Method, Recipe
from mindgap.projections.n_pairs import load, network

INFO_NCE = Method(
    name="info-nce",
    label="the paper's MLP, InfoNCE",
    about="The paper's network with InfoNCE, a learned temperature, larger batches and a higher rate.",
    load=load,
    recipe=Recipe(
        loss="info-nce",
        hidden=2048,
        epochs=10,
        batch_size=256,
        learning_rate=1e-3,
        one_cycle=True,
        temperature=0.07,
        learn_temperature=True,
    ),
    network=network,
)
