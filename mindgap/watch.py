"""Long work that shows progress and can be stopped: what a measurement is watched by."""

from __future__ import annotations

from collections.abc import Callable

from mindgap.encoders.base import Progress
from mindgap.errors import Stopped

ProgressFor = Callable[[str], Progress | None]
"""Heading -> progress of that stretch of work."""

Stop = Callable[[], bool]
"""Whether the work shall end."""


class Watch:
    """A ProgressFor that ends the work with Stopped at the next step after `stop` has said so.

    `noun` is what the work is called in the sentence that ends it.
    """

    def __init__(self, progress_for: ProgressFor, stop: Stop, noun: str = "measurement") -> None:
        self._noun = noun
        self._progress_for = progress_for
        self._stop = stop

    def check(self) -> None:
        """Raise Stopped if the work shall end."""
        if self._stop():
            raise Stopped(f"The {self._noun} was stopped before it was complete.")

    def __call__(self, heading: str) -> Progress:
        self.check()
        shown = self._progress_for(heading)

        def progress(done: int, total: int) -> None:
            self.check()
            if shown:
                shown(done, total)

        return progress
