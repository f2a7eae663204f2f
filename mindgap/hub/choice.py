"""Which files of a model's repository are needed: weights once, configuration, tokenizer. Never code."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from mindgap.errors import Unavailable

CONFIG = "config.json"
TOKENIZERS = ("tokenizer.json", "vocab.txt", "vocab.json", "spiece.model", "sentencepiece.bpe.model", "tokenizer.model")
"""Files of which each alone holds a vocabulary."""
_OTHERS = (
    *(CONFIG, *TOKENIZERS, "merges.txt"),
    *("tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"),
    *("modules.json", "sentence_bert_config.json", "config_sentence_transformers.json"),
)
_POOLING = re.compile(r"\d+_Pooling/config\.json")
SAFETENSORS_INDEX = "model.safetensors.index.json"
_KINDS = (
    ("model.safetensors", SAFETENSORS_INDEX, re.compile(r"model-\d+-of-\d+\.safetensors")),
    ("pytorch_model.bin", "pytorch_model.bin.index.json", re.compile(r"pytorch_model-\d+-of-\d+\.bin")),
)
"""Safetensors first; each is one file, or an index and its shards."""


def weights_of(names: Collection[str]) -> list[str]:
    """The files that hold the weights, among the names at the top of a repository; [] where there are none."""
    for single, index, shard in _KINDS:
        if single in names:
            return [single]
        if index in names:
            return [index, *sorted(name for name in names if shard.fullmatch(name))]
    return []


def model_files(paths: Sequence[str], shown: str) -> list[str]:
    """The paths that loading a model needs.

    Raises Unavailable where weights, configuration or vocabulary are missing.
    """
    names = set(paths)
    weights = weights_of(names)
    missing = {
        "weights as safetensors or pytorch_model.bin": not weights,
        CONFIG: CONFIG not in names,
        "vocabulary of a tokenizer": not names.intersection(TOKENIZERS),
    }
    for what, is_missing in missing.items():
        if is_missing:
            raise Unavailable(f"{shown} has no {what}", "name another model.")
    return weights + [path for path in paths if path in _OTHERS or _POOLING.fullmatch(path)]
