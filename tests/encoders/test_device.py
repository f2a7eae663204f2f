import subprocess
import sys

import pytest

from mindgap.encoders.device import batch_size, choose_device, choose_precision
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


def test_cuda_is_taken_where_it_is(monkeypatch):
    monkeypatch.delenv("MINDGAP_DEVICE", raising=False)
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    assert choose_device() == "cuda"
    assert choose_device("cpu") == "cpu"


def test_on_zero_gpu_the_process_itself_has_none(monkeypatch):
    monkeypatch.delenv("MINDGAP_DEVICE", raising=False)
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: False)
    monkeypatch.setattr("mindgap.space.zero.is_zero", lambda: True)
    assert choose_device() == "cpu"


@pytest.mark.parametrize(
    ("device", "wish", "precision"),
    [
        ("cuda", "auto", "half"),
        ("cuda", "full", "full"),
        ("cuda", "HALF", "half"),
        ("cpu", "auto", "full"),
        ("cpu", "full", "full"),
        ("mps", "auto", "full"),
        ("mps", "half", "half"),
    ],
)
def test_precision(monkeypatch, device, wish, precision):
    monkeypatch.setenv("MINDGAP_PRECISION", wish)
    assert choose_precision(device) == precision


def test_precision_is_half_on_cuda_alone_unless_asked(monkeypatch):
    monkeypatch.delenv("MINDGAP_PRECISION", raising=False)
    assert [choose_precision(device) for device in ("cpu", "cuda", "mps")] == ["full", "half", "full"]


def test_precisions_that_cannot_be(monkeypatch):
    with pytest.raises(CallerError, match="CPU computes in full precision"):
        choose_precision("cpu", "half")
    monkeypatch.setenv("MINDGAP_PRECISION", "bfloat16")
    with pytest.raises(CallerError, match="'bfloat16'; it must be one of auto, half, full"):
        choose_precision("cuda")


def test_batches_are_larger_on_cuda():
    assert batch_size("cuda") > batch_size("cpu") == 32


def test_importing_does_nothing_with_a_gpu():
    modules = "mindgap, mindgap.cli, mindgap.workspace, mindgap.ui.page, app"
    code = f"import sys, {modules}; print('torch' in sys.modules, 'spaces' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_half_asks_nothing_of_work_that_is_done_on_the_cpu_of_a_machine_with_a_gpu(monkeypatch):
    monkeypatch.setattr("mindgap.encoders.device.choose_device", lambda: "cuda")
    assert choose_precision("cpu", "half") == "full"
    monkeypatch.setattr("mindgap.encoders.device.choose_device", lambda: "cpu")
    monkeypatch.setattr("mindgap.encoders.device.zero.is_zero", lambda: True)
    assert choose_precision("cpu", "half") == "full"
