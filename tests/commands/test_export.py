"""export: what it prints, what it refuses, and that nothing half-written is left."""

import json
import shutil
import sys

import pytest

from mindgap.cli import main
from mindgap.exporting import evaluation, export
from mindgap.presets import DEFAULT_PRESET
from tests.exporting.conftest import tiny_bert  # noqa: F401
from tests.exporting.tiny import make_checkpoint


@pytest.fixture(scope="module")
def checkpoint(tiny_bert, tmp_path_factory):  # noqa: F811
    return make_checkpoint(tmp_path_factory.mktemp("made") / "ridge", tiny_bert, "ridge")


@pytest.fixture
def run(capsys, own_folders):
    """Runs export; gives status, standard output and the message."""

    def export_with(*arguments):
        status = main(["export", *map(str, arguments)])
        out = capsys.readouterr()
        return status, out.out, out.err

    return export_with


def refused(outcome, *said, status=2):
    """One sentence on standard error, nothing on standard output."""
    found, out, err = outcome
    assert (found, out) == (status, "")
    assert err.startswith("mindgap: ")
    assert err.count("\n") == 1
    assert all(part in err for part in said), err


def left_over(folder):
    return sorted(path.name for path in folder.iterdir())


def test_it_writes_a_model_and_says_its_size(run, checkpoint, tmp_path):
    status, out, _ = run(checkpoint, "--output", tmp_path / "new" / "model")
    assert status == 0
    size = sum(path.stat().st_size for path in (tmp_path / "new" / "model").rglob("*") if path.is_file())
    assert out.startswith(f"tiny-bert + ridge (english-french), {size / 1e6:.1f} MB as a sentence-transformers model")
    assert left_over(tmp_path / "new") == ["model"]
    assert "encode_query" in (tmp_path / "new" / "model" / "README.md").read_text("utf-8")


def test_json(run, checkpoint, tmp_path):
    status, out, err = run(checkpoint, "--output", tmp_path / "model", "--json")
    report = json.loads(out)
    assert (status, err) == (0, "")
    sizes = [path.stat().st_size for path in (tmp_path / "model").rglob("*") if path.is_file()]
    assert report == {
        "model": str(tmp_path / "model"), "checkpoint": str(checkpoint), "method": "ridge", "encoder": "tiny-bert",
        "task": "english-french", "bytes": sum(sizes), "largest": max(sizes), "verification": None,
    }  # fmt: skip


def test_verify_prints_both_sides(run, checkpoint, tmp_path):
    asked = ["--verify", "--verify-limit", 6]
    status, out, _ = run(checkpoint, "--output", tmp_path / "model", *asked)
    assert status == 0
    assert "english-french, test: 6 queries, 1,000 documents" in out
    here, exported = (next(line for line in out.splitlines() if line.startswith(n)) for n in ("here", "exported"))
    assert here.split()[1:8] == exported.split()[1:8]
    assert "Same first document for 6 of 6 queries; largest difference of a score " in out
    status, out, _ = run(checkpoint, "--output", tmp_path / "other", *asked, "--json")
    found = json.loads(out)["verification"]
    assert (found["queries"], found["same_top_1"], found["holds"]) == (6, 6, True)
    assert found["largest_difference"] < 1e-5


def test_an_export_that_says_something_else_fails(run, checkpoint, tmp_path, monkeypatch):
    monkeypatch.setattr(evaluation, "TOLERANCE", -1.0)
    status, out, err = run(checkpoint, "--output", tmp_path / "model", "--verify", "--verify-limit", 2, "--json")
    assert status == 1
    assert json.loads(out)["verification"]["holds"] is False
    assert "does not give the scores of the checkpoint" in err


def test_it_needs_no_sentence_transformers_unless_it_verifies(run, checkpoint, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    assert run(checkpoint, "--output", tmp_path / "model")[0] == 0
    monkeypatch.setattr(evaluation.importlib.util, "find_spec", lambda name: None)
    outcome = run(checkpoint, "--output", tmp_path / "second", "--verify")
    refused(outcome, "not installed", "pip install sentence-transformers==", status=1)
    assert left_over(tmp_path) == ["model"]


def test_what_is_no_checkpoint(run, tmp_path):
    refused(run(tmp_path, "--output", tmp_path / "model"), "is not a checkpoint")
    refused(run(tmp_path / "nowhere", "--output", tmp_path / "model"), "There is no folder", "nowhere")
    assert left_over(tmp_path) == []


def test_the_short_name_of_a_shipped_one_gets_its_path_named(run, checkpoint, tmp_path):
    from mindgap import paths

    there = paths.checkpoints() / DEFAULT_PRESET / "english-french" / "minilm-ridge"
    shutil.copytree(checkpoint, there)
    refused(run("english-french/minilm-ridge", "--output", tmp_path / "model"), f"Did you mean {there}?")


def test_a_damaged_checkpoint(run, checkpoint, tmp_path):
    shutil.copytree(checkpoint, tmp_path / "bad")
    (tmp_path / "bad" / "model.safetensors").write_bytes(b"no weights")
    refused(run(tmp_path / "bad", "--output", tmp_path / "model"), "is damaged")
    (tmp_path / "bad" / "card.json").write_text("{")
    refused(run(tmp_path / "bad", "--output", tmp_path / "model"), "is not JSON")
    assert left_over(tmp_path) == ["bad"]


def test_an_encoder_that_is_missing_or_another(run, tiny_bert, tmp_path):  # noqa: F811
    shutil.copytree(tiny_bert, tmp_path / "encoder")
    made = make_checkpoint(tmp_path / "made", tmp_path / "encoder", "identity")
    config = json.loads((tmp_path / "encoder" / "config.json").read_text())
    (tmp_path / "encoder" / "config.json").write_text(json.dumps(config | {"layer_norm_eps": 1e-3}))
    refused(run(made, "--output", tmp_path / "model"), "was trained on embeddings of", "Train it again")
    shutil.rmtree(tmp_path / "encoder")
    refused(run(made, "--output", tmp_path / "model"), "The encoder of", "cannot be loaded")
    assert left_over(tmp_path) == ["made"]


def test_an_encoder_beside_the_projection_is_found_where_both_are_moved_to(run, tiny_bert, tmp_path):  # noqa: F811
    shutil.copytree(tiny_bert, tmp_path / "both" / "encoder")
    made = make_checkpoint(tmp_path / "both" / "projection", tmp_path / "both" / "encoder", "ridge")
    card = json.loads((made / "card.json").read_text("utf-8"))
    card["encoder"]["source"] = "../encoder"
    (made / "card.json").write_text(json.dumps(card), "utf-8")
    (tmp_path / "both").rename(tmp_path / "moved")
    status, out, _ = run(tmp_path / "moved" / "projection", "--output", tmp_path / "model")
    assert (status, out.startswith("encoder + ridge")) == (0, True)


def test_nothing_is_overwritten(run, checkpoint, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "file").write_text("mine")
    for name in ("mine", "file"):
        refused(run(checkpoint, "--output", tmp_path / name), "is there already; nothing was overwritten")
    assert left_over(tmp_path / "mine") == []
    assert (tmp_path / "file").read_text() == "mine"


def test_a_place_that_cannot_be_written(run, checkpoint, tmp_path):
    (tmp_path / "file").write_text("mine")
    for below in ("model", "more/model"):
        place = tmp_path / "file" / below
        refused(run(checkpoint, "--output", place), f"{place} cannot be written (a part of its path is no folder)")


@pytest.mark.parametrize("source", ["../a\0b", "../" + "a" * 5000])
def test_an_encoder_that_cannot_be(run, checkpoint, tmp_path, source):
    shutil.copytree(checkpoint, tmp_path / "bad")
    card = json.loads((tmp_path / "bad" / "card.json").read_text("utf-8"))
    card["encoder"]["source"] = source
    (tmp_path / "bad" / "card.json").write_text(json.dumps(card), "utf-8")
    refused(run(tmp_path / "bad", "--output", tmp_path / "model"), "names an encoder that cannot be", "Train")


def test_a_folder_that_is_not_there(run, tmp_path):
    refused(
        run(tmp_path / "nope", "--output", tmp_path / "model"), "There is no folder", "Name the folder that `train`"
    )


def test_a_write_that_fails_leaves_nothing(run, checkpoint, tmp_path, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export, "export_card", full)
    refused(run(checkpoint, "--output", tmp_path / "model"), "cannot be written (No space left on device)")
    assert left_over(tmp_path) == []


def test_verify_needs_a_task_and_verify_limit_needs_verify(run, tiny_bert, checkpoint, tmp_path):  # noqa: F811
    refused(run(checkpoint, "--output", tmp_path / "model", "--verify-limit", 3), "add --verify")
    own = make_checkpoint(tmp_path / "own", tiny_bert, "identity", task=None)
    refused(run(own, "--output", tmp_path / "model", "--verify"), "own pairs", "leave --verify out")
    assert left_over(tmp_path) == ["own"]
    status, out, _ = run(own, "--output", tmp_path / "model")
    assert (status, "(own pairs)" in out) == (0, True)


def test_an_exported_folder_is_asked_for(tmp_path):
    with pytest.raises(evaluation.CallerError, match="is not an exported model"):
        evaluation.load_exported(tmp_path)
