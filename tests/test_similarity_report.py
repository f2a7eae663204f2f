"""Similarity measures on the same pairs: what is measured on what, what is chosen by what."""

import dataclasses
import json
import statistics
from typing import ClassVar

import numpy as np
import pytest

from mindgap.errors import CallerError, Failure, Stopped, Unavailable
from mindgap.evaluation.significance import bootstrap_interval
from mindgap.evaluation.similarity import FIXED_MEASURES
from mindgap.evaluator import EvaluationRequest, evaluate
from mindgap.projections import AffineProjection
from mindgap.similarity_report import similarity_report
from mindgap.tasks import ENGLISH_FRENCH, PSEUDOCODE_C, Task
from mindgap.training.scorers import SCORERS
from mindgap.types import Pair

FIXED = [measure.name for measure in FIXED_MEASURES]
LEARNED = [scorer.name for scorer in SCORERS]


def made_up(split, count):
    """Pairs of which every third has its words in common with a document that is not its own."""
    other = [i if i % 3 else (i + 1) % count for i in range(count)]
    return tuple(Pair(f"{split}{i}", f"{split}{other[i]} ask {i}", f"{split}{i} answer {i}") for i in range(count))


class MadeUpTask(Task):
    splits: ClassVar[dict] = {}

    def pairs(self, split):
        return self.splits[split]

    def has_split(self, split):
        return split in self.splits


class Store:
    def embed(self, encoder, texts, progress=None):
        if progress:
            progress(len(texts), len(texts))
        return encoder.encode(texts)


class MadeUpModels:
    """An encoder of hashed words, and a projection that turns both sides alike and stretches the documents."""

    def __init__(self, encoder):
        turn = np.linalg.qr(np.random.default_rng(0).standard_normal((32, 32)))[0].astype(np.float32)
        self.projection = AffineProjection(turn, turn * np.linspace(1, 3, 32, dtype=np.float32))
        self.store = Store()
        self.made_up_encoder = encoder
        self.asked = []

    def encoder(self, spec):
        return self.made_up_encoder

    def checkpoint(self, preset, task, encoder, method):
        self.asked.append((preset, task, encoder.name, method))
        return self


@pytest.fixture
def task(monkeypatch):
    """The registry's only task: 30 pairs to train on, 20 to choose by, 15 to measure on."""
    task = MadeUpTask(**{f.name: getattr(PSEUDOCODE_C, f.name) for f in dataclasses.fields(Task)})
    monkeypatch.setattr(MadeUpTask, "splits", {s: made_up(s, n) for s, n in SIZES.items()})
    monkeypatch.setattr("mindgap.similarity_report.TASKS", {task.name: task})
    return task


SIZES = {"train": 30, "validation": 20, "test": 15}


@pytest.fixture
def made_up_models(encoder):
    return MadeUpModels(encoder)


@pytest.fixture
def report(made_up_models, task):
    def ask(measures=None, **more):
        return similarity_report(made_up_models, "offline", task.name, measures=measures, **more)

    return ask


def of(report, name):
    return next(row for row in report["rows"] if row["name"] == name)


def test_every_measure_has_a_row_of_strict_json(report):
    found = report(seeds=(0, 1))
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert list(found) == ["task", "encoder", "queries", "documents", "rows"]
    assert (found["task"], found["encoder"]) == ("pseudocode-c", "hash encoder")
    assert (found["queries"], found["documents"]) == (15, 15)
    assert [row["name"] for row in found["rows"]] == FIXED + LEARNED
    for row in found["rows"]:
        assert list(row) == [
            *("name", "label", "about", "learned", "raw", "projected"),
            *("spread", "settings", "validation_accuracy", "seconds"),
        ]
        assert row["learned"] == (row["name"] in LEARNED)
        assert row["seconds"] >= 0
        for space in ("raw", "projected"):
            assert list(row[space]) == ["accuracy", "low", "high"]
            assert 0 <= row[space]["low"] <= row[space]["accuracy"] <= row[space]["high"] <= 1
            assert 0 <= row["validation_accuracy"][space] <= 1
        assert set(row["settings"]) == {"raw", "projected"}


@pytest.mark.parametrize("task_asked", [ENGLISH_FRENCH, PSEUDOCODE_C], ids=lambda t: t.name)
def test_the_cosine_rows_are_what_evaluate_measures(task_asked, models, monkeypatch):
    monkeypatch.setattr("mindgap.evaluation.protocol.TIMED_QUERIES", 1)
    [row] = similarity_report(models, "offline", task_asked.name, measures=["cosine"])["rows"]
    asked = EvaluationRequest(task_asked.name, retrievers=["sentence-transformer", "projection-st"])
    raw, projected = (result["accuracy"] for result in evaluate(models, "offline", asked)["results"])
    assert row["raw"]["accuracy"] == pytest.approx(raw, abs=1e-12)
    assert row["projected"]["accuracy"] == pytest.approx(projected, abs=1e-12)


def test_projected_means_both_maps_of_the_default_projection(report, made_up_models, encoder, task):
    found = of(report(["euclidean"]), "euclidean")
    assert made_up_models.asked == [("offline", "pseudocode-c", "hash", "residual")]
    assert found["settings"]["projected"]["documents_of_length_1"] is False
    pairs = task.pairs("test")
    queries = made_up_models.projection.map_queries(encoder.encode([p.query for p in pairs]))
    documents = made_up_models.projection.map_documents(encoder.encode([p.document for p in pairs]))
    nearest = np.linalg.norm(queries[:, None] - documents, axis=2).argmin(axis=1)
    right = (nearest == np.arange(15)).astype(float)
    low, high = bootstrap_interval(right)
    assert found["projected"] == {"accuracy": pytest.approx(right.mean()), "low": low, "high": high}


def test_euclidean_agrees_with_the_cosine_where_documents_have_length_1(report, encoder, monkeypatch):
    plain = type(encoder)._embed

    def unit(self, text):
        vector = plain(self, text)
        return vector / np.linalg.norm(vector)

    monkeypatch.setattr(type(encoder), "_embed", unit)
    rows = report(["cosine", "euclidean"])
    assert of(rows, "euclidean")["settings"]["raw"]["documents_of_length_1"] is True
    assert of(rows, "euclidean")["raw"] == of(rows, "cosine")["raw"]
    assert 0 < of(rows, "cosine")["raw"]["accuracy"] < 1


def test_settings_are_chosen_without_the_test_split(report, monkeypatch):
    before = report(seeds=(0,))
    shuffled = tuple(dataclasses.replace(p, query=f"other {p.id}") for p in MadeUpTask.splits["test"])
    monkeypatch.setitem(MadeUpTask.splits, "test", shuffled)
    after = report(seeds=(0,))
    assert before["rows"] != after["rows"]
    for one, other in zip(before["rows"], after["rows"], strict=True):
        assert one["settings"] == other["settings"]
        assert one["validation_accuracy"] == other["validation_accuracy"]


@pytest.mark.parametrize(("right", "expected"), [("shift", "shift"), ("split", "split"), ("both", "shift")])
def test_the_better_way_to_histograms_on_validation_is_taken(report, monkeypatch, right, expected):
    def variants(self, training):
        queries, documents = training()
        assert (len(queries), len(documents)) == (30, 30)
        good, bad = (lambda q, d: np.eye(len(q), len(d))), (lambda q, d: np.eye(len(q), len(d))[::-1])
        return {name: good if right in (name, "both") else bad for name in ("shift", "split")}

    monkeypatch.setattr("mindgap.evaluation.similarity.FixedMeasure.variants", variants)
    row = of(report(["chi-square"]), "chi-square")
    assert row["settings"]["raw"]["non_negative"] == row["settings"]["projected"]["non_negative"] == expected
    assert row["validation_accuracy"] == {"raw": 1.0, "projected": 1.0}


class Pretended:
    """Two trained scorers, one that is always right on the test split and one that is never."""

    def __init__(self, right, settings):
        self.right, self.settings, self.epoch = right, settings, 3
        self.validation_accuracy = 0.75 if right else 0.25

    def scores(self, queries, documents):
        own = np.eye(len(queries), len(documents))
        return own if self.right else np.roll(own, 1, axis=1)


def test_a_learned_measure_is_the_mean_over_its_seeds(report, monkeypatch):
    def pretend(scorer, train, validation, seeds, step):
        assert (len(train), len(validation)) == (30, 20)
        return [Pretended(seed == 5, scorer.grid[1]) for seed in seeds]

    monkeypatch.setattr("mindgap.training.scorers.train_seeds", pretend)
    row = of(report(["bilinear"], seeds=(5, 6)), "bilinear")
    # every query is right by one seed and wrong by the other
    assert row["raw"] == {"accuracy": 0.5, "low": 0.5, "high": 0.5}
    assert row["spread"] == {space: pytest.approx(statistics.stdev([0, 1])) for space in ("raw", "projected")}
    assert row["validation_accuracy"] == {"raw": 0.5, "projected": 0.5}
    assert row["settings"]["raw"] == dataclasses.asdict(SCORERS[0].grid[1]) | {"kept_epochs": [3, 3]}
    single = of(report(["bilinear"], seeds=(5,)), "bilinear")
    assert (single["raw"]["accuracy"], single["spread"]) == (1.0, None)


def test_a_learned_measure_is_trained_and_chosen_on_pairs_of_its_own_space(report, made_up_models, monkeypatch):
    seen = []

    def pretend(scorer, train, validation, seeds, step):
        seen.append((train, validation))
        return [Pretended(True, scorer.grid[0])]

    monkeypatch.setattr("mindgap.training.scorers.train_seeds", pretend)
    report(["mlp"], seeds=(0,))
    projection = made_up_models.projection
    for raw, projected in zip(*seen, strict=True):
        np.testing.assert_array_equal(projected.queries, projection.map_queries(raw.queries))
        np.testing.assert_array_equal(projected.documents, projection.map_documents(raw.documents))


def test_what_is_not_learned_has_no_spread_and_needs_no_training_texts(report, encoder):
    found = report(["cosine", "manhattan"])
    assert [row["spread"] for row in found["rows"]] == [None, None]
    assert not any(text.startswith("train") for call in encoder.calls for text in call)


def test_progress_is_shown_and_the_work_can_be_stopped_at_any_step(report):
    headings, steps = [], []

    def progress_for(heading):
        headings.append(heading)
        return lambda done, total: steps.append((heading, done, total))

    report(["bilinear"], progress_for=progress_for, seeds=(0,))
    assert headings[:2] == ["encoding queries", "encoding documents"]
    assert {"Bilinear (learned), raw", "Bilinear (learned), projected"} <= set(headings)
    training = [(done, total) for heading, done, total in steps if heading == "Bilinear (learned), raw"]
    assert training[-1][0] == training[-1][1] == len(training)
    for allowed in (0, 1, 5, len(steps)):
        asked = iter(range(10_000))
        with pytest.raises(Stopped, match="was stopped"):
            report(["bilinear"], seeds=(0,), stop=lambda asked=asked, allowed=allowed: next(asked) >= allowed)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"measures": ["cosinus"]}, "Did you mean 'cosine'"),
        ({"seeds": ()}, "No seed"),
        ({"task": "english-frensh"}, "Did you mean 'english-french'"),
        ({"preset": "papers"}, "Did you mean 'paper'"),
    ],
)
def test_mistakes_are_refused_with_a_sentence(made_up_models, change, message):
    asked = {"preset": "offline", "task": "english-french", "measures": ["cosine"]} | change
    with pytest.raises(CallerError, match=message):
        similarity_report(made_up_models, **asked)


def test_a_missing_projection_is_a_failure_with_its_cure(made_up_models, monkeypatch):
    def missing(*asked):
        raise Unavailable("No projection is here", "train one")

    monkeypatch.setattr(made_up_models, "checkpoint", missing)
    with pytest.raises(Failure, match="No projection is here: train one"):
        similarity_report(made_up_models, "offline", "pseudocode-c", measures=["cosine"])
