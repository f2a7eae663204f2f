"""What an encoder does on CUDA, with the CPU standing in for it: smaller batches, pinned memory, results on the CPU."""

import numpy as np
import pytest
import torch

from mindgap.encoders import forward, transformer
from mindgap.encoders.spec import Folder, ModelSpec, Pooling
from mindgap.encoders.transformer import load_encoder
from mindgap.errors import Failure
from tests.tiny_model import random_texts, write_tiny_model

TEXTS = random_texts(100)


@pytest.fixture(scope="module")
def spec(tmp_path_factory):
    return ModelSpec("tiny", "Tiny", Folder(str(write_tiny_model(tmp_path_factory.mktemp("tiny")))), normalise=True)


@pytest.fixture
def encoder(spec):
    return load_encoder(spec, "cpu")


def naive(encoder, texts):
    """One text at a time, pooled by hand."""
    rows = []
    for text in texts:
        tokens = encoder._tokenizer(text, truncation=True, max_length=64, return_tensors="pt")
        with torch.no_grad():
            mean = encoder._model(**tokens).last_hidden_state[0].mean(dim=0)
        rows.append((mean / mean.norm()).numpy())
    return np.stack(rows)


def little_memory(monkeypatch, most, sizes):
    """Batches of more than `most` texts run out of memory; `sizes` keeps what was tried."""
    real = transformer.embed

    def embed(model, batch, *others):
        sizes.append(len(batch["input_ids"]))
        if sizes[-1] > most:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")
        return real(model, batch, *others)

    monkeypatch.setattr(transformer, "embed", embed)


def test_batches_equal_one_text_at_a_time(encoder):
    np.testing.assert_allclose(encoder.encode(TEXTS), naive(encoder, TEXTS), atol=1e-6)


def test_out_of_memory_halves_the_batch_and_goes_on(encoder, monkeypatch):
    expected, sizes, seen = encoder.encode(TEXTS), [], []
    little_memory(monkeypatch, 10, sizes)
    found = encoder.encode(TEXTS, lambda done, total: seen.append((done, total)))
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert sizes[:3] == [32, 16, 8]
    assert sizes[3:] == [8] * 11 + [4]
    assert seen == [(min(8 * i, 100), 100) for i in range(1, 14)]
    assert encoder.batch_size == 8
    encoder.encode(TEXTS[:20])
    assert sizes[-3:] == [8, 8, 4]


def test_a_short_list_is_halved_from_its_own_length(encoder, monkeypatch):
    sizes = []
    little_memory(monkeypatch, 2, sizes)
    encoder.encode(TEXTS[:5])
    assert sizes == [5, 2, 2, 1]


def test_a_text_that_does_not_fit_alone_is_a_sentence(encoder, monkeypatch):
    sizes = []
    little_memory(monkeypatch, 0, sizes)
    with pytest.raises(Failure, match=r"ran out on a single text for Tiny.*MINDGAP_DEVICE=cpu"):
        encoder.encode(TEXTS[:3])
    assert sizes == [3, 1]


def test_other_errors_are_not_swallowed(encoder, monkeypatch):
    def embed(*_):
        raise RuntimeError("shapes")

    monkeypatch.setattr(transformer, "embed", embed)
    with pytest.raises(RuntimeError, match="shapes"):
        encoder.encode(TEXTS[:3])


class Watched(torch.Tensor):
    """Says what was done with it on the way to the device."""

    def pin_memory(self):
        self.steps = ["pinned"]
        return self

    def to(self, device, non_blocking=False):
        self.steps = [*getattr(self, "steps", []), device, non_blocking]
        return self


@pytest.mark.parametrize(
    ("device", "steps"), [("cuda", ["pinned", "cuda", True]), ("cpu", ["cpu", False]), ("mps", ["mps", False])]
)
def test_only_cuda_gets_pinned_memory(device, steps):
    tensor = torch.zeros(2).as_subclass(Watched)
    assert forward.onto(tensor, device).steps == steps


@pytest.mark.parametrize(("wish", "dtype"), [("auto", torch.float16), ("full", torch.float32)])
def test_on_cuda_the_weights_are_half_unless_asked_otherwise(spec, monkeypatch, wish, dtype):
    monkeypatch.setenv("MINDGAP_PRECISION", wish)
    encoder = load_encoder_on(spec, "cuda", monkeypatch)
    assert next(encoder._model.parameters()).dtype == dtype
    assert encoder.batch_size == 256
    # the embeddings come back as ever
    monkeypatch.setattr(forward, "onto", lambda tensor, device: tensor)
    found = encoder.encode(TEXTS)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, load_encoder(spec, "cpu").encode(TEXTS), atol=5e-3)


def load_encoder_on(spec, device, monkeypatch):
    real = torch.nn.Module.to
    monkeypatch.setattr(transformer, "choose_device", lambda wish=None: device)
    monkeypatch.setattr(torch.nn.Module, "to", lambda self, device, dtype=None: real(self, dtype or torch.float32))
    monkeypatch.setattr(forward, "onto", lambda tensor, device: tensor)
    encoder = load_encoder(spec)
    monkeypatch.undo()
    return encoder


def test_half_precision_has_the_same_fingerprint(spec, monkeypatch):
    assert load_encoder_on(spec, "cuda", monkeypatch).fingerprint == load_encoder(spec, "cpu").fingerprint


def test_the_mean_of_half_precision_states_stays_in_range():
    states = torch.full((1, 512, 1), 200.0, dtype=torch.float16)
    output = type("Output", (), {"last_hidden_state": states})
    assert forward.pool(output, torch.ones(1, 512, dtype=torch.int64), Pooling.MEAN).item() == 200.0
