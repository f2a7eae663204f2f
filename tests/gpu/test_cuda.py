"""On a real GPU: half precision agrees with full, memory that runs out is survived, the Workspace and training work."""

import dataclasses

import numpy as np
import pytest
import torch

from mindgap.encoders import forward, transformer
from mindgap.encoders.spec import Folder, ModelSpec
from mindgap.encoders.store import EmbeddingStore
from mindgap.encoders.transformer import load_encoder
from mindgap.models import Models
from mindgap.presets import PRESETS, Role
from mindgap.projections import METHODS
from mindgap.tasks import TASKS
from mindgap.training.pairs import EmbeddedPairs, top1_accuracy
from mindgap.training.trainer import train_projection
from mindgap.workspace import Workspace
from tests.tiny_model import random_texts, write_tiny_model

TEXTS = random_texts(600)


@pytest.fixture(scope="module")
def spec(tmp_path_factory):
    return ModelSpec("tiny", "Tiny", Folder(str(write_tiny_model(tmp_path_factory.mktemp("tiny")))), normalise=True)


def test_half_precision_agrees_with_full(spec, monkeypatch):
    half = load_encoder(spec)
    assert next(half._model.parameters()).dtype == torch.float16
    monkeypatch.setenv("MINDGAP_PRECISION", "full")
    full, cpu = load_encoder(spec), load_encoder(spec, "cpu")
    expected = cpu.encode(TEXTS)
    np.testing.assert_allclose(full.encode(TEXTS), expected, atol=1e-3)
    found = half.encode(TEXTS)
    assert isinstance(found, np.ndarray)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-2)
    assert half.fingerprint == full.fingerprint == cpu.fingerprint


def test_batches_are_pinned_on_their_way():
    sent = forward.onto(torch.arange(6).reshape(2, 3), "cuda")
    assert sent.device.type == "cuda"
    assert sent.cpu().tolist() == [[0, 1, 2], [3, 4, 5]]


def test_memory_that_runs_out_is_survived(spec, monkeypatch):
    encoder = load_encoder(spec)
    expected, real = encoder.encode(TEXTS), transformer.embed

    def embed(model, batch, *others):
        if len(batch["input_ids"]) > 50:
            torch.empty(2**50, dtype=torch.uint8, device="cuda")
        return real(model, batch, *others)

    monkeypatch.setattr(transformer, "embed", embed)
    np.testing.assert_allclose(encoder.encode(TEXTS), expected, atol=1e-2)
    assert encoder.batch_size == 32


def test_the_workspace_answers_from_the_gpu(spec, monkeypatch, tmp_path):
    monkeypatch.setitem(PRESETS.get("offline").models, Role.SENTENCE, spec)
    workspace = Workspace("offline", Models(EmbeddingStore(tmp_path)))
    (task, *_) = TASKS.names()
    (ranking,) = workspace.compare("word1 word2", task, 5, ["sentence-transformer"]).retrievers
    assert ranking.unavailable is None
    assert len(ranking.hits) == 5
    assert workspace.device() == "cuda"


@pytest.mark.parametrize("name", ["n-pairs", "residual"])
def test_training_on_the_gpu_gives_what_the_cpu_gives(name, monkeypatch):
    generator = np.random.default_rng(0)
    rotation, _ = np.linalg.qr(generator.standard_normal((16, 16)))
    documents = generator.standard_normal((600, 16)).astype(np.float32)
    queries = (documents @ rotation + 0.1 * generator.standard_normal((600, 16))).astype(np.float32)
    ones, places = np.ones(300, np.int64), np.arange(300)
    train = EmbeddedPairs(queries[:300], documents[:300], places, ones)
    unseen = EmbeddedPairs(queries[300:], documents[300:], places, ones)
    method = METHODS.get(name)
    recipe = dataclasses.replace(method.recipe, hidden=64, epochs=15, batch_size=16, learning_rate=3e-3)
    state = torch.cuda.get_rng_state()
    on_gpu = train_projection(method, train, unseen, recipe)
    assert torch.equal(torch.cuda.get_rng_state(), state)
    monkeypatch.setenv("MINDGAP_DEVICE", "cpu")
    on_cpu = train_projection(method, train, unseen, recipe)
    assert isinstance(on_gpu.projection.map_queries(queries), np.ndarray)
    assert abs(top1_accuracy(on_gpu.projection, unseen) - top1_accuracy(on_cpu.projection, unseen)) < 0.1
