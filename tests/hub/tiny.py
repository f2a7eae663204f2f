"""Random models of a few thousand weights with the files that the real repositories have."""

from __future__ import annotations

import json
import string
from pathlib import Path

import tokenizers
import torch
import transformers

_SIZES = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
_LETTERS = [*string.ascii_lowercase, *string.digits, *(f"##{letter}" for letter in string.ascii_lowercase)]
UNWANTED = {"README.md": b"# x", "tf_model.h5": b"h5", "onnx/model.onnx": b"o", "modeling.py": b"raise SystemExit"}


def codebert(folder: Path) -> Path:
    """RoBERTa with vocab.json and merges.txt, weights in the old format of torch.save, as CodeBERT's are."""
    folder.mkdir(parents=True)
    marks = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    alphabet = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: place for place, token in enumerate([*marks, *alphabet, "th", "Ġt"])}
    (folder / "vocab.json").write_text(json.dumps(vocabulary), "utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\nt h\nĠ t\n", "utf-8")
    config = transformers.RobertaConfig(
        vocab_size=len(vocabulary), max_position_embeddings=514, type_vocab_size=1, bos_token_id=0, pad_token_id=1,
        eos_token_id=2, **_SIZES,
    )  # fmt: skip
    torch.manual_seed(0)
    config.save_pretrained(folder)
    weights = transformers.RobertaModel(config).state_dict()
    torch.save(weights, folder / "pytorch_model.bin", _use_new_zipfile_serialization=False)
    return _with_unwanted(folder)


def dpr(folder: Path, side: str) -> Path:
    """One side of DPR ("question" or "context"), weights as .bin."""
    folder.mkdir(parents=True)
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *_LETTERS]
    (folder / "vocab.txt").write_text("\n".join(tokens) + "\n", "utf-8")
    (folder / "tokenizer_config.json").write_text('{"do_lower_case": true}', "utf-8")
    config = transformers.DPRConfig(vocab_size=len(tokens), **_SIZES)
    kind = {"question": transformers.DPRQuestionEncoder, "context": transformers.DPRContextEncoder}[side]
    torch.manual_seed(1 if side == "question" else 2)
    config.save_pretrained(folder)
    torch.save(kind(config).state_dict(), folder / "pytorch_model.bin")
    return _with_unwanted(folder)


def mpnet(folder: Path) -> Path:
    """A sentence-transformers repository: MPNet as safetensors beside a .bin that must not be fetched."""
    folder.mkdir(parents=True)
    tokens = ["<s>", "<pad>", "</s>", "[UNK]", "<mask>", *_LETTERS]
    (folder / "vocab.txt").write_text("\n".join(tokens) + "\n", "utf-8")
    (folder / "tokenizer_config.json").write_text('{"do_lower_case": true, "model_max_length": 512}', "utf-8")
    config = transformers.MPNetConfig(vocab_size=len(tokens), max_position_embeddings=514, **_SIZES)
    torch.manual_seed(3)
    transformers.MPNetModel(config).save_pretrained(folder)
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    ]
    (folder / "modules.json").write_text(json.dumps(modules), "utf-8")
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode_mean_tokens": true}', "utf-8")
    (folder / "pytorch_model.bin").write_bytes(b"not wanted")
    return _with_unwanted(folder)


def _with_unwanted(folder: Path) -> Path:
    for path, content in UNWANTED.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(content)
    return folder
