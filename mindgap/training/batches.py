"""Batches in which no document stands twice: the other rows of a batch serve as its negatives."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def shuffled_batches(
    groups: Sequence[int] | npt.NDArray[np.int64], batch_size: int, generator: np.random.Generator
) -> list[list[int]]:
    """Rows 0..n-1 in random order, cut into batches of at most `batch_size` with distinct groups in each.

    Every row comes exactly once. A row whose group is in the batch already waits for a later one; a batch of a single
    row, which has no negatives, only arises where nothing else is left.

    Args:
        groups: for each row the document it belongs to.
    """
    if batch_size < 2:
        raise ValueError(f"batch_size must be at least 2, got {batch_size}")
    waiting: deque[int] = deque(int(row) for row in generator.permutation(len(groups)))
    batches: list[list[int]] = []
    left = Counter(int(group) for group in groups)
    while waiting:
        batch: list[int] = []
        taken: set[int] = set()
        for _ in range(len(waiting)):
            # with few documents a batch is full long before every waiting row was looked at
            if len(batch) == batch_size or len(taken) == len(left):
                break
            row = waiting.popleft()
            if groups[row] in taken:
                waiting.append(row)
            else:
                batch.append(row)
                taken.add(groups[row])
                left[groups[row]] -= 1
        left = +left
        batches.append(batch)
    return batches
