"""One kind of shipped artefact and how it is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mindgap.encoders.base import Progress


@dataclass(frozen=True)
class Builder:
    """`run` takes a maker of progress bars and yields a line for each thing that it made."""

    name: str
    about: str
    run: Callable[[Callable[[str], Progress]], Iterator[str]]
