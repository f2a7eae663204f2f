"""A local Hub with tiny models under the real names and pinned revisions, and a cache of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from server import HubServer

from mindgap import presets

REAL = {spec.name: spec.source for spec in (presets.CODEBERT, presets.MPNET, presets.DPR_QUESTION, presets.DPR_CONTEXT)}


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of tiny models by the short names of the paper preset."""
    import tiny

    top = tmp_path_factory.mktemp("tiny")
    return {
        "codebert": tiny.codebert(top / "codebert"),
        "mpnet": tiny.mpnet(top / "mpnet"),
        "dpr-question": tiny.dpr(top / "dpr-question", "question"),
        "dpr-context": tiny.dpr(top / "dpr-context", "context"),
    }


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Empty caches, patience for a busy machine, no proxy; the folder of the Hugging Face cache."""
    from huggingface_hub import close_session

    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setenv("HF_TOKEN_PATH", str(tmp_path / "token"))
    monkeypatch.setenv("MINDGAP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("MINDGAP_CHECKPOINTS", str(tmp_path / "checkpoints"))
    monkeypatch.setenv("MINDGAP_HUB_TIMEOUT", "30")
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    close_session()
    yield tmp_path / "hub"
    close_session()


@pytest.fixture
def empty_hub(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    """A local Hub without repositories."""
    with HubServer() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        yield hub


@pytest.fixture
def hub(empty_hub: HubServer, tiny_models: dict[str, Path]) -> HubServer:
    """A local Hub with the four models of the paper preset."""
    for name, folder in tiny_models.items():
        empty_hub.add(REAL[name].repository, folder, REAL[name].revision)
    return empty_hub
