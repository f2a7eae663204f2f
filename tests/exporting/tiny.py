"""Tiny random encoders, checkpoints on them, and what sentence-transformers alone makes of an exported folder."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch
import transformers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from mindgap.encoders.transformer import load_encoder
from mindgap.models import resolve_model
from mindgap.projections import METHODS
from mindgap.projections.base import Recipe
from mindgap.projections.cca import solve_cca
from mindgap.projections.checkpoint import write_checkpoint
from mindgap.projections.networks import NetworkProjection

DIMENSION, POSITIONS = 16, 24
WORDS = "the cat dog bird le chat chien oiseau sleeps dort runs court on sur sofa for int sum".split()
QUERIES = [
    "The cat sleeps on the sofa", "the dog runs", "  the bird  sleeps\n", "for int sum", "", "unknown words, emoji 🦉",
    "le chat dort", "the cat " * 40,
]  # fmt: skip
DOCUMENTS = ["Le chat dort sur le sofa", "le chien court", "l'oiseau dort", "int sum", "court " * 40 + "chat", "dort"]

ALONE = """
import importlib.util, json, sys
import numpy as np
assert importlib.util.find_spec("mindgap") is None
from sentence_transformers import SentenceTransformer
asked = json.loads(sys.stdin.read())
found = {}
for name, one in asked["models"].items():
    model = SentenceTransformer(one["folder"], device="cpu")
    assert not [m for m in sys.modules if m.startswith("mindgap")]
    found[name + "/queries"] = model.encode_query(one["queries"])
    found[name + "/documents"] = model.encode_document(one["documents"])
    found[name + "/plain"] = model.encode(one["queries"])
    found[name + "/similarity"] = model.similarity(found[name + "/queries"], found[name + "/documents"]).numpy()
    found[name + "/limit"] = model.max_seq_length
    found[name + "/prompts"] = np.array(sorted(model.prompts.items()))
    if one["again"]:
        model.save(one["again"])
np.savez(asked["output"], **found)
"""


def alone(output, models):
    """Asks models (name -> folder, queries, documents) in a process that has sentence-transformers and no mindgap."""
    output.mkdir(parents=True, exist_ok=True)
    asked = {
        name: {"folder": str(f), "queries": q, "documents": d, "again": str(output / "again" / name) if again else ""}
        for name, (f, q, d, again) in models.items()
    }
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    environment.pop("PYTHONPATH", None)
    subprocess.run(
        [sys.executable, "-I", "-c", ALONE],
        input=json.dumps({"models": asked, "output": str(output / "found.npz")}),
        text=True, cwd=output, env=environment, check=True, capture_output=True,
    )  # fmt: skip
    with np.load(output / "found.npz") as file:
        return dict(file)


def tiny_tokenizer():
    vocabulary = {t: i for i, t in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS, "'", ",", "l"])}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    )


def tiny_sizes():
    return {
        "vocab_size": 32, "hidden_size": DIMENSION, "num_hidden_layers": 2, "num_attention_heads": 2,
        "intermediate_size": 32, "max_position_embeddings": POSITIONS, "initializer_range": 0.6,
    }  # fmt: skip


def write_tiny(folder, model):
    model.eval().save_pretrained(folder)
    tiny_tokenizer().save_pretrained(folder)
    return folder


def tiny_projection(name):
    """A projection of that method, DIMENSION to DIMENSION, solved or with random weights; both sides far from centred."""
    method, rng = METHODS.get(name), np.random.default_rng(5)
    queries = (rng.standard_normal((60, DIMENSION)) + 0.7).astype(np.float32)
    turned, _ = np.linalg.qr(rng.standard_normal((DIMENSION, DIMENSION)))
    documents = (queries @ turned - 0.4 + 0.3 * rng.standard_normal(queries.shape)).astype(np.float32)
    if method.solve:
        return method.solve(queries, documents, **method.grid[-1]), {}
    torch.manual_seed(7)
    recipe: Recipe = dataclasses.replace(method.recipe, hidden=40)
    network = method.network(DIMENSION, DIMENSION, recipe)
    if name == "residual":
        torch.nn.init.normal_(network.outer.weight, std=0.4)
        torch.nn.init.normal_(network.outer.bias, std=0.2)
    start = solve_cca(queries, documents, softness=0.3, power=0.5, share=0.75) if method.start else None
    return NetworkProjection(network, start), {"hidden": 40}


def make_checkpoint(folder: Path, encoder_folder: Path, method: str, **card):
    """A checkpoint on the encoder in a folder, as `train --encoder FOLDER` writes it."""
    projection, settings = tiny_projection(method)
    encoder = load_encoder(resolve_model(str(encoder_folder)), "cpu")
    about = {"name": encoder.name, "label": encoder.label, "fingerprint": encoder.fingerprint}
    full = {
        "method": method, "label": METHODS.get(method).label, "task": "english-french", "settings": settings, "seed": 3,
        "encoder": about | {"source": str(encoder_folder)}, "pairs": 60, "data": {"source": "the train split"},
        "metrics": {"validation": {"queries": 9, "documents": 8, "accuracy": 0.75}},
    }  # fmt: skip
    write_checkpoint(folder, projection, full | card)
    return folder
