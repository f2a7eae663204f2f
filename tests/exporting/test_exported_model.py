"""What sentence-transformers alone makes of an export, in a process without mindgap, beside what mindgap itself says."""

import dataclasses
import itertools
import json
import shutil

import numpy as np
import pytest
import torch
import transformers
from safetensors.numpy import load_file

from mindgap.encoders.locate import locate
from mindgap.encoders.spec import Folder, ModelSpec, Pooling
from mindgap.encoders.transformer import load_encoder
from mindgap.exporting.encoder import encoder_steps
from mindgap.exporting.evaluation import evaluate_exported, verify
from mindgap.exporting.export import export_checkpoint
from mindgap.exporting.folder import write_model
from mindgap.exporting.steps import Normalise
from mindgap.indexes import normalise
from mindgap.models import Choice, resolve_model
from mindgap.pretraining.output import write_encoder, write_tower
from mindgap.projections import METHODS
from mindgap.projections.checkpoint import read_checkpoint
from mindgap.retrievers.dense import DenseRetriever
from mindgap.tasks import TASKS
from mindgap.types import Gallery
from tests.exporting import tiny
from tests.exporting.tiny import DIMENSION, DOCUMENTS, POSITIONS, QUERIES, alone, make_checkpoint

SHIPPED_QUERIES, SHIPPED_DOCUMENTS = 40, 200


def shipped_trial():
    gallery = TASKS.get("english-french").gallery
    queries = [pair.query for pair in TASKS.get("english-french").pairs("test")[:SHIPPED_QUERIES]]
    return queries, Gallery(gallery.ids[:SHIPPED_DOCUMENTS], gallery.texts[:SHIPPED_DOCUMENTS])


@pytest.fixture(scope="module")
def checkpoints(tiny_bert, tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoints")
    return {name: make_checkpoint(folder / name, tiny_bert, name) for name in METHODS.names()}


@pytest.fixture(scope="module")
def specs(tmp_path_factory):
    """Encoders with other ways to an embedding than a BERT's mean."""
    folder = tmp_path_factory.mktemp("specs")
    torch.manual_seed(1)
    bert = tiny.write_tiny(folder / "bert", transformers.BertModel(transformers.BertConfig(**tiny.tiny_sizes())))
    mean = ModelSpec("bert", "bert", Folder(str(bert)))
    cut = {"max_length": 5}
    made = {
        "cls": dataclasses.replace(mean, pooling=Pooling.CLS),
        "pooler": dataclasses.replace(mean, pooling=Pooling.POOLER),
        "normalised-and-cut": dataclasses.replace(mean, normalise=True, **cut),
    }
    shutil.copytree(bert, folder / "bin")
    state = transformers.BertModel.from_pretrained(str(bert)).state_dict()
    torch.save(state, folder / "bin" / "pytorch_model.bin")
    (folder / "bin" / "model.safetensors").unlink()
    made["bin"] = dataclasses.replace(mean, source=Folder(str(folder / "bin")))
    for projected in (0, 6):
        config = transformers.DPRConfig(**tiny.tiny_sizes(), projection_dim=projected)
        for architecture in ("DPRQuestionEncoder", "DPRContextEncoder"):
            name = f"{architecture}-{projected}"
            path = tiny.write_tiny(folder / name, getattr(transformers, architecture)(config))
            made[name] = ModelSpec(name, name, Folder(str(path)), Pooling.POOLER, architecture=architecture)
    return made | compact_specs(folder)


def compact_specs(folder):
    """An encoder as `pretrain encoder` writes it, in half precision, and a tower that shares its first layer."""
    config = transformers.DistilBertConfig(
        vocab_size=32, dim=DIMENSION, hidden_dim=32, n_layers=2, n_heads=2, max_position_embeddings=POSITIONS,
        initializer_range=0.6,
    )  # fmt: skip
    encoder, tower = transformers.DistilBertModel(config), transformers.DistilBertModel(config)
    tower.load_state_dict(encoder.state_dict())
    own = {name for name in tower.state_dict() if name.startswith("transformer.layer.1.")}
    with torch.no_grad():
        for name, value in tower.named_parameters():
            if name in own:
                value.add_(torch.randn_like(value) * 0.3)
    card = {
        "label": "x", "about": "x", "licence": "apache-2.0", "languages": [], "tags": [], "made": {}, "commands": [],
        "curve": [], "measured": "", "metrics": {}, "limits": [],
    }  # fmt: skip
    write_encoder(folder / "compact", encoder, tiny.tiny_tokenizer(), card)
    write_tower(folder / "tower", tower, own, folder / "compact", tiny.tiny_tokenizer(), card)
    return {
        "compact": ModelSpec("compact", "compact", Folder(str(folder / "compact"))),
        "tower": ModelSpec("tower", "tower", Folder(str(folder / "tower")), Pooling.CLS),
    }


@pytest.fixture(scope="module")
def exported(checkpoints, specs, models, tmp_path_factory):
    """Name -> folder of every export."""
    folder = tmp_path_factory.mktemp("exported")
    for name, checkpoint in checkpoints.items():
        export_checkpoint(read_checkpoint(checkpoint), folder / name)
    for name, spec in specs.items():
        steps = [*encoder_steps(spec, load_encoder(spec, "cpu").max_length)]
        (folder / name).mkdir()
        write_model(folder / name, [*steps, Normalise()], [*steps, Normalise()])
    shipped = models.checkpoint("offline", "english-french", models.encoder(resolve_model("minilm")), "residual")
    export_checkpoint(shipped, folder / "shipped", models)
    return {path.name: path for path in folder.iterdir()}


@pytest.fixture(scope="module")
def answers(exported, tmp_path_factory):
    """What sentence-transformers gives for every export; all but the large one are saved by it again."""
    queries, gallery = shipped_trial()
    asked = {name: (folder, QUERIES, DOCUMENTS, True) for name, folder in exported.items() if name != "shipped"}
    asked["shipped"] = (exported["shipped"], queries, list(gallery.texts), False)
    output = tmp_path_factory.mktemp("alone")
    return alone(output, asked) | {"again": output / "again"}


@pytest.mark.parametrize("name", METHODS.names())
def test_scores_and_rankings_of_every_method_are_the_retrievers(name, checkpoints, answers, tiny_bert):
    checkpoint = read_checkpoint(checkpoints[name])
    encoder = load_encoder(resolve_model(str(tiny_bert)), "cpu")
    retriever = DenseRetriever(encoder, encoder.encode(DOCUMENTS), checkpoint.projection)
    prepared = retriever.prepare(QUERIES, encoder.encode(QUERIES))
    scores, places = retriever.search(prepared, len(DOCUMENTS))
    found = answers[f"{name}/similarity"]
    assert (np.argsort(-found, axis=1, kind="stable") == places).all()
    np.testing.assert_allclose(np.take_along_axis(found, places, 1), scores, atol=1e-5)
    # every vector has length 1, so that the dot product says the same
    np.testing.assert_allclose(answers[f"{name}/queries"] @ answers[f"{name}/documents"].T, found, atol=1e-5)
    np.testing.assert_allclose(answers[f"{name}/queries"], prepared, atol=1e-5)


def test_the_methods_do_not_all_say_the_same(answers):
    tops = {name: answers[f"{name}/similarity"] for name in METHODS.names()}
    assert all(np.abs(tops[name] - tops["identity"]).max() > 0.05 for name in METHODS.names() if name != "identity")


def test_the_shipped_projection_answers_as_on_the_page(answers, models):
    queries, gallery = shipped_trial()
    retriever = models.retriever("projection-st", Choice("offline", "english-french"), gallery, keep=False)
    prepared = retriever.prepare(queries, retriever.encoder.encode(queries))
    scores, places = retriever.search(prepared, 10)
    found = answers["shipped/similarity"]
    assert (found.argmax(axis=1) == places[:, 0]).all()
    np.testing.assert_allclose(np.take_along_axis(found, places, 1), scores, atol=1e-3)
    assert answers["shipped/limit"] == 512


@pytest.mark.parametrize(
    "name",
    ["cls", "pooler", "normalised-and-cut", "bin", "compact", "tower"]
    + [f"DPR{side}Encoder-{projected}" for side in ("Question", "Context") for projected in (0, 6)],
)
def test_pooling_scaling_and_length_are_the_encoders(name, specs, answers):
    encoder = load_encoder(specs[name], "cpu")
    expected = normalise(encoder.encode(QUERIES))
    assert expected.shape[1] == (6 if name.endswith("-6") else DIMENSION)
    np.testing.assert_allclose(answers[f"{name}/queries"], expected, atol=1e-5)
    np.testing.assert_allclose(answers[f"{name}/documents"], normalise(encoder.encode(DOCUMENTS)), atol=1e-5)
    assert answers[f"{name}/limit"] == encoder.max_length == (5 if name == "normalised-and-cut" else POSITIONS)


def test_plain_encode_takes_the_document_route_and_nothing_is_put_before_a_text(answers, checkpoints, tiny_bert):
    assert not np.allclose(answers["n-pairs/plain"], answers["n-pairs/queries"], atol=0.05)
    encoder = load_encoder(resolve_model(str(tiny_bert)), "cpu")
    np.testing.assert_allclose(answers["n-pairs/plain"], normalise(encoder.encode(QUERIES)), atol=1e-5)
    assert dict(answers["n-pairs/prompts"].tolist()) == {"query": "", "document": ""}


OF_THE_TOKENIZER = ("tokenizer.json", "tokenizer_config.json")


def files(folder):
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and path.name != "README.md"}


def settings(path):
    """A JSON file, without the one setting of a transformer that the library changes for itself."""
    read = json.loads(path.read_text("utf-8"))
    return {key: value for key, value in read.items() if key != "use_cache"} if isinstance(read, dict) else read


def test_the_library_writes_the_same_files_again(exported, answers):
    for name in exported.keys() - {"shipped"}:
        ours, theirs = exported[name], answers["again"] / name
        assert files(ours) == files(theirs)
        for path in files(ours):
            if path.suffix == ".json" and path.name not in OF_THE_TOKENIZER:
                assert settings(ours / path) == settings(theirs / path), path
            elif path.suffix == ".safetensors":
                own, again = load_file(ours / path), load_file(theirs / path)
                assert own.keys() == again.keys(), path
                for key, value in own.items():
                    np.testing.assert_array_equal(value.astype(np.float32), again[key])


def test_the_transformer_is_written_once_and_shared(exported):
    for name, maps in {"identity": 0, "n-pairs": 3, "cca": 2, "residual": 4}.items():
        folder = exported[name]
        assert len(list(folder.rglob("tokenizer.json"))) == 1
        assert len(list(folder.glob("*_Dense"))) == maps, name
        structure = json.loads((folder / "router_config.json").read_text())["structure"]
        assert structure["query"][:2] == structure["document"][:2] == ["query_0_Transformer", "query_1_Pooling"]
        kinds = [name.rsplit("_", 1)[1] for name in structure["query"]]
        assert kinds[-1] == "Normalize"
        assert ("Normalize", "Normalize") not in itertools.pairwise(kinds)


def test_weights_keep_their_precision_and_biases_are_not_rounded(exported, specs, checkpoints):
    dense = load_file(exported["cca"] / "query_2_Dense" / "model.safetensors")
    assert (dense["linear.weight"].dtype, dense["linear.bias"].dtype) == (np.float16, np.float32)
    tensors = read_checkpoint(checkpoints["cca"]).projection.tensors()
    np.testing.assert_array_equal(dense["linear.weight"].astype(np.float32), tensors["query_matrix"].T)
    compact = load_file(exported["compact"] / "query_0_Transformer" / "model.safetensors")
    assert {value.dtype for value in compact.values()} == {np.dtype(np.float16)}
    shared = load_file(next(locate(specs["compact"]).glob("*.safetensors")))
    tower = load_file(exported["tower"] / "query_0_Transformer" / "model.safetensors")
    assert tower.keys() == compact.keys() == shared.keys()


def test_the_folder_stands_alone(exported, tmp_path_factory):
    """No code, no pickle, no link and no path of this machine."""
    root = str(tmp_path_factory.getbasetemp())
    for folder in exported.values():
        for path in folder.rglob("*"):
            assert not path.is_symlink()
            assert path.is_dir() or path.suffix in (".json", ".safetensors", ".md", ".txt"), path
            assert path.is_dir() or path.stat().st_mode & 0o444 == 0o444
            if path.suffix in (".json", ".md"):
                text = path.read_text("utf-8")
                assert root not in text, path
                assert "auto_map" not in text


def test_the_papers_protocol_runs_on_the_export(exported, checkpoints, tiny_bert):
    spec, projection = resolve_model(str(tiny_bert)), read_checkpoint(checkpoints["residual"]).projection
    found = verify(exported["residual"], projection, spec, "english-french", limit=15, gallery=40)
    assert (found.queries, found.documents, found.same_top_1) == (15, 40, 15)
    assert found.largest_difference < 1e-5
    assert found.holds
    metrics = evaluate_exported(exported["residual"], "english-french", limit=15, gallery=40)
    timings = {"latency_ms", "queries_per_second", "harmonic_mean"}
    for name in metrics.keys() - timings:
        assert metrics[name] == found.here[name] == found.exported[name], name


def test_another_model_is_not_verified(exported, checkpoints, tiny_bert):
    spec, projection = resolve_model(str(tiny_bert)), read_checkpoint(checkpoints["residual"]).projection
    found = verify(exported["cca"], projection, spec, "english-french", limit=15, gallery=40)
    assert not found.holds
    assert found.to_json()["holds"] is False
