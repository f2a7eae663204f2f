"""Losses over a batch of embeddings. Mathematics only: no model, no file."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.nn import functional

from mindgap.projections.base import Recipe

Loss = Callable[[torch.Tensor, torch.Tensor, torch.Tensor, Recipe], torch.Tensor]
"""documents (n, d), projected queries (n, d), labels (n,), recipe -> scalar."""


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


def info_nce_loss(queries: torch.Tensor, documents: torch.Tensor, temperature: float = 0.05) -> torch.Tensor:
    """Symmetric InfoNCE over cosines with in-batch negatives.

    The mean of the cross-entropies of choosing document i for query i and query i for document i, the cosines divided
    by `temperature`.

    Args:
        queries, documents: (n, d), row i of one belongs to row i of the other.

    Source: van den Oord et al., 2018 (arXiv 1807.03748); symmetric as in Radford et al., 2021 (arXiv 2103.00020).
    """
    cosines = functional.normalize(queries, dim=1) @ functional.normalize(documents, dim=1).T
    logits, targets = cosines / temperature, torch.arange(len(queries), device=queries.device)
    return (functional.cross_entropy(logits, targets) + functional.cross_entropy(logits.T, targets)) / 2


def _n_pairs(documents: torch.Tensor, queries: torch.Tensor, labels: torch.Tensor, recipe: Recipe) -> torch.Tensor:
    return n_pairs_loss(documents, queries, labels, recipe.margin)


def _info_nce(documents: torch.Tensor, queries: torch.Tensor, labels: torch.Tensor, recipe: Recipe) -> torch.Tensor:
    true = labels == 1
    return info_nce_loss(queries[true], documents[true], recipe.temperature) if true.any() else queries.sum() * 0.0


LOSSES: dict[str, Loss] = {"n-pairs": _n_pairs, "info-nce": _info_nce}
