import json

import pytest

from mindgap.cli import main
from mindgap.tasks import TASKS
from mindgap.tasks.base import Task

ENCODER = """
name = "compact"
start = "scratch"
layers = 2
width = 32
heads = 2
vocabulary = 500
steps = 30
batch_tokens = 1024
learning_rate = 5e-3
"""
DPR = """
trained_layers = 1
epochs = 3
batch_size = 8
learning_rate = 3e-3
"""


def forget_galleries():
    for task in TASKS:
        for name in ("gallery", "known"):
            vars(task).pop(name, None)


@pytest.fixture
def slice_of_the_data(monkeypatch):
    """Every hundredth training pair, every twentieth of the others; no test after this one sees these galleries."""
    whole = Task.pairs
    monkeypatch.setattr(Task, "pairs", lambda self, split: whole(self, split)[:: 100 if split == "train" else 20])
    forget_galleries()
    yield
    forget_galleries()


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "encoder.toml").write_text(ENCODER)
    (tmp_path / "dpr.toml").write_text(DPR)
    return tmp_path


def test_encoder_then_towers_then_a_search_with_both(settings, slice_of_the_data, monkeypatch, capsys):
    folder = settings / "checkpoints" / "offline" / "encoders"
    monkeypatch.setenv("MINDGAP_CHECKPOINTS", str(settings / "checkpoints"))
    monkeypatch.setenv("MINDGAP_CACHE", str(settings / "cache"))
    assert main(["pretrain", "encoder", "--config", str(settings / "encoder.toml"), "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["folders"] == [str(folder / "compact")]
    assert made["curve"][-1]["loss"] < made["curve"][0]["loss"]
    assert set(made["metrics"]) == {"english-french", "pseudocode-c"}
    assert main(["pretrain", "dpr", "--config", str(settings / "dpr.toml")]) == 0
    assert "description to pseudocode" in capsys.readouterr().out
    assert {path.name for path in folder.iterdir()} == {"compact", "compact-dpr-question", "compact-dpr-context"}
    names = ["--retriever", "codebert", "--retriever", "dpr"]
    assert main(["search", "sort a list", "--task", "pseudocode-c", *names, "--json"]) == 0
    answers = json.loads(capsys.readouterr().out)["retrievers"]
    assert all(len(answer["hits"]) == 5 and answer["unavailable"] is None for answer in answers)


def test_nothing_is_overwritten(settings, slice_of_the_data, capsys):
    (settings / "made").mkdir()
    (settings / "dpr-context").mkdir()
    for kind, output in (("encoder", "made"), ("dpr", "dpr")):
        arguments = ["pretrain", kind, "--config", str(settings / f"{kind}.toml"), "--output", str(settings / output)]
        assert main(arguments) == 2
        assert "is there already; nothing was overwritten" in capsys.readouterr().err


def test_a_stopped_training_is_taken_up(settings, slice_of_the_data, monkeypatch, capsys):
    from mindgap.commands import pretrain

    arguments = ["pretrain", "encoder", "--config", str(settings / "encoder.toml"), "--output", str(settings / "made")]

    def stop(curve):
        if curve.step == 10:
            raise KeyboardInterrupt

    monkeypatch.setattr(pretrain, "_tell", stop)
    assert main(arguments) == 130
    assert (settings / "made.unfinished").is_dir()
    assert not (settings / "made").exists()
    seen = []
    monkeypatch.setattr(pretrain, "_tell", lambda curve: seen.append(curve.step))
    assert main(arguments) == 0
    assert seen[0] == 11
    assert not (settings / "made.unfinished").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["pretrain"], "the following arguments are required: MODEL"),
        (["pretrain", "encoder", "--steps", "0"], "'0' is not a whole number from 1"),
        (["pretrain", "encoder", "--config", "no.toml"], "no.toml cannot be read"),
        (["pretrain", "dpr", "--encoder", "nowhere", "--output", "x"], "There is no model in nowhere"),
        (["pretrain", "encoder", "--output", "/dev/null/x"], "/dev/null/x cannot be written"),
        (["pretrain", "encoder", "--output", "x" * 300], "cannot be written"),
        (["pretrain", "encoder", "--output", "/"], "/ is there already"),
        (["pretrain", "dpr", "--output", "/"], "/ is there already"),
    ],
)
def test_mistakes_of_the_caller(arguments, sentence, capsys):
    try:
        status = main(arguments)
    except SystemExit as ended:
        status = ended.code
    assert status == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert "Traceback" not in error


def test_the_towers_begin_from_no_other_model(tmp_path, capsys):
    from mindgap.encoders.locate import locate
    from mindgap.presets import MINILM

    arguments = ["pretrain", "dpr", "--encoder", str(locate(MINILM)), "--output", str(tmp_path / "x")]
    assert main(arguments) == 2
    assert "begin from a compact encoder of this project" in capsys.readouterr().err


def test_a_training_killed_between_its_two_folders_goes_on(settings, slice_of_the_data, monkeypatch, capsys):
    from mindgap.pretraining import run

    encoder = ["pretrain", "encoder", "--config", str(settings / "encoder.toml"), "--output", str(settings / "compact")]
    assert main(encoder) == 0
    whole = run.write_tower

    def killed(folder, *rest):
        if folder.name.endswith("context"):
            raise KeyboardInterrupt
        whole(folder, *rest)

    towers = ["pretrain", "dpr", "--config", str(settings / "dpr.toml"), "--encoder", str(settings / "compact")]
    towers += ["--output", str(settings / "dpr")]
    monkeypatch.setattr(run, "write_tower", killed)
    assert main(towers) == 130
    assert (settings / "dpr-question").is_dir()
    assert not (settings / "dpr-context").exists()
    monkeypatch.setattr(run, "write_tower", whole)
    assert main(towers) == 0
    assert (settings / "dpr-context").is_dir()
    assert not (settings / "dpr.unfinished").exists()
