"""Losses over a batch of embeddings. Mathematics only: no model, no file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch.nn import functional

from mindgap.projections.base import Recipe


@dataclass(frozen=True)
class Batch:
    """What a loss sees of one batch.

    Attributes:
        documents: (n, d).
        projected: queries after the projection, (n, d); row i belongs to document i where label i is 1.
        labels: (n,), 1 for a true pair.
        hard: documents near each query and wrong, (n, h, d), or None.
        temperature: of the softmax; a tensor where it is learned.
    """

    documents: torch.Tensor
    projected: torch.Tensor
    labels: torch.Tensor
    hard: torch.Tensor | None = None
    temperature: torch.Tensor | float = 0.05


Loss = Callable[[Batch, Recipe], torch.Tensor]
"""A scalar."""


def n_pairs_loss(
    anchors: torch.Tensor, positives: torch.Tensor, labels: torch.Tensor, margin: float = 1.0
) -> torch.Tensor:
    """The paper's N-pairs hinge loss, Algorithm 2 without its loops.

    For every i with label 1 and every j != i: max(0, |A_i - P_i| - |A_i - P_j| + margin), Euclidean, averaged over
    all such (i, j); 0 where there are none.

    Args:
        anchors: documents A, (n, d).
        positives: projected queries P, (n, d); row i belongs to anchor i where label i is 1.
        labels: (n,), 1 for a true pair.
        margin: how much nearer the true query must be.

    Source: arXiv 2410.23437, section 2.3.3.
    """
    distances = torch.cdist(anchors, positives, compute_mode="donot_use_mm_for_euclid_dist")
    hinge = functional.relu(distances.diagonal().unsqueeze(1) - distances + margin)
    counted = (labels == 1).unsqueeze(1) & ~torch.eye(len(anchors), dtype=torch.bool, device=anchors.device)
    count = counted.sum()
    return (hinge * counted).sum() / count if count else distances.sum() * 0.0


def info_nce_loss(
    queries: torch.Tensor,
    documents: torch.Tensor,
    temperature: torch.Tensor | float = 0.05,
    hard: torch.Tensor | None = None,
) -> torch.Tensor:
    """Symmetric InfoNCE over cosines with in-batch negatives.

    The mean of the cross-entropies of choosing document i for query i (among the batch's documents and the query's hard
    negatives) and query i for document i, the cosines divided by `temperature`.

    Args:
        queries, documents: (n, d), row i of one belongs to row i of the other.
        hard: (n, h, d), documents that only their own query chooses among.

    Source: van den Oord et al., 2018 (arXiv 1807.03748); symmetric as in Radford et al., 2021 (arXiv 2103.00020);
    hard negatives as in Karpukhin et al., 2020 (arXiv 2004.04906).
    """
    queries, documents = functional.normalize(queries, dim=1), functional.normalize(documents, dim=1)
    logits, targets = queries @ documents.T / temperature, torch.arange(len(queries), device=queries.device)
    choices = logits
    if hard is not None:
        near = torch.einsum("nd,nhd->nh", queries, functional.normalize(hard, dim=2)) / temperature
        choices = torch.cat([logits, near], dim=1)
    return (functional.cross_entropy(choices, targets) + functional.cross_entropy(logits.T, targets)) / 2


def _n_pairs(batch: Batch, recipe: Recipe) -> torch.Tensor:
    return n_pairs_loss(batch.documents, batch.projected, batch.labels, recipe.margin)


def _info_nce(batch: Batch, recipe: Recipe) -> torch.Tensor:
    true = batch.labels == 1
    if not true.any():
        return batch.projected.sum() * 0.0
    hard = batch.hard[true] if batch.hard is not None else None
    return info_nce_loss(batch.projected[true], batch.documents[true], batch.temperature, hard)


LOSSES: dict[str, Loss] = {"n-pairs": _n_pairs, "info-nce": _info_nce}
