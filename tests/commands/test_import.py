"""The authors' checkpoint, from their files to rankings: the same as by their own procedure."""

import json

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from mindgap.cli import main
from mindgap.encoders.authors import import_authors
from mindgap.indexes import normalise
from mindgap.models import Models, card_encoder
from mindgap.projections.checkpoint import read_checkpoint
from tests.authors_checkpoint import rank_as_authors, write_authors

QUERIES = [f"return {a} {op} {b}" for a in "xyz" for op in ("plus", "minus", "times") for b in ("one", "two")]
DOCUMENTS = [f"return {a} {op} {b};" for a in "xyz" for op in "+-*" for b in "12"]


@pytest.fixture
def theirs(tmp_path, own_folders):
    model = write_authors(tmp_path / "theirs")
    return tmp_path / "theirs", model


@pytest.fixture
def pairs(tmp_path):
    path = tmp_path / "pairs.jsonl"
    rows = [json.dumps({"query": q, "document": d}) for q, d in zip(QUERIES, DOCUMENTS, strict=True)]
    path.write_text("\n".join(rows) + "\n")
    return path


def called(capsys, *arguments):
    status = main([str(a) for a in arguments])
    out = capsys.readouterr()
    return status, out.out, out.err


def test_an_imported_checkpoint_ranks_as_the_authors_procedure(theirs, tmp_path, capsys):
    folder, model = theirs
    status, out, _ = called(capsys, "import", folder, "--output", tmp_path / "ours", "--json")
    assert status == 0
    found = json.loads(out)
    assert found == {"checkpoint": str(tmp_path / "ours" / "projection"), "encoder": str(tmp_path / "ours" / "encoder")}
    checkpoint = read_checkpoint(tmp_path / "ours" / "projection")
    encoder = card_encoder(checkpoint, Models())
    queries = normalise(checkpoint.projection.map_queries(encoder.encode(QUERIES)))
    ours = queries @ normalise(encoder.encode(DOCUMENTS)).T
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    for row, expected in zip(ours, rank_as_authors(model, tokenizer, QUERIES, DOCUMENTS), strict=True):
        # the projection is kept in half precision
        np.testing.assert_allclose(row, expected.cosines, atol=2e-3)
        best, second = sorted(expected.cosines)[-1:-3:-1]
        if best - second > 2e-3:
            assert np.argmax(row) == expected.order[0]
    # the test would be empty if all cosines were alike
    assert np.ptp(ours) > 0.05


def test_the_encoders_weights_keep_their_precision(theirs, tmp_path):
    folder, model = theirs
    import_authors(folder / "pytorch_model.bin", tmp_path / "ours")
    from transformers import AutoModel

    again = AutoModel.from_pretrained(tmp_path / "ours" / "encoder").state_dict()
    for name, value in model.c_code_encoder.state_dict().items():
        assert torch.equal(again[name], value)
    assert AutoTokenizer.from_pretrained(tmp_path / "ours" / "encoder")("a")["input_ids"][0] == 0


@pytest.mark.parametrize("which", ["folder", "file", "imported", "moved"])
def test_evaluate_takes_it_in_every_form(theirs, pairs, tmp_path, capsys, which):
    folder, model = theirs
    given = {"folder": folder, "file": folder / "pytorch_model.bin"}.get(which, tmp_path / "ours" / "projection")
    if which in ("imported", "moved"):
        import_authors(folder / "pytorch_model.bin", tmp_path / "ours")
    if which == "moved":
        (tmp_path / "ours").rename(tmp_path / "elsewhere")
        given = tmp_path / "elsewhere" / "projection"
    asked = ["evaluate", "--pairs", pairs, "--checkpoint", given, "--retriever", "bm25", "--json"]
    status, out, _ = called(capsys, *asked)
    assert status == 0
    report = json.loads(out)
    assert report["task"] is None
    bm25, own = report["results"]
    assert (bm25["name"], own["name"]) == ("bm25", "projection")
    assert own["model"] == "the authors' checkpoint (c_code_encoder + projection)"
    assert own["unavailable"] is None
    ranked = rank_as_authors(model, PreTrainedTokenizerFast.from_pretrained(folder), QUERIES, DOCUMENTS)
    expected = np.mean([row.order[0] == i for i, row in enumerate(ranked)])
    assert own["accuracy"] == pytest.approx(expected)


def test_it_is_converted_once(theirs, pairs, capsys, monkeypatch):
    folder, _ = theirs
    asked = ["evaluate", "--pairs", pairs, "--checkpoint", folder, "--retriever", "bm25", "--json"]
    assert "converted once" in called(capsys, *asked)[2]
    monkeypatch.setattr("mindgap.encoders.authors.read_authors", lambda file: pytest.fail("converted again"))
    assert "converted once" not in called(capsys, *asked)[2]


def test_without_a_tokenizer_it_is_codeberts_or_a_sentence(theirs, tmp_path, capsys, monkeypatch):
    folder, _ = theirs
    kept = tmp_path / "codebert"
    kept.mkdir()
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).rename(kept / name)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    status, _, err = called(capsys, "import", folder, "--output", tmp_path / "ours")
    assert status == 1
    assert "no tokenizer files" in err
    assert "microsoft/codebert-base" in err
    assert not (tmp_path / "ours").exists()
    monkeypatch.setattr("mindgap.encoders.authors.locate", lambda spec: kept)
    assert called(capsys, "import", folder, "--output", tmp_path / "ours")[0] == 0


def test_a_tokenizer_with_more_tokens_than_the_encoder_is_refused(theirs, tmp_path, capsys):
    folder, model = theirs
    state = model.state_dict()
    words = "c_code_encoder.embeddings.word_embeddings.weight"
    state[words] = state[words][:20].clone()
    torch.save(state, folder / "pytorch_model.bin")
    status, _, err = called(capsys, "import", folder, "--output", tmp_path / "ours")
    assert status == 2
    assert "does not work with its tokenizer" in err


@pytest.mark.parametrize("extra", ["c_code_encoder.encoder.layer.9.output.dense.weight", "c_code_encoder.what"])
def test_weights_that_are_not_robertas_are_refused(theirs, tmp_path, capsys, extra):
    folder, model = theirs
    torch.save(model.state_dict() | {extra: torch.zeros(2, 2)}, folder / "pytorch_model.bin")
    status, _, err = called(capsys, "import", folder, "--output", tmp_path / "ours")
    assert status == 2
    assert "is not RoBERTa's" in err
    assert "Traceback" not in err


def test_what_stands_there_already_or_is_nothing_is_refused(theirs, tmp_path, capsys):
    folder, _ = theirs
    status, _, err = called(capsys, "import", folder, "--output", tmp_path)
    assert status == 2
    assert "nothing was overwritten" in err
    status, _, err = called(capsys, "import", tmp_path / "missing", "--output", tmp_path / "ours")
    assert status == 2
    assert "neither a file of weights nor a folder with pytorch_model.bin" in err


@pytest.mark.parametrize("below", ["imp", "more/imp"])
def test_a_place_that_cannot_be_written_is_one_sentence(theirs, pairs, tmp_path, capsys, monkeypatch, below):
    folder, _ = theirs
    (tmp_path / "file").write_text("mine")
    place = tmp_path / "file" / below
    status, _, err = called(capsys, "import", folder, "--output", place)
    assert status == 2
    assert err.endswith(
        f"{place} cannot be written (a part of its path is no folder). Name another folder with --output.\n"
    )
    monkeypatch.setenv("MINDGAP_CACHE", str(place))
    status, _, err = called(capsys, "evaluate", "--pairs", pairs, "--checkpoint", folder, "--retriever", "bm25")
    assert status == 2
    assert "cannot be written (a part of its path is no folder). Set MINDGAP_CACHE to a folder" in err
    assert "--output" not in err


def test_a_write_that_fails_leaves_nothing(theirs, tmp_path, capsys, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mindgap.encoders.authors._copy_tokenizer", full)
    status, _, err = called(capsys, "import", theirs[0], "--output", tmp_path / "ours")
    assert status == 2
    assert "ours cannot be written (No space left on device)" in err
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith((".writing", "ours"))] == []


@pytest.mark.parametrize("asked", [["projection", "bm25"], ["bm25"]])
def test_it_takes_the_place_of_the_presets_projection(theirs, pairs, capsys, asked):
    chosen = [part for name in asked for part in ("--retriever", name)]
    arguments = ["evaluate", "--pairs", pairs, "--checkpoint", theirs[0], *chosen, "--intervals", "--json"]
    status, out, _ = called(capsys, *arguments)
    assert status == 0
    report = json.loads(out)
    rows = {row["name"]: row for row in report["results"]}
    assert sorted(row["name"] for row in report["results"]) == ["bm25", "projection"]
    assert rows["projection"]["model"] == "the authors' checkpoint (c_code_encoder + projection)"
    assert rows["projection"]["unavailable"] is None
    assert len(report["differences"]) == 1
    assert report["results"][asked.index("projection") if "projection" in asked else 1]["name"] == "projection"
