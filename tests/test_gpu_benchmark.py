"""The benchmark of the GPU runs on the CPU in its quick size, and its figures mean what they say."""

import os

import numpy as np
import pytest

from benchmarks import gpu


def test_it_runs_in_its_quick_size(monkeypatch, capsys):
    monkeypatch.setenv("MINDGAP_DEVICE", "cpu")
    gpu.main(["--quick"])
    out = capsys.readouterr().out
    assert out.startswith("device cpu; CPU ")
    assert all(f"{name}: CPU " in out for name in gpu.MODELS)
    assert "200 pairs, 5 epochs, on cpu: " in out
    # other pairs than the paper's are not set against its time
    assert "368" not in out


def test_the_device_is_set_against_the_cpu_and_half_against_full(monkeypatch, capsys):
    """The CPU stands in for a GPU: both of its precisions are full, so they agree wholly."""
    monkeypatch.setattr(gpu, "choose_device", lambda: "other")
    monkeypatch.setattr(gpu, "choose_precision", lambda device: "half")
    monkeypatch.setattr(gpu, "hardware", lambda device: device)
    monkeypatch.setattr("mindgap.encoders.transformer.choose_device", lambda wish=None: "cpu")
    monkeypatch.setattr(gpu, "MODELS", {name: gpu.MODELS[name] for name in ["DPR question (BERT)"]})
    gpu.main(["--quick"])
    out = capsys.readouterr().out
    assert "other, half precision: " in out
    assert "half against full: 1.0000 of the ten best shared over 40 queries and 40 documents" in out
    assert "MINDGAP_PRECISION" not in os.environ


def test_the_real_sizes_are_the_published_ones():
    assert gpu.FULL.shape == {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072}  # fmt: skip
    assert (gpu.FULL.pairs, gpu.FULL.hidden) == (8000, 2048)


def test_agreement_by_hand(monkeypatch):
    monkeypatch.setattr(gpu, "BEST", 2)
    documents = np.eye(3, dtype=np.float32)
    full = np.array([[0.9, 0.5, 0.1], [0.1, 0.5, 0.9]], dtype=np.float32)
    half = np.array([[0.9, 0.5, 0.1], [0.6, 0.5, 0.9]], dtype=np.float32)
    overlap, apart, spread = gpu.agreement((half, documents), (full, documents))
    assert overlap == pytest.approx(0.75)
    assert apart == pytest.approx(0.5)
    assert spread == pytest.approx(full.std())


def test_the_texts_are_of_all_tasks():
    queries, documents = gpu.all_texts()
    assert len(queries) == len(documents) == 1250
    assert "int " in " ".join(documents[:10])
