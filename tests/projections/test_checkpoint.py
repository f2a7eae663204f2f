import json
import shutil

import numpy as np
import pytest

from mindgap.errors import CallerError
from mindgap.projections import METHODS
from mindgap.projections.base import AffineProjection
from mindgap.projections.checkpoint import CARD, CheckpointError, read_checkpoint, round_half, write_checkpoint
from mindgap.projections.networks import NetworkProjection

CARD_VALUES = {"method": "ridge", "encoder": {"name": "e", "label": "E", "fingerprint": "f" * 64}, "settings": {}}


@pytest.fixture
def folder(tmp_path):
    matrix = np.random.default_rng(0).standard_normal((8, 8)).astype(np.float32)
    projection = round_half(AffineProjection(matrix), METHODS.get("ridge"), {})
    write_checkpoint(tmp_path / "made", projection, CARD_VALUES)
    return tmp_path / "made"


def test_reading_gives_back_the_rounded_projection(folder):
    x = np.random.default_rng(1).standard_normal((5, 8)).astype(np.float32)
    matrix = np.random.default_rng(0).standard_normal((8, 8)).astype(np.float32)
    np.testing.assert_array_equal(
        read_checkpoint(folder).projection.map_queries(x), x @ matrix.astype(np.float16).astype(np.float32)
    )


def test_large_weights_are_split_below_nine_megabytes(tmp_path):
    method = METHODS.get("n-pairs")
    projection = NetworkProjection(method.network(384, 384, method.recipe))
    card = CARD_VALUES | {"method": "n-pairs", "settings": {"hidden": 2048}}
    full = write_checkpoint(tmp_path / "big", projection, card)
    shards = [name for name in full["files"] if name.endswith(".safetensors")]
    assert len(shards) > 1
    assert "model.safetensors.index.json" in full["files"]
    assert all((tmp_path / "big" / name).stat().st_size < 9_000_000 for name in full["files"])
    x = np.random.default_rng(1).standard_normal((3, 384)).astype(np.float32)
    rounded = round_half(projection, method, card["settings"])
    np.testing.assert_array_equal(read_checkpoint(tmp_path / "big").projection.map_queries(x), rounded.map_queries(x))


def test_nothing_is_overwritten(folder):
    with pytest.raises(CallerError, match="nothing was overwritten"):
        write_checkpoint(folder, AffineProjection(np.eye(2)), CARD_VALUES)


def test_damage_is_found(folder):
    raw = bytearray((folder / "model.safetensors").read_bytes())
    raw[-1] ^= 1
    (folder / "model.safetensors").write_bytes(raw)
    with pytest.raises(CheckpointError, match="damaged"):
        read_checkpoint(folder)


def test_a_missing_file_is_found(folder):
    (folder / "model.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"lacks the file model\.safetensors"):
        read_checkpoint(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "encoder"}, "not the card of a projection"),
        ({"format": 99}, r"not the card of a projection in format 1\. Train the projection again"),
        ({"kind": "encoders"}, "these are two fine-tuned encoders; measure them with `evaluate --checkpoint`"),
        ({"method": "magic"}, "no method 'magic'"),
        ({"method": "n-pairs"}, "do not fit their card"),
        ({"encoder": {}}, "encoder fingerprint"),
        ({"files": {"../../etc/passwd": "0"}}, "lacks the file passwd"),
    ],
)
def test_a_card_that_does_not_fit_is_refused(folder, change, message):
    card = json.loads((folder / CARD).read_text())
    (folder / CARD).write_text(json.dumps(card | change))
    with pytest.raises(CallerError, match=message):
        read_checkpoint(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 200_000])
def test_a_card_that_is_no_card(folder, text):
    (folder / CARD).write_text(text)
    with pytest.raises(CheckpointError):
        read_checkpoint(folder)


def test_a_folder_without_a_card(tmp_path):
    with pytest.raises(CheckpointError, match=r"not a checkpoint: it has no card\.json\. Name the folder"):
        read_checkpoint(tmp_path)


def test_another_encoder_is_refused(folder):
    checkpoint = read_checkpoint(folder)
    checkpoint.require_encoder("f" * 64, "E")
    with pytest.raises(CheckpointError, match="trained on embeddings of E"):
        checkpoint.require_encoder("0" * 64, "Other")


def test_a_checkpoint_can_be_moved(folder, tmp_path):
    shutil.move(folder, tmp_path / "elsewhere")
    assert read_checkpoint(tmp_path / "elsewhere").method == "ridge"


def test_training_queries_for_csls_are_kept_beside_the_weights(tmp_path):
    queries = np.random.default_rng(0).standard_normal((5, 8)).astype(np.float32)
    projection = AffineProjection(np.eye(8, dtype=np.float32))
    card = write_checkpoint(tmp_path / "kept", projection, CARD_VALUES, queries)
    assert "csls.safetensors" in card["files"]
    found = read_checkpoint(tmp_path / "kept")
    np.testing.assert_array_equal(found.hub_queries, queries.astype(np.float16).astype(np.float32))
    np.testing.assert_array_equal(found.projection.map_queries(queries), queries)


def test_a_checkpoint_without_them_is_read_all_the_same(folder):
    assert read_checkpoint(folder).hub_queries is None


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e6])
def test_weights_that_half_precision_cannot_hold_are_refused_before_anything_is_written(bad):
    with pytest.raises(CallerError, match="no finite numbers"):
        round_half(AffineProjection(np.full((2, 2), bad, dtype=np.float32)), METHODS.get("ridge"), {})


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"files": []}, "files must be an object"), ({"settings": 3}, "settings must be"), ({"method": "magic"}, "magic")],
)
def test_a_card_with_odd_contents_is_refused_with_its_reason(folder, change, reason):
    card = json.loads((folder / CARD).read_text("utf-8")) | change
    (folder / CARD).write_text(json.dumps(card), "utf-8")
    with pytest.raises(CheckpointError, match=reason):
        read_checkpoint(folder)
