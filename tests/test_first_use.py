"""Trainings that are missing: found, estimated, done, kept, stopped."""

import time

import pytest

from mindgap import first_use
from mindgap.errors import CallerError, Failure, Stopped
from mindgap.first_use import (
    FirstUse,
    Training,
    _Joined,
    count_texts,
    may_train,
    missing_training,
    missing_trainings,
    probe_training,
    seconds_per_text,
)
from mindgap.models import Models, checkpoint_folder
from mindgap.presets import CODEBERT, MINILM
from mindgap.projections import DEFAULT_METHOD, METHODS
from mindgap.projections.checkpoint import read_checkpoint
from mindgap.tasks.base import Task
from mindgap.types import Pair
from mindgap.ui.first_use_view import offers
from mindgap.workspace import Workspace
from tests.conftest import HashEncoder

TRAINING = Training("offline", "pseudocode-c", "procrustes", "minilm")


class Reporting(HashEncoder):
    """Says how far it is, as the real one does."""

    def encode(self, texts, progress=None):
        if progress:
            progress(len(texts), len(texts))
        return super().encode(texts)


@pytest.fixture
def fake_models(own_folders, monkeypatch, pairs):
    """Models with an encoder that needs no weights, and tasks of forty pairs."""
    models, encoder = Models(), Reporting("minilm")
    monkeypatch.setattr(models, "encoder", lambda spec: encoder)
    monkeypatch.setattr(Task, "pairs", lambda self, split: pairs)
    return models


def test_only_a_projection_that_is_missing_on_an_encoder_that_is_there_can_be_trained(own_folders, monkeypatch):
    assert missing_training("offline", "pseudocode-c", "procrustes", "projection-st") == TRAINING
    assert missing_training("offline", "pseudocode-c", "procrustes", "hybrid") == TRAINING
    assert missing_training("offline", "pseudocode-c", "procrustes", "bm25") is None
    assert missing_training("offline", "pseudocode-c", "procrustes", "sentence-transformer") is None
    # the compact encoder lies in the checkpoint folder, which is empty here
    assert missing_training("offline", "pseudocode-c", "procrustes", "projection") is None
    with pytest.raises(CallerError, match="no task"):
        missing_training("offline", "pseudocode", "procrustes", "projection-st")


def test_what_is_shipped_is_not_offered():
    assert missing_training("offline", "pseudocode-c", DEFAULT_METHOD, "projection-st") is None
    assert missing_trainings("offline", DEFAULT_METHOD) == []


def test_each_training_is_listed_once(own_folders):
    assert missing_trainings("offline", "procrustes") == [
        Training("offline", "english-french", "procrustes", "minilm"),
        TRAINING,
    ]


def test_a_training_is_kept_where_the_preset_looks_for_it(fake_models, own_folders):
    seen = []

    def progress_for(heading):
        return lambda done, total: seen.append((heading, done, total))

    report = FirstUse(fake_models).train(TRAINING, progress_for, lambda: False)
    checkpoint = read_checkpoint(
        fake_models.checkpoint("offline", "pseudocode-c", fake_models.encoder(MINILM), "procrustes").folder
    )
    assert str(checkpoint.folder) == report["checkpoint"]
    assert checkpoint.card["preset"] == "offline"
    assert checkpoint.card["task"] == "pseudocode-c"
    # 40 queries and 40 documents of either split; both splits are the same here, and the store knows them then
    assert [step for step in seen if step[0] == "encoding"][-1][2] == 160
    assert missing_training("offline", "pseudocode-c", "procrustes", "projection-st") is None


def test_epochs_are_reported(fake_models):
    seen = []
    training = Training("offline", "pseudocode-c", "n-pairs", "minilm")
    FirstUse(fake_models).train(training, lambda heading: lambda *step: seen.append((heading, *step)), lambda: False)
    epochs = METHODS.get("n-pairs").recipe.epochs
    assert [step for step in seen if step[0] == "training"] == [("training", n, epochs) for n in range(1, epochs + 1)]


@pytest.mark.parametrize("at", ["encoding", "training"])
def test_a_stopped_training_writes_nothing(fake_models, at):
    seen = []
    training = Training("offline", "pseudocode-c", "n-pairs", "minilm")
    with pytest.raises(Stopped, match="The training was stopped"):
        FirstUse(fake_models).train(training, lambda heading: lambda *_: seen.append(heading), lambda: at in seen)
    assert missing_training("offline", "pseudocode-c", "n-pairs", "projection-st") == training


def test_a_training_that_another_process_has_done_is_taken(fake_models):
    work = FirstUse(fake_models)
    first = work.train(TRAINING, lambda _: None, lambda: False)
    assert work.train(TRAINING, lambda _: None, lambda: False) == {"checkpoint": first["checkpoint"]}


@pytest.fixture
def probes(monkeypatch):
    """Probes that take no time; counts the encoder's."""
    calls = []
    monkeypatch.setattr(first_use, "seconds_per_text", lambda encoder, sample: calls.append(sample) or 0.5)
    monkeypatch.setattr(first_use, "probe_training", lambda method, dimension: (3.0, 0.25))
    return calls


def test_the_estimate_counts_what_is_encoded_and_trained(fake_models, probes):
    work = FirstUse(fake_models)
    estimate = work.estimate(Training("offline", "english-french", "n-pairs", "minilm"))
    epochs = METHODS.get("n-pairs").recipe.epochs
    assert (estimate.texts, estimate.epochs) == (160, epochs)
    assert estimate.encoding == 80
    assert estimate.training == 3 + 40 * epochs * 0.25
    assert estimate.seconds == estimate.encoding + estimate.training
    closed = work.estimate(TRAINING)
    assert (closed.epochs, closed.training) == (0, 3 + 40 * 0.25)
    assert work.estimate(TRAINING) == closed
    assert len(probes) == 2


def test_an_old_speed_is_measured_again(fake_models, probes, monkeypatch):
    work, now = FirstUse(fake_models), [1000.0]
    monkeypatch.setattr(first_use.time, "monotonic", lambda: now[0])
    work.estimate(TRAINING)
    now[0] += 3600
    work.estimate(TRAINING)
    assert len(probes) == 2


def test_nothing_is_probed_while_a_training_runs(fake_models, probes):
    work = FirstUse(fake_models)
    known = work.estimate(TRAINING)
    other = Training("offline", "pseudocode-c", "ridge", "minilm")
    seen = []

    def progress_for(heading):
        seen.append((work.estimate(TRAINING), work.estimate(other)))

    work.train(other, progress_for, lambda: False)
    assert seen[0] == (known, None)
    assert work.estimate(other) is not None


def test_the_probes_measure_what_they_say():
    class Slow(HashEncoder):
        def encode(self, texts, progress=None):
            time.sleep(0.01 * len(texts))
            return super().encode(texts)

    assert seconds_per_text(Slow(), ["a text"] * 8) >= 0.01
    for method in ("n-pairs", "residual", "procrustes", "cca"):
        before, per_row = probe_training(METHODS.get(method), 16)
        assert before >= 0
        assert 0 < per_row < 1


def test_a_folder_that_cannot_be_written_is_said_before_any_work(fake_models, monkeypatch):
    monkeypatch.setattr(first_use.os, "access", lambda path, mode: False)
    headings = []
    with pytest.raises(Failure, match="cannot be written on this server"):
        FirstUse(fake_models).train(TRAINING, headings.append, lambda: False)
    assert headings == []


def test_a_folder_that_is_no_checkpoint_is_not_offered(own_folders):
    folder = checkpoint_folder("offline", "pseudocode-c", "minilm", "procrustes")
    folder.mkdir(parents=True)
    assert missing_training("offline", "pseudocode-c", "procrustes", "projection-st") is None


def test_visitors_may_train_unless_the_server_says_no(monkeypatch):
    assert may_train()
    monkeypatch.setenv("MINDGAP_TRAINING", "0")
    assert not may_train()
    monkeypatch.setenv("MINDGAP_TRAINING", "never")
    with pytest.raises(CallerError, match="MINDGAP_TRAINING is 'never'; it must be 0 or 1"):
        may_train()


def test_an_offer_that_fails_leaves_the_answers_alone(fake_models, monkeypatch, caplog):
    workspace = Workspace("offline", fake_models)
    comparison = workspace.compare("a query", "pseudocode-c", 2, ["bm25", "projection-st"], method="procrustes")
    offered = offers(workspace.first_use, comparison, "procrustes")
    assert offered["projection-st"]["button"] == "Train it here"
    monkeypatch.setenv("MINDGAP_TRAINING", "0")
    assert offers(workspace.first_use, comparison, "procrustes") == {}
    monkeypatch.setenv("MINDGAP_TRAINING", "1")
    monkeypatch.setattr(workspace.first_use, "estimate", lambda training: 1 / 0)
    assert offers(workspace.first_use, comparison, "procrustes") == {}
    assert "ZeroDivisionError" in caplog.text


def test_texts_are_counted_as_they_are_encoded():
    pairs = (Pair("1", "a", "x", description="d"), Pair("2", "b", "x"), Pair("3", "c", "y", description="e"))
    assert count_texts(pairs, ("query",)) == 3 + 2
    assert count_texts(pairs, ("query", "description")) == 5 + 2
    assert count_texts(pairs, ("description",)) == 2 + 2
    wrong = (Pair("1", "a", "x", negatives=("n", "m")), Pair("2", "b", "x", label=0))
    assert count_texts(wrong, ("query",), wrong=True) == 2 + 1 + 3


def test_stretches_are_joined_to_one():
    seen = []
    joined = _Joined(lambda done, total: seen.append((done, total)), 100)
    for done, total in [(32, 40), (40, 40), (32, 50), (50, 50), (5, 5)]:
        joined(done, total)
    assert seen == [(32, 100), (40, 100), (72, 100), (90, 100), (95, 100)]


def test_begin_missing_trains_all_that_lacks_without_anybody_watching(fake_models, monkeypatch):
    work = Workspace("offline", fake_models).first_use
    monkeypatch.setattr(first_use, "DEFAULT_METHOD", "procrustes")
    assert work.begin_missing("offline") == [Training("offline", "english-french", "procrustes", "minilm"), TRAINING]
    deadline = time.monotonic() + 20
    while missing_trainings("offline", "procrustes"):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert work.begin_missing("offline") == []


def test_an_encoder_that_is_not_there_is_no_training(own_folders, monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    assert missing_training("paper", "pseudocode-c", DEFAULT_METHOD, "projection") is None
    monkeypatch.setattr(first_use, "locate", lambda spec: tmp_path)
    assert missing_training("paper", "pseudocode-c", DEFAULT_METHOD, "projection") == Training(
        "paper", "pseudocode-c", DEFAULT_METHOD, CODEBERT.name
    )
