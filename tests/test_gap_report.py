"""The gap before and after: as the page asks for it, and as the command line does."""

import argparse
import json

import numpy as np
import pytest

from mindgap.commands.gap import GAP
from mindgap.errors import CallerError, Failure
from mindgap.evaluation.measures import MEASURES
from mindgap.gap_report import GapRequest, gap_report
from mindgap.presets import MINILM, PRESETS, Role
from mindgap.projections.base import AffineProjection
from mindgap.projections.checkpoint import CheckpointError, read_checkpoint, write_checkpoint
from mindgap.projections.identity import IdentityProjection
from mindgap.tasks.pairs_file import read_pairs
from mindgap.types import Pair

ANIMALS = "cat dog horse cow bird fish mouse sheep goat duck".split()


@pytest.fixture
def own():
    """Ten pairs about animals, a false one, and a repetition."""
    pairs = [Pair(str(i), f"The {a} sleeps.", f"A sleeping {a}, seen at night.") for i, a in enumerate(ANIMALS)]
    return (*pairs, Pair("false", "The sun shines.", "It rains.", label=0), pairs[0])


def checkpoint_for(folder, encoder, projection=None, method="identity", **more):
    about = {"name": encoder.name, "label": encoder.label, "fingerprint": encoder.fingerprint}
    card = {"method": method, "encoder": about, "settings": {}} | more
    write_checkpoint(folder, projection or IdentityProjection(), card)
    return read_checkpoint(folder)


def run(capsys, *arguments):
    parser = argparse.ArgumentParser()
    GAP.add_arguments(parser)
    status = GAP.run(parser.parse_args([str(a) for a in arguments]))
    return status, capsys.readouterr().out


def test_a_projection_draws_pairs_closer_than_other_combinations(models):
    report = gap_report(models, "offline", GapRequest("pseudocode-c"))
    assert list(report) == ["task", "retriever", "before", "after"]
    assert (report["task"], report["retriever"]) == ("pseudocode-c", "projection-st")
    before, after = report["before"], report["after"]
    assert list(before) == list(after) == list(MEASURES)
    assert after["pair_cosine"] - after["random_cosine"] > before["pair_cosine"] - before["random_cosine"]
    json.dumps(report, allow_nan=False)


def test_an_identity_checkpoint_changes_nothing(models, own, tmp_path):
    checkpoint = checkpoint_for(tmp_path / "c", models.encoder(MINILM))
    report = gap_report(models, "offline", GapRequest(None, own, checkpoint=checkpoint))
    assert (report["task"], report["retriever"]) == (None, "projection-st")
    assert report["before"] == report["after"]


def test_a_checkpoint_replaces_the_projection(models, own, tmp_path):
    mirrored = AffineProjection(-np.eye(384, dtype=np.float32))
    checkpoint = checkpoint_for(tmp_path / "c", models.encoder(MINILM), mirrored, "ridge", task="english-french")
    report = gap_report(models, "offline", GapRequest(None, own, "projection-st", checkpoint))
    assert report["task"] == "english-french"
    assert report["after"]["pair_cosine"] == pytest.approx(-report["before"]["pair_cosine"], abs=1e-6)
    assert report["after"]["accuracy"] < report["before"]["accuracy"]


def test_a_retriever_without_a_projection_has_the_same_gap_after(models, own):
    report = gap_report(models, "offline", GapRequest(None, own, "sentence-transformer"))
    assert report["before"] == report["after"]
    assert report["retriever"] == "sentence-transformer"


def test_false_pairs_and_repetitions_do_not_count(models, own):
    request = GapRequest(None, own, "sentence-transformer")
    clean = GapRequest(None, own[:10], "sentence-transformer")
    assert gap_report(models, "offline", request) == gap_report(models, "offline", clean)


def test_accuracy_is_that_of_evaluate(models):
    from mindgap.evaluator import EvaluationRequest, evaluate

    pairs = tuple(Pair(str(i), f"The {a} sleeps.", f"Le {a} {d}") for i, a in enumerate(ANIMALS) for d in ("A", "B"))
    report = gap_report(models, "offline", GapRequest(None, pairs, "sentence-transformer"))
    asked = EvaluationRequest(None, pairs=pairs, retrievers=["sentence-transformer"])
    assert report["after"]["accuracy"] == evaluate(models, "offline", asked)["results"][0]["accuracy"]


def test_dpr_takes_one_encoder_for_queries_and_another_for_documents(models, own, encoder, monkeypatch):
    passages = type(encoder)("passages")
    table = PRESETS.get("offline").models
    stand_in = {table[Role.DPR_QUESTION]: encoder, table[Role.DPR_CONTEXT]: passages}
    monkeypatch.setattr(models, "encoder", stand_in.__getitem__)
    monkeypatch.setattr(models.store, "embed", lambda encoder, texts, progress=None: encoder.encode(texts))
    gap_report(models, "offline", GapRequest(None, own, "dpr"))
    assert encoder.calls == [[pair.query for pair in own[:10]]]
    assert passages.calls == [[pair.document for pair in own[:10]]]


def test_an_encoder_of_no_retriever_is_named_projection(models, own, encoder, tmp_path, monkeypatch):
    checkpoint = checkpoint_for(tmp_path / "c", encoder)
    monkeypatch.setattr("mindgap.gap_report.card_encoder", lambda checkpoint, models: encoder)
    monkeypatch.setattr(models.store, "embed", lambda encoder, texts, progress=None: encoder.encode(texts))
    report = gap_report(models, "offline", GapRequest(None, own, checkpoint=checkpoint))
    assert report["retriever"] == "projection"
    assert report["before"] == report["after"]


def test_a_checkpoint_that_fits_nothing_is_refused(models, own, encoder, tmp_path):
    checkpoint = checkpoint_for(tmp_path / "c", encoder)
    with pytest.raises(CheckpointError, match="cannot be loaded"):
        gap_report(models, "offline", GapRequest(None, own, checkpoint=checkpoint))
    with pytest.raises(CheckpointError, match="was trained on embeddings of hash encoder"):
        gap_report(models, "offline", GapRequest(None, own, "projection-st", checkpoint))
    with pytest.raises(CallerError, match="no projection that --checkpoint could replace"):
        gap_report(models, "offline", GapRequest(None, own, "sentence-transformer", checkpoint))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"retriever": "bm25"}, "BM25 has no embeddings"),
        ({"retriever": "hybrid"}, "Hybrid has no embeddings"),
        ({"retriever": "projektion"}, "Did you mean"),
        ({"task": "english-frensh"}, "Did you mean 'english-french'"),
        ({"task": None}, "Name what to measure on"),
        ({"task": None, "pairs": (Pair("1", "a", "b"),)}, "add --task or --checkpoint"),
        ({"pairs": (Pair("1", "a", "b", label=0),), "retriever": "sentence-transformer"}, "label 1"),
        ({"pairs": (Pair("1", "a", "b"),), "retriever": "sentence-transformer"}, "at least 2 pairs"),
    ],
)
def test_mistakes_are_refused_with_a_sentence(models, change, message):
    with pytest.raises(CallerError, match=message):
        gap_report(models, "offline", GapRequest(**({"task": "english-french"} | change)))


def test_a_missing_model_is_a_failure_with_its_cure(models, monkeypatch, tmp_path, own_folders):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(Failure, match="mindgap download --preset paper"):
        gap_report(models, "paper", GapRequest("pseudocode-c"))
    with pytest.raises(Failure, match="mindgap train --task pseudocode-c"):
        gap_report(models, "offline", GapRequest("pseudocode-c"))


def test_the_command_on_an_own_file_for_machines_and_for_people(capsys, models, tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("query,document\n" + "".join(f"the {a},ein {a} dort\n" for a in ANIMALS), "utf-8")
    assert len(read_pairs(path)) == 10
    checkpoint_for(tmp_path / "c", models.encoder(MINILM))
    status, out = run(capsys, "--pairs", path, "--checkpoint", tmp_path / "c", "--json")
    found = json.loads(out)
    assert status == 0
    assert list(found) == ["task", "retriever", "before", "after"]
    for state in ("before", "after"):
        assert list(found[state]) == [
            "pair_cosine", "random_cosine", "centroid_distance", "separability", "accuracy",
            "wasserstein", "sliced_wasserstein", "mutual_knn", "cka", "hubness",
        ]  # fmt: skip
        assert all(isinstance(value, float) for value in found[state].values())
    status, out = run(capsys, "--pairs", path, "--checkpoint", tmp_path / "c")
    assert status == 0
    assert out.startswith("mine.csv: projection-st, preset offline\n")
    table, words = out.split("\n\n")[1:]
    for name, about in MEASURES.items():
        assert any(line.startswith(name + " ") and line.endswith(about.label) for line in table.splitlines())
        assert f"{name}: {about.sentence}\n    {about.source}\n" in words
