"""What a route of the exported model does to embeddings, as steps that sentence-transformers has modules for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mindgap.errors import Failure
from mindgap.projections.base import AffineProjection, Projection
from mindgap.projections.identity import IdentityProjection
from mindgap.types import Vectors

TOLERANCE = 1e-4
"""By how much a number of a mapped embedding of length 1 may differ from the projection's own."""


@dataclass(frozen=True, eq=False)
class Layer:
    """x -> x @ weight.T + bias, negative numbers cut to zero where `relu`. weight (out, in), bias (out,)."""

    weight: Vectors
    bias: Vectors
    relu: bool = False


@dataclass(frozen=True, eq=False)
class Normalise:
    """Rows scaled to length 1; a zero row stays zero."""


MapStep = Layer | Normalise


def query_steps(projection: Projection) -> list[MapStep]:
    """The query map as steps; none where it is the identity. Raises Failure for a projection that has no such form."""
    if isinstance(projection, IdentityProjection):
        return []
    if isinstance(projection, AffineProjection):
        return _affine(projection.tensors(), "query")
    from mindgap.projections.networks import NetworkProjection

    if isinstance(projection, NetworkProjection):
        return (query_steps(projection.start) if projection.start else []) + _network(projection.network)
    raise Failure(f"A {type(projection).__name__} cannot be written as plain layers; nothing was exported.")


def document_steps(projection: Projection) -> list[MapStep]:
    """The document map as steps; none where it is the identity."""
    if isinstance(projection, AffineProjection):
        return _affine(projection.tensors(), "document")
    start = getattr(projection, "start", None)
    return document_steps(start) if start else []


def _affine(tensors: Mapping[str, Vectors], side: str) -> list[MapStep]:
    """(x - mean) @ matrix is x @ matrix - mean @ matrix: one layer."""
    mean, matrix = tensors.get(f"{side}_mean"), tensors.get(f"{side}_matrix")
    if matrix is None:
        if mean is None:
            return []
        matrix = np.eye(len(mean), dtype=np.float32)
    bias = np.zeros(matrix.shape[1]) if mean is None else -(mean.astype(np.float64) @ matrix.astype(np.float64))
    return [Layer(np.ascontiguousarray(matrix.T), bias.astype(np.float32))]


def _network(network: Any) -> list[MapStep]:
    from torch import nn

    from mindgap.projections.networks import ResidualMLP

    if isinstance(network, ResidualMLP):
        return _residual(_layer(network.inner), _layer(network.outer))
    steps: list[MapStep] = []
    for module in network if isinstance(network, nn.Sequential) else [network]:
        if isinstance(module, nn.Linear):
            steps.append(_layer(module))
        elif isinstance(module, nn.ReLU) and steps and isinstance(steps[-1], Layer):
            steps[-1] = Layer(steps[-1].weight, steps[-1].bias, relu=True)
        elif not isinstance(module, nn.Dropout):
            raise Failure(f"A {type(module).__name__} layer cannot be exported; nothing was written.")
    return steps


def _residual(inner: Layer, outer: Layer) -> list[MapStep]:
    """The sum u + W2 relu(W1 u), u of length 1; u = relu(u) - relu(-u) is carried by 2 d more hidden units: exact."""
    eye = np.eye(len(outer.bias), dtype=np.float32)
    hidden = Layer(
        np.concatenate([eye, -eye, inner.weight]),
        np.concatenate([np.zeros(2 * len(eye), dtype=np.float32), inner.bias]),
        relu=True,
    )
    return [Normalise(), hidden, Layer(np.concatenate([eye, -eye, outer.weight], axis=1), outer.bias)]


def _layer(linear: Any) -> Layer:
    weight = linear.weight.detach().cpu().float().numpy()
    bias = np.zeros(len(weight), np.float32) if linear.bias is None else linear.bias.detach().cpu().float().numpy()
    return Layer(weight, bias)


def apply_steps(steps: Sequence[MapStep], embeddings: Vectors) -> Vectors:
    """What the steps make of embeddings (n, d)."""
    for step in steps:
        if isinstance(step, Normalise):
            embeddings = embeddings / np.maximum(np.linalg.norm(embeddings, axis=1, keepdims=True), 1e-12)
        else:
            mapped = embeddings @ step.weight.T + step.bias
            embeddings = np.maximum(mapped, 0) if step.relu else mapped
    return np.asarray(embeddings, dtype=np.float32)


def checked_steps(projection: Projection, dimension: int) -> tuple[list[MapStep], list[MapStep]]:
    """Query and document steps, held against the projection itself on random embeddings of that dimension.

    Raises Failure where they do not give what the projection gives, so that nothing wrong is ever written.
    """
    sample = np.random.default_rng(0).standard_normal((32, dimension)).astype(np.float32)
    sample = apply_steps([Normalise()], sample)
    sides = [
        (query_steps(projection), projection.map_queries),
        (document_steps(projection), projection.map_documents),
    ]
    for steps, own in sides:
        found, expected = (apply_steps([*steps, Normalise()], sample), apply_steps([Normalise()], own(sample)))
        if not np.allclose(found, expected, rtol=0, atol=TOLERANCE):
            raise Failure("The plain layers do not give what the projection gives; nothing was exported.")
    return sides[0][0], sides[1][0]
