"""Work that may hang is given up when nothing has moved for a while."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from mindgap.errors import CallerError, Stopped

Result = TypeVar("Result")
VARIABLE = "MINDGAP_HUB_TIMEOUT"
_SECONDS = 8.0
_MARGIN = 1.0
LEAST_SPEED = 256
"""Bytes a second. Whoever sends less than this all the while is given up like one who sends nothing."""


class Stalled(Exception):
    """Nothing has moved for too long; `slow` where something has, but too little."""

    def __init__(self, slow: bool = False) -> None:
        super().__init__()
        self.slow = slow


class Beat:
    """Called by the work with the bytes that have moved. Raises Stopped once nobody waits for the work any more.

    It counts once `least` bytes are together, so that a drip is no sign of life.
    """

    def __init__(self, least: int = 0) -> None:
        self.last = time.monotonic()
        self.abandoned = False
        self.least, self.moved = least, 0

    def __call__(self, moved: int = 0) -> None:
        if self.abandoned:
            raise Stopped("The download was given up.")
        self.moved += moved
        if self.moved >= self.least:
            self.last, self.moved = time.monotonic(), 0


def patience() -> float:
    """Seconds without a byte after which the Hub is given up: MINDGAP_HUB_TIMEOUT, else 8.

    Raises CallerError where that is not a number above 0.
    """
    given = os.environ.get(VARIABLE) or str(_SECONDS)
    try:
        seconds = float(given)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 3600:
        raise CallerError(f"{VARIABLE} is {given!r}; it must be a number of seconds above 0 and at most 3600.")
    return seconds


def guarded(work: Callable[[Beat], Result], seconds: float, least: int = 0) -> Result:
    """What `work` returns or raises. Raises Stalled when its beat has not counted for `seconds` and a little more.

    The client's own timeouts do not cover looking up a name, a handshake in small pieces or a chain of redirects. The
    work runs in a thread that can be left behind; it stops at its next beat.
    """
    beat, results, errors, done = Beat(least), list[Result](), list[BaseException](), threading.Event()

    def run() -> None:
        try:
            results.append(work(beat))
        except BaseException as error:
            errors.append(error)
        finally:
            done.set()

    threading.Thread(target=run, daemon=True, name="hub").start()
    try:
        while not done.wait(0.1):
            if time.monotonic() - beat.last > seconds + _MARGIN:
                raise Stalled(slow=beat.moved > 0)
    finally:
        beat.abandoned = True
    if errors:
        raise errors[0]
    return results[0]
