"""Runs that visitors share: one at a time, cancelled only by those who wait for them."""

import threading
import time

import pytest

from mindgap.errors import CallerError, Stopped
from mindgap.runs import PATIENCE, Runs
from mindgap.ui.paper_view import TablesJob as Job

SMALL, LARGE = Job("offline", 250), Job("offline", 1000)


class Work:
    """A measurement that goes on until it is released or stopped."""

    def __init__(self):
        self.begun = []
        self.stopped = []
        self.most_at_once = self.now = 0
        self.release = threading.Event()
        self.error = None

    def __call__(self, job, progress_for, stop):
        self.begun.append(job)
        self.now += 1
        self.most_at_once = max(self.most_at_once, self.now)
        try:
            progress = progress_for("english-french: BM25")
            progress(3, 10)
            while not self.release.wait(0.005):
                if stop():
                    self.stopped.append(job)
                    raise Stopped("stopped")
            if self.error:
                raise self.error
            return {"of": job}
        finally:
            self.now -= 1


@pytest.fixture
def work():
    made = Work()
    yield made
    made.release.set()


def until(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)


def ended(runs, visitor):
    found = []
    until(lambda: found.append(runs.status(visitor)) or found[-1].phase not in ("waiting", "running"))
    return found[-1]


def test_a_run_is_followed_to_its_end_and_its_result_is_there_for_everybody(work):
    runs = Runs(work, "measurement")
    assert runs.finished(SMALL) is None
    assert runs.status("a").phase == "none"
    runs.join(SMALL, "a")
    until(lambda: runs.status("a").done == 3)
    status = runs.status("a")
    assert (status.phase, status.heading, status.done, status.total) == ("running", "english-french: BM25", 3, 10)
    work.release.set()
    assert ended(runs, "a").phase == "done"
    assert runs.status("a").phase == "none"
    assert runs.finished(SMALL).report == {"of": SMALL}
    assert runs.finished(SMALL).at.utcoffset().total_seconds() == 0
    assert runs.finished(LARGE) is None


def test_one_at_a_time_and_the_others_know_how_many_are_before_them(work):
    runs = Runs(work, "measurement")
    for visitor, job in (("a", SMALL), ("b", LARGE), ("c", Job("paper", 250))):
        runs.join(job, visitor)
    until(lambda: work.begun)
    assert [runs.status(visitor).phase for visitor in "abc"] == ["running", "waiting", "waiting"]
    assert [runs.status(visitor).ahead for visitor in "abc"] == [0, 1, 2]
    work.release.set()
    assert {ended(runs, visitor).phase for visitor in "abc"} == {"done"}
    assert work.begun == [SMALL, LARGE, Job("paper", 250)]
    assert work.most_at_once == 1


def test_who_asks_for_the_same_waits_for_the_same_run(work):
    runs = Runs(work, "measurement")
    runs.join(SMALL, "a")
    until(lambda: work.begun)
    runs.join(SMALL, "b")
    assert runs.status("b").phase == "running"
    assert runs.status("b").company == 1
    work.release.set()
    assert {ended(runs, visitor).phase for visitor in "ab"} == {"done"}
    assert work.begun == [SMALL]


def test_a_visitor_cannot_cancel_the_run_of_another(work):
    runs = Runs(work, "measurement")
    runs.join(SMALL, "a")
    runs.join(SMALL, "b")
    until(lambda: work.begun)
    runs.leave("a")
    assert runs.status("a").phase == "none"
    time.sleep(0.05)
    assert work.stopped == []
    runs.leave("somebody else")
    assert runs.status("b").phase == "running"
    runs.leave("b")
    until(lambda: work.stopped == [SMALL])
    assert runs.finished(SMALL) is None


def test_a_cancelled_run_that_has_not_begun_never_begins(work):
    runs = Runs(work, "measurement")
    runs.join(SMALL, "a")
    until(lambda: work.begun)
    runs.join(LARGE, "b")
    runs.leave("b")
    work.release.set()
    ended(runs, "a")
    time.sleep(0.05)
    assert work.begun == [SMALL]


def test_a_run_that_is_being_stopped_takes_no_new_visitors(work):
    runs = Runs(work, "measurement")
    runs.join(SMALL, "a")
    until(lambda: work.begun)
    runs.leave("a")
    runs.join(SMALL, "b")
    until(lambda: len(work.begun) == 2)
    work.release.set()
    assert ended(runs, "b").phase == "done"


def test_whoever_asks_for_another_run_leaves_the_first(work):
    runs = Runs(work, "measurement")
    runs.join(SMALL, "a")
    until(lambda: work.begun)
    runs.join(LARGE, "a")
    until(lambda: work.stopped == [SMALL] and work.begun == [SMALL, LARGE])
    assert runs.status("a").job == LARGE


def test_a_visitor_who_has_gone_without_a_word_keeps_no_run_alive(work):
    now = [0.0]
    runs = Runs(work, "measurement", clock=lambda: now[0])
    runs.join(SMALL, "a")
    until(lambda: work.begun)
    now[0] = PATIENCE - 1
    assert runs.status("a").phase == "running"
    now[0] = 2 * PATIENCE - 2
    time.sleep(0.05)
    assert work.stopped == []
    now[0] = 2 * PATIENCE + 1
    until(lambda: work.stopped == [SMALL])


@pytest.mark.parametrize(
    ("error", "sentence"),
    [(CallerError("The gallery is odd."), "The gallery is odd."), (ZeroDivisionError("1 / 0"), "ZeroDivisionError")],
)
def test_a_failure_is_a_sentence_and_the_next_run_works(work, error, sentence):
    runs = Runs(work, "measurement")
    work.error = error
    work.release.set()
    runs.join(SMALL, "a")
    status = ended(runs, "a")
    assert status.phase == "failed"
    assert sentence in status.message
    work.error = None
    runs.join(SMALL, "a")
    assert ended(runs, "a").phase == "done"


def test_nothing_is_kept_of_visitors_who_never_came_back(work):
    now = [0.0]
    runs = Runs(work, "measurement", clock=lambda: now[0])
    work.release.set()
    for i in range(20):
        runs.join(SMALL, f"visitor {i}")
        until(lambda: not runs._queue)
    now[0] = PATIENCE + 1
    runs.join(LARGE, "last")
    assert list(runs._of) == ["last"]


def test_a_kept_run_goes_on_when_nobody_asks_for_it(work):
    now = [0.0]
    runs = Runs(work, "training", clock=lambda: now[0])
    runs.join(SMALL, "start", keep=True)
    until(lambda: work.begun)
    assert runs.under_way(SMALL)
    assert not runs.under_way(LARGE)
    now[0] += 10 * PATIENCE
    time.sleep(0.05)
    assert not work.stopped
    work.release.set()
    until(lambda: runs.finished(SMALL))
    until(lambda: not runs.under_way(SMALL))


def test_who_joins_again_goes_on_waiting_for_the_same_run(work):
    runs = Runs(work, "training")
    runs.join(SMALL, "a")
    until(lambda: work.begun)
    runs.join(SMALL, "a")
    time.sleep(0.05)
    assert work.begun == [SMALL]
    assert not work.stopped
    work.release.set()
    assert ended(runs, "a").phase == "done"


def test_who_leaves_is_told_whether_the_run_goes_on(work):
    runs = Runs(work, "training")
    runs.join(SMALL, "a")
    runs.join(SMALL, "b")
    assert runs.leave("a")
    assert not runs.leave("a")
    assert not runs.leave("b")


def test_a_run_that_fails_stands_in_the_log_though_nobody_asks(work, caplog):
    work.error = CallerError("no room")
    work.release.set()
    runs = Runs(work, "training")
    runs.join(SMALL, "at start", keep=True)
    until(lambda: not runs.under_way(SMALL))
    assert "a training could not be done: no room" in caplog.text
