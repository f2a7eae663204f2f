import dataclasses

import pytest

from mindgap.pretraining import cards
from mindgap.pretraining.config import EncoderConfig
from mindgap.pretraining.mlm import pretrain
from mindgap.pretraining.output import round_half, write_encoder

TINY = EncoderConfig(
    name="tiny", layers=2, width=32, heads=2, vocabulary=600, steps=40, batch_tokens=512, learning_rate=3e-3
)


@pytest.fixture
def tiny():
    return TINY


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory):
    """A folder with a tiny encoder, written as the command writes it."""
    words = ("the", "cat", "dog", "bird", "fish", "corn", "milk", "sees", "eats", "likes")
    texts = [f"{a} {b} {c}" for a in words for b in words for c in words[:3]]
    config = dataclasses.replace(TINY, steps=200, learning_rate=1e-2)
    made = pretrain(config, texts, texts[:5], 0)
    round_half(made.model.distilbert)
    folder = tmp_path_factory.mktemp("encoders") / "tiny"
    metrics = {"english-french": {"accuracy": 0.0, "queries": 1, "documents": 1}}
    card = cards.encoder_card(config, made, len(texts), 0, "nothing", metrics)
    write_encoder(folder, made.model.distilbert, made.tokenizer, card)
    return folder
