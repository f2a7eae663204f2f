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


class Stalled(Exception):
    """Nothing has moved for too long."""


class Beat:
    """Called by the work each time something has moved. Raises Stopped once nobody waits for the work any more."""

    def __init__(self) -> None:
        self.last = time.monotonic()
        self.abandoned = False

    def __call__(self) -> None:
        if self.abandoned:
            raise Stopped("The download was given up.")
        self.last = time.monotonic()


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


def guarded(work: Callable[[Beat], Result], seconds: float) -> Result:
    """What `work` returns or raises. Raises Stalled when it has not called its beat for `seconds` and a little more.

    The client's own timeouts do not cover looking up a name, a handshake in small pieces or a chain of redirects. The
    work runs in a thread that can be left behind; it stops at its next beat.
    """
    beat, results, errors, done = Beat(), list[Result](), list[BaseException](), threading.Event()

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
                raise Stalled
    finally:
        beat.abandoned = True
    if errors:
        raise errors[0]
    return results[0]
