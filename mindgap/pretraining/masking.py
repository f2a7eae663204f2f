"""Batches of texts of like length, and the tokens of a batch that are to be guessed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

Numbers = np.ndarray[tuple[int, ...], np.dtype[np.int64]]
Flags = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]

_POOL = 50


@dataclass(frozen=True)
class Masked:
    """A batch of masked language modelling.

    Attributes:
        inputs: token numbers after masking, (n, tokens).
        attention: True where a token is real, (n, tokens).
        guessed: True where a token is to be guessed, (n, tokens).
        targets: the true numbers at the guessed places, row by row.
    """

    inputs: Numbers
    attention: Flags
    guessed: Flags
    targets: Numbers


def plan_batches(lengths: Sequence[int], batch_tokens: int, generator: np.random.Generator) -> list[list[int]]:
    """Every row once, in batches of at most `batch_tokens` tokens with padding (one row at least), shuffled.

    Rows of like length share a batch, so that little is padded.
    """
    order = generator.permutation(len(lengths))
    mean = max(1.0, float(np.mean(lengths)))
    pool = max(1, int(_POOL * batch_tokens / mean))
    batches: list[list[int]] = []
    for start in range(0, len(order), pool):
        batches += _cut(
            sorted((int(i) for i in order[start : start + pool]), key=lambda i: lengths[i]), lengths, batch_tokens
        )
    return [batches[i] for i in generator.permutation(len(batches))]


def _cut(rows: list[int], lengths: Sequence[int], batch_tokens: int) -> list[list[int]]:
    batches: list[list[int]] = [[]]
    for row in rows:
        # rows come shortest first: this one is the longest so far
        if batches[-1] and (len(batches[-1]) + 1) * lengths[row] > batch_tokens:
            batches.append([])
        batches[-1].append(row)
    return batches


def mask_batch(
    rows: Sequence[Sequence[int]],
    share: float,
    vocabulary: int,
    special: Sequence[int],
    pad: int,
    mask: int,
    generator: np.random.Generator,
) -> Masked:
    """Pad the rows and hide `share` of their tokens: of those 80 % become [MASK], 10 % any token, 10 % stay.

    The rule of BERT (Devlin et al., 2019). Special tokens are never guessed; at least one token of the batch is.
    """
    tokens = np.full((len(rows), max(map(len, rows))), pad, dtype=np.int64)
    for place, row in enumerate(rows):
        tokens[place, : len(row)] = row
    attention = np.arange(tokens.shape[1])[None, :] < np.array([len(row) for row in rows])[:, None]
    open_to_it = attention & ~np.isin(tokens, special)
    draws = np.where(open_to_it, generator.random(tokens.shape), 2.0)
    guessed = draws < max(share, draws.min() + 1e-12)
    guessed &= open_to_it
    how = generator.random(tokens.shape)
    inputs = np.where(guessed & (how < 0.8), mask, tokens)
    anything = generator.integers(0, vocabulary, size=tokens.shape)
    inputs = np.where(guessed & (how >= 0.9), anything, inputs)
    return Masked(inputs, attention, guessed, tokens[guessed])
