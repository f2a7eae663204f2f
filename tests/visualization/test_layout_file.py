import dataclasses

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from mindgap import paths
from mindgap.builders import layouts as builder
from mindgap.errors import Unavailable
from mindgap.projections import METHODS
from mindgap.projections.base import AffineProjection
from mindgap.projections.checkpoint import CARD, round_half, write_checkpoint
from mindgap.tasks import TASKS
from mindgap.visualization.layout_file import (
    Sources,
    layout_path,
    map_texts,
    projection_fingerprint,
    read_layout,
    write_layout,
)
from mindgap.visualization.layouts import LAYOUTS, SETS, lay_out

CURE = "python -m mindgap build --only layouts"
QUERIES, DOCUMENTS = [f"q{i}" for i in range(12)], [f"d{i}" for i in range(15)]
CARD_VALUES = {"method": "ridge", "encoder": {"fingerprint": "e" * 64}, "files": {"model.safetensors": "f" * 64}}


@pytest.fixture(scope="module")
def layout():
    rng = np.random.default_rng(0)
    documents, queries = (rng.standard_normal((n, 8)).astype(np.float32) for n in (15, 12))
    return lay_out("pca", documents, documents, queries, queries + 1)


@pytest.fixture
def sources():
    return Sources.of("pca", CARD_VALUES, QUERIES, DOCUMENTS)


@pytest.fixture
def path(tmp_path, layout, sources):
    path = tmp_path / "deep" / "map.safetensors"
    write_layout(path, layout, sources)
    return path


def refused(path, sources, reason):
    with pytest.raises(Unavailable, match=reason) as caught:
        read_layout(path, sources)
    assert CURE in caught.value.cure


def test_reading_gives_back_what_was_written(path, layout, sources):
    read = read_layout(path, sources)
    assert read.kind == "pca"
    assert read.quality == layout.quality
    for name in SETS:
        np.testing.assert_array_equal(getattr(read, name), getattr(layout, name))
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"encoder": {"fingerprint": "0" * 64}}, "another encoder"),
        ({"files": {"model.safetensors": "0" * 64}}, "another projection"),
        ({"method": "procrustes"}, "another projection"),
    ],
)
def test_another_checkpoint_is_refused(path, change, named):
    refused(path, Sources.of("pca", CARD_VALUES | change, QUERIES, DOCUMENTS), named)


def test_other_texts_or_another_kind_are_refused(path, sources):
    refused(path, Sources.of("pca", CARD_VALUES, QUERIES, [*DOCUMENTS[:-1], "else"]), "another texts")
    moved = Sources.of("pca", CARD_VALUES, [*QUERIES, DOCUMENTS[0]], DOCUMENTS[1:])
    assert moved.texts == sources.texts
    refused(path, moved, "number of documents")
    refused(path, dataclasses.replace(sources, kind="umap"), "another kind")


def test_a_missing_file_is_refused(tmp_path, sources):
    refused(tmp_path / "none.safetensors", sources, "has not been made")


@pytest.mark.parametrize("content", [b"", b"{}", b'\x08\0\0\0\0\0\0\0{"a":1}'])
def test_a_file_that_is_no_safetensors_is_refused(path, sources, content):
    path.write_bytes(content)
    refused(path, sources, "cannot be read")


def test_a_flipped_bit_is_found(path, sources):
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    refused(path, sources, "damaged")


def test_a_changed_quality_is_found(path, sources, layout):
    raw = path.read_bytes()
    value = str(layout.quality["after"]["trustworthiness"]).encode()
    assert raw.count(value) >= 1
    path.write_bytes(raw.replace(value, value[:-1] + (b"1" if value[-1:] != b"1" else b"2")))
    refused(path, sources, "damaged")


def test_lacking_metadata_or_tensors_are_found(path, sources):
    tensors = load_file(path)
    save_file(tensors, path)
    refused(path, sources, "another format")
    save_file({"documents_before": tensors["documents_before"]}, path, metadata=sources.metadata())
    refused(path, sources, "damaged")


def test_a_layout_of_something_else_is_not_written(tmp_path, layout):
    with pytest.raises(ValueError, match="is not one of"):
        write_layout(tmp_path / "x", layout, Sources.of("pca", CARD_VALUES, QUERIES, DOCUMENTS[1:]))


def test_the_order_of_files_in_a_card_does_not_matter():
    files = {"b": "1", "a": "2"}
    one = projection_fingerprint({"method": "m", "files": files})
    assert one == projection_fingerprint({"method": "m", "files": dict(sorted(files.items()))})


@pytest.fixture
def own_assets(tmp_path, monkeypatch):
    real = paths.assets() / "data"
    monkeypatch.setattr(paths, "data", lambda task: real / task)
    monkeypatch.setattr(paths, "assets", lambda: tmp_path / "assets")
    return tmp_path / "assets"


def test_the_builder_lays_out_each_checkpoint_and_names_what_it_leaves_out(
    own_folders, own_assets, encoder, monkeypatch
):
    task = TASKS.get("pseudocode-c")
    card = {
        "method": "ridge",
        "encoder": {"name": "minilm", "label": "E", "fingerprint": encoder.fingerprint},
        "settings": {},
    }
    matrix = np.eye(encoder.dimension, dtype=np.float32) + 0.1
    projection = round_half(AffineProjection(matrix), METHODS.get("ridge"), {})
    folder = paths.checkpoints() / "offline" / task.name
    full = write_checkpoint(folder / "minilm-ridge", projection, card)
    write_checkpoint(folder / "minilm-ridge.new", projection, card)
    other = card | {"encoder": card["encoder"] | {"fingerprint": "0" * 64}}
    write_checkpoint(folder / "other-ridge", projection, other)
    unknown = card | {"encoder": card["encoder"] | {"name": "mine"}}
    write_checkpoint(folder / "mine-ridge", projection, unknown)
    write_checkpoint(folder / "torn-ridge", projection, card)
    (folder / "torn-ridge" / CARD).write_text("{")
    monkeypatch.setattr("mindgap.models.Models.encoder", lambda self, spec: encoder)
    # UMAP takes long and is tested elsewhere
    monkeypatch.setattr(LAYOUTS, "_entries", {"pca": LAYOUTS.get("pca")})

    lines = list(builder.LAYOUTS_BUILDER.run(lambda name: lambda done, total: None))
    assert [("left out" in line, "trustworthiness" in line) for line in lines] == [
        (True, False),
        (False, True),
        (True, False),
        (True, False),
    ]
    assert "'mine' belongs to no preset" in lines[0]
    assert "was trained on embeddings of E" in lines[2]

    made = list(own_assets.rglob("*.safetensors"))
    assert made == [layout_path("offline", task.name, encoder.name, "ridge", "pca")]
    queries, documents = map_texts(task)
    read = read_layout(made[0], Sources.of("pca", full, queries, documents))
    np.testing.assert_array_equal(read.documents_before, read.documents_after)
    assert not np.array_equal(read.queries_before, read.queries_after)
