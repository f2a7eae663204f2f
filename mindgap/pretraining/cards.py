"""The cards of the compact models: what they are, how they were made, what they find, what they cannot do."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

from mindgap.pretraining.config import CONFIGS, DprConfig, EncoderConfig, read_config
from mindgap.pretraining.mlm import Pretrained
from mindgap.pretraining.questions import Asked
from mindgap.pretraining.state import Curve

_MINILM = "sentence-transformers/all-MiniLM-L6-v2"
_MINILM_LAYERS = 6
_STARTS = {
    "scratch": "random weights, and a byte-level BPE trained on the same text",
    "minilm": "embeddings, {which} and the word pieces of all-MiniLM-L6-v2 (Apache-2.0), "
    "which was itself trained on a billion English text pairs, code search among them; the word pieces are cut to "
    "those that the text uses most",
}
_LIMITS = [
    "- The masked language modelling saw a few megabytes of English, French, pseudocode and C, written or generated "
    "for this project: French and C that read otherwise are strange to it.",
    "- It stands in where the published model cannot be had; its figures say nothing about the published model.",
]


def encoder_card(
    config: EncoderConfig, made: Pretrained, texts: int, seed: int, hardware: str, metrics: dict[str, dict[str, float]]
) -> dict[str, Any]:
    """Card of the masked-language-model encoder."""
    weights = sum(value.numel() for value in made.model.distilbert.parameters())
    return {
        "kind": "encoder",
        "name": config.name,
        "label": "Compact encoder (stands in for CodeBERT)",
        "about": f"A masked-language-model encoder: {config.layers} layers, width {config.width}, "
        f"{len(made.tokenizer):,} tokens of vocabulary, {weights / 1e6:.1f} million weights, 512 positions. "
        "In this project's training it was never shown a text beside its translation or its program.",
        "licence": "apache-2.0",
        "languages": ["en", "fr"],
        "base_model": _MINILM if config.start == "minilm" else None,
        "tags": ["masked-language-modelling", "code", "cross-lingual"],
        "made": {
            "start": _STARTS[config.start].format(which=_layers(config.layers)),
            "text": f"{texts:,} texts, {made.tokens:,} tokens: the training splits of this project's data, and "
            + (_generated(config.generated) or "nothing else"),
            "training": _training(config),
            "hardware": f"{hardware}, {made.curve.seconds / 60:.0f} minutes",
        },
        "settings": dataclasses.asdict(config),
        "seed": seed,
        "commands": commands("encoder", config, seed, "--output DIR/compact"),
        "curve": made.curve.points,
        "seconds": round(made.curve.seconds, 1),
        "measured": "Share of queries whose true document is first by cosine of mean token vectors, as the encoder is, "
        "without a projection. With one: the cards of the projections in `checkpoints/offline/<task>/compact-*`.",
        "metrics": metrics,
        "limits": _LIMITS,
    }


def _layers(count: int) -> str:
    return "all layers" if count == _MINILM_LAYERS else f"the lower {count} of the {_MINILM_LAYERS} layers"


def _training(config: EncoderConfig) -> str:
    alone = f", the first {config.head_steps:,} of them of the guessing head alone" if config.head_steps else ""
    return (
        f"{config.steps:,} steps{alone}; at most {config.batch_tokens:,} tokens a step, {config.mask:.0%} of them "
        f"masked; AdamW, highest learning rate {config.learning_rate:g} ({config.head_learning_rate:g} for the head)"
    )


def _generated(generated: dict[str, int]) -> str:
    parts = [f"{count:,} {kind}" for kind, count in generated.items() if count]
    return f"generated texts ({', '.join(parts)})" if parts else ""


def tower_card(
    config: DprConfig,
    curve: Curve,
    side: str,
    train: Sequence[Asked],
    seed: int,
    hardware: str,
    metrics: dict[str, dict[str, float]],
) -> dict[str, Any]:
    """Card of one of the two towers; `side` is "question" or "context"."""
    pairs = " and ".join(f"{len(part.questions):,} of {part.task}" for part in train)
    return {
        "kind": "tower",
        "name": f"{config.name}-{side}",
        "label": f"Compact dual encoder, {side} side (stands in for facebook/dpr)",
        "about": "One of two towers for dense passage retrieval (Karpukhin et al., 2020): [CLS] vector, dot product. "
        "Begun from the compact encoder; embeddings and lower layers are that encoder's and lie in its folder.",
        "licence": "apache-2.0",
        "languages": ["en"],
        "tags": ["dense-passage-retrieval"],
        "made": {
            "pairs": f"English only, as DPR's: questions with the sentence, descriptions with the pseudocode that "
            f"answers them ({pairs})",
            "negatives": "the other passages of the batch, and one of BM25's best wrong passages for each question",
            "training": f"{config.epochs} epochs, batches of {config.batch_size}, {_upper(config.trained_layers)}, "
            f"highest learning rate {config.learning_rate:g}",
            "hardware": f"{hardware}, {curve.seconds / 60:.0f} minutes",
        },
        "settings": dataclasses.asdict(config),
        "seed": seed,
        "commands": [
            "# first the encoder, by the commands in its card",
            *commands("dpr", config, seed, "--encoder DIR/compact --output DIR/compact-dpr"),
        ],
        "curve": curve.points,
        "seconds": round(curve.seconds, 1),
        "measured": "Share of English questions whose own English passage is first by dot product. French and C were "
        "never seen in this training: what the towers find there is in the tables of the project's README.",
        "metrics": metrics,
        "limits": _LIMITS,
    }


def _upper(layers: int) -> str:
    return "the uppermost layer of each" if layers == 1 else f"the upper {layers} layers of each"


def commands(kind: str, config: EncoderConfig | DprConfig, seed: int, places: str) -> list[str]:
    """Lines for a shell that make the model again: with other settings than the shipped ones, these settings first."""
    path = CONFIGS / f"{kind}.toml"
    shipped = read_config(EncoderConfig, path) if kind == "encoder" else read_config(DprConfig, path)
    flags = f" --seed {seed}" if seed else ""
    if config == shipped:
        return [f"python -m mindgap pretrain {kind}{flags} {places}"]
    lines = ["cat > settings.toml <<'END'", *settings_toml(config), "END"]
    return [*lines, f"python -m mindgap pretrain {kind} --config settings.toml{flags} {places}"]


def settings_toml(config: EncoderConfig | DprConfig) -> list[str]:
    """The settings as lines of TOML, tables last."""
    values = dataclasses.asdict(config)
    # a JSON text or number is also TOML's
    lines = [f"{name} = {json.dumps(value)}" for name, value in values.items() if not isinstance(value, dict)]
    for name, table in values.items():
        if isinstance(table, dict):
            lines += ["", f"[{name}]", *(f"{kind} = {count}" for kind, count in table.items())]
    return lines
