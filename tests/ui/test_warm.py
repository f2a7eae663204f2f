"""The page opens when its first task is ready; the others get ready behind it."""

import threading
from types import SimpleNamespace

import pytest

from mindgap.ui.page import warm


class Slow:
    def __init__(self):
        self.warmed, self.go, self.threads = [], threading.Event(), set()

    def warm(self, task):
        if task != "first":
            assert self.go.wait(10)
        self.warmed.append(task)
        self.threads.add(threading.current_thread())
        if task == "broken":
            raise RuntimeError("no such data")


def test_only_the_first_task_is_waited_for():
    workspace = Slow()
    thread = warm(workspace, ["first", "second"])
    assert workspace.warmed == ["first"]
    workspace.go.set()
    thread.join(10)
    assert workspace.warmed == ["first", "second"]
    assert workspace.threads == {threading.current_thread(), thread}


def test_a_task_that_cannot_be_prepared_does_not_stop_the_others(caplog):
    workspace = Slow()
    workspace.go.set()
    warm(workspace, ["first", "broken", "third"]).join(10)
    assert workspace.warmed == ["first", "broken", "third"]
    assert "broken could not be prepared" in caplog.text


@pytest.mark.parametrize(("wish", "begun"), [("", []), ("0", []), ("1", ["offline"])])
def test_missing_projections_are_trained_at_the_start_where_that_is_asked_for(wish, begun, monkeypatch):
    monkeypatch.setenv("MINDGAP_AUTOTRAIN", wish)
    workspace, asked = Slow(), []
    workspace.go.set()
    workspace.preset = "offline"
    workspace.first_use = SimpleNamespace(begin_missing=lambda preset: asked.append(preset) or [])
    warm(workspace, ["first", "second"]).join(10)
    assert asked == begun
    assert workspace.warmed == ["first", "second"]


def test_a_start_that_cannot_train_still_opens(monkeypatch, caplog):
    monkeypatch.setenv("MINDGAP_AUTOTRAIN", "1")
    workspace = Slow()
    workspace.go.set()
    warm(workspace, ["first"]).join(10)  # it has nothing to train with at all
    assert "the missing projections could not be trained" in caplog.text
