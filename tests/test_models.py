"""Which retriever a projection belongs to."""

import pytest

from mindgap.models import Models, card_encoder, fitting_retriever
from mindgap.presets import PRESETS, Role
from mindgap.projections.checkpoint import Checkpoint, CheckpointError
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


@pytest.mark.parametrize("source", ["../a\0b", "../" + "a" * 5000, "a" * 5000, "~nobody-of-this-name/model"])
def test_a_card_that_names_an_encoder_that_cannot_be_is_one_short_sentence(tmp_path, source, own_folders):
    checkpoint = Checkpoint(tmp_path, {"encoder": {"fingerprint": "f", "source": source}}, IdentityProjection())
    with pytest.raises(CheckpointError) as refused:
        card_encoder(checkpoint, Models())
    assert len(str(refused.value)) < len(str(tmp_path)) + 300
    assert str(refused.value).isprintable()


def test_an_encoder_that_transformers_refuses_is_one_sentence(tmp_path, monkeypatch):
    def refuse(self, spec):
        raise ValueError("Unrecognized model")

    monkeypatch.setattr(Models, "encoder", refuse)
    checkpoint = Checkpoint(tmp_path, {"encoder": {"fingerprint": "f", "source": "minilm"}}, IdentityProjection())
    with pytest.raises(CheckpointError, match=r"cannot be loaded \(Unrecognized model\)"):
        card_encoder(checkpoint, Models())
