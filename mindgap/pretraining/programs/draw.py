"""Draws skeletons and renders them; redraws what falls outside the promised lengths."""

from __future__ import annotations

import random
from collections.abc import Callable

from mindgap.errors import CallerError
from mindgap.pretraining.programs import c_code, pseudocode
from mindgap.pretraining.programs.catalogue import Skeleton, catalogue

C_LINES = range(8, 61)
PSEUDOCODE_LINES = range(3, 21)
_Renderer = Callable[[list[Skeleton], random.Random], str]
_KINDS: dict[str, tuple[_Renderer, range]] = {
    "c": (c_code.render, C_LINES),
    "pseudocode": (pseudocode.render, PSEUDOCODE_LINES),
}


def programs(kind: str, count: int, seed: int) -> list[str]:
    """Draw `count` texts of one kind, the same ones for the same (kind, seed) on every machine.

    Args:
        kind: "c" (C11 that compiles, no comments, 8 to 60 lines) or "pseudocode" (3 to 20 lines).
        count: how many texts, 0 or more; a longer draw begins with the shorter one. A text may occur twice.
        seed: any integer. Rows of the two kinds have nothing to do with one another, whatever the seeds.

    Raises:
        CallerError: the kind is unknown, or the count is negative.
    """
    if kind not in _KINDS:
        raise CallerError(f"There are no programs of the kind {kind!r}: use one of {', '.join(sorted(_KINDS))}.")
    if count < 0:
        raise CallerError(f"The number of programs must be 0 or more, not {count}: ask for none or for some.")
    # seeding with text hashes by SHA-512, which PYTHONHASHSEED does not touch, and parts the two kinds
    rng = random.Random(f"programs:{kind}:{seed}")
    return [draw(kind, rng)[1] for _ in range(count)]


def draw(kind: str, rng: random.Random) -> tuple[list[Skeleton], str]:
    """One text of a known kind and the skeletons that it is made of (1 to 3)."""
    render, lines = _KINDS[kind]
    topics = sorted(catalogue())
    while True:
        number = rng.choices((1, 2, 3), (72, 23, 5))[0]
        chosen = [rng.choice(catalogue()[topic]) for topic in rng.sample(topics, number)]
        text = render(chosen, rng)
        if text.count("\n") + 1 in lines:
            return chosen, text
