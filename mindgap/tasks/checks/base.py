"""A check reads all splits of a task and yields what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from mindgap.types import Pair

Splits = Mapping[str, tuple[Pair, ...]]
"""Split name -> its pairs."""


@dataclass(frozen=True)
class Finding:
    """Something wrong with a pair, or (`not_run`) a part of the check that could not be made on this machine."""

    where: str
    what: str
    not_run: bool = False


@dataclass(frozen=True)
class Check:
    """A named check; `about` says what it makes sure of."""

    name: str
    about: str
    run: Callable[[Splits], Iterator[Finding]]


def every(splits: Splits) -> Iterator[tuple[str, Pair]]:
    """All pairs, each with a place to name in a message: "train pc-00017"."""
    for split, pairs in splits.items():
        for pair in pairs:
            yield f"{split} {pair.id}", pair
