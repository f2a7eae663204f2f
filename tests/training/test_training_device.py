"""Where a training computes, without a GPU: the CPU's results do not depend on how the device is asked for."""

import copy

import numpy as np
import pytest
import torch

from mindgap.projections.n_pairs import PAPER_RECIPE
from mindgap.projections.networks import mlp
from mindgap.training import trainer
from mindgap.training.descent import Descent
from mindgap.training.pairs import EmbeddedPairs


@pytest.mark.parametrize(("chosen", "device"), [("cuda", "cuda"), ("mps", "cpu"), ("cpu", "cpu")])
def test_a_network_learns_on_cuda_or_the_cpu(monkeypatch, chosen, device):
    monkeypatch.setattr(trainer, "choose_device", lambda: chosen)
    assert trainer._device() == device


def test_in_the_middle_of_a_training_the_network_is_not_moved(monkeypatch):
    network = mlp(4, 4, PAPER_RECIPE)
    assert trainer._so_far(network, None).network is network
    elsewhere = copy.deepcopy(network)
    monkeypatch.setattr(trainer, "next", lambda parameters: torch.empty(0, device="meta"), raising=False)
    assert trainer._so_far(elsewhere, None).network is not elsewhere


def test_everything_a_step_needs_is_on_the_device():
    pairs = EmbeddedPairs(np.eye(4, dtype=np.float32), np.eye(4, dtype=np.float32), np.arange(4), np.ones(4, np.int64))
    descent = Descent(mlp(4, 4, PAPER_RECIPE).to("meta"), PAPER_RECIPE, pairs, 1, np.random.default_rng(0), "meta")
    queries, batch = descent._batch([0, 1])
    found = {tensor.device.type for tensor in (queries, batch.documents, batch.projected, batch.labels)}
    assert found == {"meta"}
