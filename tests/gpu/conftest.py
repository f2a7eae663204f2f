import pytest


@pytest.fixture(autouse=True)
def cuda(monkeypatch):
    """Every test of this folder needs a GPU."""
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("there is no CUDA here")
    monkeypatch.setenv("MINDGAP_DEVICE", "cuda")
