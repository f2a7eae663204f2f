"""Where the compact encoder begins: random weights, or MiniLM's lower layers. A DistilBERT either way.

DistilBERT (Sanh et al., 2019) is BERT without token types and pooler, so that `AutoModel` loads every weight it needs
and no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import AutoModel, DistilBertConfig, DistilBertForMaskedLM, PreTrainedTokenizerFast

from mindgap.encoders.locate import locate
from mindgap.errors import CallerError
from mindgap.presets import MINILM
from mindgap.pretraining.config import EncoderConfig
from mindgap.pretraining.tokens import LONGEST, cut_word_pieces, train_bpe

_OLD_TO_NEW = {
    "attention.self.query": "attention.q_lin",
    "attention.self.key": "attention.k_lin",
    "attention.self.value": "attention.v_lin",
    "attention.output.dense": "attention.out_lin",
    "attention.output.LayerNorm": "sa_layer_norm",
    "intermediate.dense": "ffn.lin1",
    "output.dense": "ffn.lin2",
    "output.LayerNorm": "output_layer_norm",
}


def start(config: EncoderConfig, texts: Sequence[str]) -> tuple[DistilBertForMaskedLM, PreTrainedTokenizerFast]:
    """A model that has not been trained on `texts` yet, and its tokenizer.

    Draws random weights from torch's generator. Raises Unavailable where MiniLM is asked for and not there.
    """
    if config.start == "scratch":
        tokenizer = train_bpe(texts, config.vocabulary)
        return _empty(config, tokenizer), tokenizer
    folder = locate(MINILM)
    tokenizer, kept = cut_word_pieces(folder, texts, config.vocabulary)
    model = _empty(config, tokenizer)
    copy_lower_layers(model, folder, kept)
    return model, tokenizer


def _empty(config: EncoderConfig, tokenizer: PreTrainedTokenizerFast) -> DistilBertForMaskedLM:
    return DistilBertForMaskedLM(
        DistilBertConfig(
            vocab_size=len(tokenizer),
            dim=config.width,
            hidden_dim=4 * config.width,
            n_layers=config.layers,
            n_heads=config.heads,
            max_position_embeddings=LONGEST,
            dropout=config.dropout,
            attention_dropout=config.dropout,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def copy_lower_layers(model: DistilBertForMaskedLM, folder: Path, kept: Sequence[int]) -> None:
    """Copy embeddings and lower layers of the BERT in `folder` into `model`; row i of its vocabulary is kept[i].

    Raises CallerError where the shapes cannot agree.
    """
    bert = AutoModel.from_pretrained(str(folder), dtype=torch.float32, local_files_only=True, trust_remote_code=False)
    old, config = bert.config, model.config
    if (config.dim, config.n_heads) != (
        old.hidden_size,
        old.num_attention_heads,
    ) or config.n_layers > old.num_hidden_layers:
        raise CallerError(
            f"{MINILM.label} has {old.num_hidden_layers} layers of width {old.hidden_size} with "
            f"{old.num_attention_heads} heads; width and heads must be these, layers no more, not "
            f"{config.n_layers} x {config.dim} with {config.n_heads}."
        )
    source, target = bert.embeddings, model.distilbert.embeddings
    with torch.no_grad():
        target.word_embeddings.weight.copy_(source.word_embeddings.weight[list(kept)])
        # every text is of BERT's first type; DistilBERT has no types, so its positions carry that one
        target.position_embeddings.weight.copy_(
            source.position_embeddings.weight + source.token_type_embeddings.weight[0]
        )
        target.LayerNorm.load_state_dict(source.LayerNorm.state_dict())
        for number, layer in enumerate(model.distilbert.transformer.layer):
            weights = bert.encoder.layer[number].state_dict()
            layer.load_state_dict({_renamed(name): value for name, value in weights.items()})


def _renamed(name: str) -> str:
    for old, new in _OLD_TO_NEW.items():
        if name.startswith(old + "."):
            return new + name.removeprefix(old)
    raise AssertionError(f"unknown weight {name}")
