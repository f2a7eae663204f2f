import pytest

from mindgap.encoders.device import choose_device
from mindgap.errors import CallerError


def test_the_environment_chooses(monkeypatch):
    monkeypatch.setenv("MINDGAP_DEVICE", "cpu")
    assert choose_device() == "cpu"
    monkeypatch.setenv("MINDGAP_DEVICE", "tpu")
    with pytest.raises(CallerError, match="'tpu'; it must be one of auto, cpu, cuda, mps"):
        choose_device()


def test_a_device_that_is_not_there_is_refused():
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has CUDA")
    with pytest.raises(CallerError, match="finds no such device"):
        choose_device("cuda")
