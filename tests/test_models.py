"""Which retriever a projection belongs to."""

from mindgap.models import Models, fitting_retriever
from mindgap.presets import PRESETS, Role
from mindgap.projections.checkpoint import Checkpoint
from mindgap.projections.identity import IdentityProjection
from mindgap.registry import Registry


def checkpoint_for(encoder, tmp_path):
    return Checkpoint(tmp_path, {"encoder": {"fingerprint": encoder.fingerprint}}, IdentityProjection())


def test_a_checkpoint_fits_the_first_projecting_retriever_with_its_encoder(encoder, tmp_path, monkeypatch):
    models, other = Models(), type(encoder)("other")
    sentence = PRESETS.get("offline").models[Role.SENTENCE]
    monkeypatch.setattr(models, "encoder", lambda spec: encoder if spec == sentence else other)
    assert fitting_retriever(models, "offline", checkpoint_for(encoder, tmp_path)).name == "projection-st"
    assert fitting_retriever(models, "offline", checkpoint_for(other, tmp_path)).name == "projection"
    assert fitting_retriever(models, "offline", checkpoint_for(type(encoder)("third"), tmp_path)) is None


def test_a_retriever_whose_encoder_is_missing_is_passed_over(encoder, tmp_path, monkeypatch, own_folders):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    assert fitting_retriever(Models(), "paper", checkpoint_for(encoder, tmp_path)) is None


def test_without_projecting_retrievers_nothing_fits(encoder, tmp_path, monkeypatch):
    monkeypatch.setattr("mindgap.models.RETRIEVERS", Registry("retriever"))
    assert fitting_retriever(Models(), "offline", checkpoint_for(encoder, tmp_path)) is None
