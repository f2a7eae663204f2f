import dataclasses
import json

import numpy as np
import pytest

from mindgap.errors import CallerError
from mindgap.projections import METHODS
from mindgap.projections.checkpoint import read_checkpoint
from mindgap.training.run import embed_pairs, hold_back, pairs_data, train_checkpoint, training_command
from mindgap.types import Pair


def plain(encoder, texts, progress):
    return encoder.encode(texts)


def test_thirty_percent_are_held_back_and_no_document_is_on_both_sides(pairs):
    doubled = pairs + tuple(Pair(f"d{i}", f"other{i}", p.document) for i, p in enumerate(pairs))
    train, validation = hold_back(doubled, seed=1)
    assert len(validation) == 24
    assert len(train) + len(validation) == len(doubled)
    assert not {p.document for p in train} & {p.document for p in validation}


def test_at_most_a_thousand_are_held_back():
    many = tuple(Pair(str(i), f"q{i}", f"d{i}") for i in range(5000))
    assert len(hold_back(many, 0)[1]) == 1000


def test_too_few_documents_are_refused():
    with pytest.raises(CallerError, match="3 documents"):
        hold_back(tuple(Pair(str(i), f"q{i}", f"d{i}") for i in range(3)), 0)


def test_rows_follow_fields_and_share_documents(encoder):
    two = (Pair("1", "q1", "d1", description="e1"), Pair("2", "q2", "d2"), Pair("3", "q3", "d1", label=0))
    rows = embed_pairs(two, ("query", "description"), encoder, plain)
    assert rows.queries.shape == (4, 32)
    assert rows.documents.shape == (2, 32)
    assert rows.document_of.tolist() == [0, 1, 0, 0]
    assert rows.labels.tolist() == [1, 1, 0, 1]


def test_wrong_queries_are_the_datas_negatives_and_the_pairs_of_label_0(encoder):
    three = (
        Pair("1", "q1", "d1", negatives=("n1", "n2")),
        Pair("2", "q2", "d2"),
        Pair("3", "q3", "d2", label=0),
    )
    rows = embed_pairs(three, ("query",), encoder, plain, wrong=True)
    np.testing.assert_array_equal(rows.wrong_queries, encoder.encode(["n1", "n2", "q3"]))
    assert rows.wrong_of.tolist() == [0, 0, 1]
    assert embed_pairs(three, ("query",), encoder, plain).wrong_queries is None


@pytest.mark.parametrize("method", METHODS.names())
def test_training_writes_a_checkpoint_that_can_be_read(method, pairs, encoder, tmp_path):
    data = pairs_data(pairs, "mine.csv", seed=0)
    report = train_checkpoint(data, encoder, METHODS.get(method), tmp_path / "out", plain)
    checkpoint = read_checkpoint(tmp_path / "out")
    assert report.pairs == 28 == checkpoint.card["pairs"]
    assert set(report.to_json()) == {"checkpoint", "method", "epochs", "seconds", "pairs"}
    json.dumps(report.to_json(), allow_nan=False)
    assert checkpoint.encoder_fingerprint == encoder.fingerprint
    assert checkpoint.card["metrics"]["validation"]["queries"] == 12
    assert all("/" not in str(value) for value in checkpoint.card["data"].values())
    (command,) = checkpoint.card["commands"]
    assert command.startswith(f"python -m mindgap train --pairs FILE --encoder hash --method {method} ")
    assert ("--epochs" in command) == (METHODS.get(method).recipe is not None)
    assert command.endswith("--seed 0 --output DIR")


def test_the_command_of_a_card_trains_with_the_same_settings(pairs):
    recipe = dataclasses.replace(METHODS.get("n-pairs").recipe, epochs=3, batch_size=7, learning_rate=2e-5)
    command = training_command(pairs_data(pairs, "mine.csv", 0), "/home/me/it's mine", "n-pairs", recipe, 4)
    assert command == (
        "python -m mindgap train --pairs FILE --encoder FOLDER --method n-pairs "
        "--epochs 3 --batch-size 7 --learning-rate 2e-05 --seed 4 --output DIR"
    )
    named = training_command(pairs_data(pairs, "mine.csv", 0), "owner/a model", "ridge", None, 0)
    assert "--encoder 'owner/a model' " in named


def test_an_existing_folder_is_refused_before_any_work(pairs, encoder, tmp_path):
    (tmp_path / "out").mkdir()
    with pytest.raises(CallerError, match="nothing was overwritten"):
        train_checkpoint(pairs_data(pairs, "x", 0), encoder, METHODS.get("ridge"), tmp_path / "out", plain)
    assert encoder.calls == []


def test_what_is_reported_is_the_accuracy_of_what_was_written(pairs, encoder, tmp_path):
    report = train_checkpoint(
        pairs_data(pairs, "mine.csv", 0), encoder, METHODS.get("residual"), tmp_path / "out", plain
    )
    card = read_checkpoint(tmp_path / "out").card
    assert report.validation_accuracy == card["metrics"]["validation"]["accuracy"]
    kept = card["settings"]["kept_epoch"]
    assert kept == 0 or abs(report.epochs[kept - 1].validation_accuracy - report.validation_accuracy) < 0.1


@pytest.mark.parametrize("method", METHODS.names())
def test_queries_that_are_all_alike_end_in_a_sentence_or_a_usable_checkpoint(method, encoder, tmp_path):
    alike = tuple(Pair(str(i), "the same", f"d{i}") for i in range(8))
    try:
        train_checkpoint(pairs_data(alike, "mine.csv", 0), encoder, METHODS.get(method), tmp_path / "out", plain)
    except CallerError as error:
        assert "no finite numbers" in str(error)
        assert not (tmp_path / "out").exists()
    else:
        read_checkpoint(tmp_path / "out")
