"""Work that takes minutes, for many visitors: one run at a time, shared by all who wait for the same one.

Knows no Gradio. Whoever waits asks for the status again and again; a run for which nobody asks any more is stopped.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic, Literal, TypeVar

from mindgap.errors import MindGapError, Stopped
from mindgap.watch import ProgressFor, Stop

PATIENCE = 150.0
"""Seconds without a question after which a visitor counts as gone; a browser asks once a minute from a hidden tab."""

_log = logging.getLogger(__name__)


Job = TypeVar("Job", bound=Hashable)
"""What a run does, as plain data: equal jobs are one run."""

Work = Callable[[Job, ProgressFor, Stop], dict[str, Any]]
"""Does a job. Raises Stopped soon after `stop` has said so."""


@dataclass(frozen=True)
class Finished:
    """What came out, when the run ended, and how many seconds it took."""

    report: dict[str, Any]
    at: datetime
    seconds: float


@dataclass(frozen=True)
class Status(Generic[Job]):
    """Where a visitor's run stands.

    Attributes:
        phase: "none" where the visitor waits for nothing; "failed" comes with `message`.
        ahead: runs that must end before this one begins.
        heading: the stretch of work in hand, `done` of `total` steps of it done.
        headings: the stretches begun so far, oldest first.
        company: other visitors who wait for the same run.
    """

    phase: Literal["none", "waiting", "running", "done", "failed"]
    job: Job | None = None
    ahead: int = 0
    heading: str = ""
    done: int = 0
    total: int = 0
    headings: tuple[str, ...] = ()
    company: int = 0
    message: str = ""


@dataclass(eq=False)
class _Run(Generic[Job]):
    job: Job
    kept: bool = False
    seen: dict[str, float] = field(default_factory=dict)
    stopped: bool = False
    ended: float | None = None
    message: str = ""
    headings: list[str] = field(default_factory=list)
    step: tuple[str, int, int] = ("", 0, 0)


class Runs(Generic[Job]):
    """The queue of runs and what has come out.

    Args:
        work: does a job, in a thread of this object's own.
        noun: what a run is called in a sentence ("measurement").
        clock: seconds, ever growing.
    """

    def __init__(self, work: Work[Job], noun: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._do_job = work
        self._noun = noun
        self._clock = clock
        self._lock = threading.Lock()
        self._queue: list[_Run[Job]] = []
        self._of: dict[str, _Run[Job]] = {}
        self._finished: dict[Job, Finished] = {}

    def finished(self, job: Job) -> Finished | None:
        """What came of the newest run of a job, whoever asked for it."""
        return self._finished.get(job)

    def join(self, job: Job, visitor: str, keep: bool = False) -> None:
        """Wait for a run of `job`: one that is under way, else a new one at the end of the queue.

        With `keep` it goes on even when nobody asks for its status. Who waits for that run already goes on waiting.
        """
        with self._lock:
            own = self._of.get(visitor)
            if own is not None and own.job == job and own.ended is None and not own.stopped:
                own.kept = own.kept or keep
                own.seen[visitor] = self._clock()
                return
            self._leave(visitor)
            self._forget()
            run = next((run for run in self._queue if run.job == job and not run.stopped), None)
            if run is None:
                run = _Run(job)
                self._queue.append(run)
                if len(self._queue) == 1:
                    threading.Thread(target=self._work, name=self._noun, daemon=True).start()
            run.kept = run.kept or keep
            run.seen[visitor] = self._clock()
            self._of[visitor] = run

    def under_way(self, job: Job) -> bool:
        """Whether a run of `job` is going on or queued."""
        with self._lock:
            return any(run.job == job and not run.stopped for run in self._queue)

    def leave(self, visitor: str) -> bool:
        """Wait no longer. The run ends unless others wait for it; returns whether it goes on."""
        with self._lock:
            run = self._of.get(visitor)
            self._leave(visitor)
            return run is not None and run.ended is None and not run.stopped

    def status(self, visitor: str) -> Status[Job]:
        """Where the visitor's run stands; an end is told once."""
        with self._lock:
            run = self._of.get(visitor)
            if run is None:
                return Status("none")
            if run.ended is not None:
                del self._of[visitor]
                return Status("failed" if run.message else "done", run.job, message=run.message)
            run.seen[visitor] = self._clock()
            heading, done, total = run.step
            place = self._queue.index(run)
            return Status(
                "waiting" if place else "running",
                run.job, place, heading, done, total, tuple(run.headings), len(run.seen) - 1,
            )  # fmt: skip

    def _leave(self, visitor: str) -> None:
        run = self._of.pop(visitor, None)
        if run is None or run.ended is not None:
            return
        run.seen.pop(visitor, None)
        self._give_up(run)

    def _give_up(self, run: _Run[Job]) -> None:
        """Stop a run that nobody waits for; one that has not begun leaves the queue."""
        if run.seen or run.kept:
            return
        run.stopped = True
        if run in self._queue[1:]:
            self._queue.remove(run)

    def _forget(self) -> None:
        """Visitors who have gone without a word: no run goes on for them, no end is kept for them."""
        latest = self._clock() - PATIENCE
        for run in list(self._queue):
            for visitor in [visitor for visitor, seen in run.seen.items() if seen < latest]:
                del run.seen[visitor]
                self._of.pop(visitor, None)
            self._give_up(run)
        for visitor, run in list(self._of.items()):
            if run.ended is not None and run.ended < latest:
                del self._of[visitor]

    def _work(self) -> None:
        """Do the runs one after the other until none is left."""
        while True:
            with self._lock:
                self._forget()
                run = self._queue[0]
            self._do(run)
            with self._lock:
                run.ended = self._clock()
                self._queue.remove(run)
                if not self._queue:
                    return

    def _do(self, run: _Run[Job]) -> None:
        started = self._clock()
        try:
            report = self._do_job(run.job, lambda heading: self._progress(run, heading), lambda: self._shall_stop(run))
            self._finished[run.job] = Finished(report, datetime.now(UTC), self._clock() - started)
        except Stopped as stopped:
            run.message = str(stopped)
        except MindGapError as error:
            _log.warning("a %s could not be done: %s", self._noun, error)
            run.message = str(error)
        except Exception as error:
            # a visitor gets a sentence whatever happens; the reason is for who runs the server
            _log.exception("the %s failed", self._noun)
            run.message = f"The {self._noun} failed ({type(error).__name__}). The server's log says why."

    def _progress(self, run: _Run[Job], heading: str) -> Callable[[int, int], None]:
        def progress(done: int, total: int) -> None:
            run.step = (heading, done, total)

        with self._lock:
            run.headings.append(heading)
        progress(0, 0)
        return progress

    def _shall_stop(self, run: _Run[Job]) -> bool:
        with self._lock:
            self._forget()
            return run.stopped
