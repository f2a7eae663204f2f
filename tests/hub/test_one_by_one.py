"""`download` of several: each fault said as it happens, a silent Hub asked once, mistakes of the caller passed on."""

import json

import pytest
from server import Fault
from test_faults import one_sentence
from test_hub_models import bring

from mindgap.cli import main
from mindgap.commands.download import one_by_one
from mindgap.errors import CallerError, Unavailable
from mindgap.hub import fetch_files
from mindgap.hub.faults import NoAnswer
from mindgap.hub.watch import Beat, Stalled, guarded
from mindgap.presets import CODEBERT


class Line:
    def __init__(self, shown):
        self.shown, self.error = shown, None


def test_a_fault_is_said_before_the_next_row_is_begun(capsys):
    said = []

    def work(line):
        said.append(capsys.readouterr().err)
        raise Unavailable(f"{line.shown} is broken", "mend it.")

    lines = [Line("a"), Line("b")]
    one_by_one(lines, work, lambda: False)
    assert said == ["", "mindgap: a: a is broken: mend it.\n"]
    assert [line.error for line in lines] == ["a is broken: mend it.", "b is broken: mend it."]


@pytest.mark.parametrize(("alive", "asked"), [(False, ["a"]), (True, ["a", "b", "c"])])
def test_a_hub_that_fell_silent_is_not_asked_for_the_rest(capsys, alive, asked):
    seen = []

    def work(line):
        seen.append(line.shown)
        if line.shown == "a":
            raise NoAnswer("The Hub is silent", "wait.")

    lines = [Line("a"), Line("b"), Line("c")]
    one_by_one(lines, work, lambda: alive)
    assert seen == asked
    assert [line.error for line in lines] == ["The Hub is silent: wait."] + [
        None if alive else "The Hub is silent: wait."
    ] * 2
    assert capsys.readouterr().err.count("The Hub is silent") == (1 if alive else 3)


@pytest.mark.parametrize(("arguments", "kind"), [([], "models"), (["--data", "paper"], "data")])
def test_lists_that_never_come_are_waited_for_once(hub, monkeypatch, capsys, arguments, kind):
    monkeypatch.setenv("MINDGAP_HUB_TIMEOUT", "1.5")
    hub.faults["/api/"] = Fault(stall=True)
    assert main(["download", "--json", *arguments]) == 1
    captured = capsys.readouterr()
    rows = json.loads(captured.out)[kind]
    assert len(rows) == captured.err.count("has sent nothing") > 2
    assert len({row["error"] for row in rows}) == 1
    assert len([path for _, path in hub.requests if path.startswith("/api/")]) == 1


@pytest.mark.parametrize("arguments", [[], ["--data", "paper"]])
def test_a_wrong_patience_is_the_callers_mistake_and_said_once(hub, monkeypatch, capsys, arguments):
    monkeypatch.setenv("MINDGAP_HUB_TIMEOUT", "abc")
    assert main(["download", *arguments]) == 2
    assert capsys.readouterr().err.count("MINDGAP_HUB_TIMEOUT is 'abc'") == 1


def test_a_mistake_of_the_caller_is_passed_on():
    def work(line):
        raise CallerError("No.")

    with pytest.raises(CallerError):
        one_by_one([Line("a")], work, lambda: True)


@pytest.mark.parametrize("name", ["", "  "])
def test_no_name_is_no_model(hub, capsys, name):
    assert main(["download", "--model", name]) == 2
    assert "--model is empty" in capsys.readouterr().err


def test_a_drip_is_no_sign_of_life(empty_hub, monkeypatch):
    monkeypatch.setenv("MINDGAP_HUB_TIMEOUT", "1")
    empty_hub.add("owner/name", {"config.json": bytes(4000)})
    empty_hub.faults["config.json"] = Fault(drip=0.05)
    said = one_sentence(fetch_files, "owner/name", "main")
    assert "has sent less than 256 bytes a second for 1 s while config.json" in said


def test_a_beat_counts_once_enough_has_moved():
    beat = Beat(least=10)
    beat.last = 0.0
    beat(9)
    assert (beat.last, beat.moved) == (0.0, 9)
    beat(1)
    assert beat.last > 0
    assert beat.moved == 0


def test_who_moves_too_little_is_slow_and_who_moves_nothing_is_not(monkeypatch):
    import threading

    monkeypatch.setattr("mindgap.hub.watch._MARGIN", 0.0)
    for moved in (0, 1):
        end = threading.Event()

        def work(beat, moved=moved, end=end):
            beat(moved)
            end.wait(20)

        with pytest.raises(Stalled) as caught:
            guarded(work, 0.05, least=5)
        end.set()
        assert caught.value.slow is bool(moved)


def test_an_intact_model_beside_a_closed_folder_stays_present_and_is_not_fetched(hub, monkeypatch, capsys, tmp_path):
    bring(CODEBERT)
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("MINDGAP_CACHE", str(tmp_path / "file" / "cache"))
    seen = len(hub.requests)
    assert main(["download", "--model", "codebert", "--json"]) == 1
    captured = capsys.readouterr()
    (model,) = json.loads(captured.out)["models"]
    assert model["state"] == "present"
    assert "MINDGAP_CACHE" in model["error"]
    assert captured.err.count("MINDGAP_CACHE") == 1
    assert len(hub.requests) == seen
