import numpy as np
import pytest

from mindgap.encoders.store import EmbeddingStore
from tests.conftest import HashEncoder


@pytest.fixture
def store(tmp_path):
    return EmbeddingStore(tmp_path / "embeddings")


def test_texts_are_encoded_once(store, encoder):
    first = store.embed(encoder, ["a", "b"])
    np.testing.assert_array_equal(store.embed(encoder, ["a", "b"]), first)
    assert len(encoder.calls) == 1


def test_other_texts_order_or_encoder_are_other_embeddings(store, encoder):
    store.embed(encoder, ["a", "b"])
    store.embed(encoder, ["b", "a"])
    other = HashEncoder("other")
    store.embed(other, ["a", "b"])
    assert (len(encoder.calls), len(other.calls)) == (2, 1)
    assert len(list(store.folder.iterdir())) == 3


@pytest.mark.parametrize("damage", ["truncate", "flip", "empty", "swap"])
def test_a_damaged_file_is_rebuilt(store, encoder, damage):
    right = store.embed(encoder, ["a", "b"])
    (path,) = store.folder.iterdir()
    raw = bytearray(path.read_bytes())
    if damage == "truncate":
        path.write_bytes(raw[:-7])
    elif damage == "flip":
        raw[-5] ^= 0xFF
        path.write_bytes(raw)
    elif damage == "empty":
        path.write_bytes(b"")
    else:
        store.embed(encoder, ["c", "d"])
        other = next(p for p in store.folder.iterdir() if p != path)
        path.write_bytes(other.read_bytes())
    encoder.calls.clear()
    np.testing.assert_array_equal(store.embed(encoder, ["a", "b"]), right)
    assert encoder.calls == [["a", "b"]]
    encoder.calls.clear()
    store.embed(encoder, ["a", "b"])
    assert encoder.calls == []


def test_a_folder_that_cannot_be_written_costs_time_not_the_answer(tmp_path, encoder):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    assert EmbeddingStore(blocked / "sub").embed(encoder, ["a"]).shape == (1, 32)


def test_no_temporary_file_stays(store, encoder):
    store.embed(encoder, ["a"])
    assert all(path.suffix == ".safetensors" for path in store.folder.iterdir())


def test_what_is_shipped_is_read_and_never_written(tmp_path, encoder):
    shipped, own = tmp_path / "shipped", tmp_path / "own"
    made = EmbeddingStore(shipped).embed(encoder, ["one", "two"])
    encoder.calls.clear()
    store = EmbeddingStore(own, shipped)
    np.testing.assert_array_equal(store.embed(encoder, ["one", "two"]), made)
    assert encoder.calls == []
    store.embed(encoder, ["three"])
    assert len(list(shipped.iterdir())) == 1
    assert len(list(own.iterdir())) == 1


def test_damaged_shipped_embeddings_are_computed_again(tmp_path, encoder):
    shipped = tmp_path / "shipped"
    made = EmbeddingStore(shipped).embed(encoder, ["one"])
    (file,) = shipped.iterdir()
    file.write_bytes(file.read_bytes()[:-3])
    np.testing.assert_array_equal(EmbeddingStore(tmp_path / "own", shipped).embed(encoder, ["one"]), made)
