"""What a pre-trained model finds on the validation splits, before any projection: figures for its card."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from mindgap.encoders.spec import Pooling
from mindgap.encoders.transformer import pool
from mindgap.indexes import FlatIndex, normalise
from mindgap.pretraining.questions import LABELS, Asked
from mindgap.pretraining.tokens import LONGEST
from mindgap.tasks import TASKS
from mindgap.tasks.base import training_rows
from mindgap.types import Vectors

_BATCH = 32


def embed(model: Any, tokenizer: Any, texts: Sequence[str], pooling: Pooling) -> Vectors:
    """Embeddings of `texts` by a model that is still in memory, float32 (n, d)."""
    model.eval()
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    rows: list[Vectors] = []
    for start in range(0, len(order), _BATCH):
        part = [texts[i] for i in order[start : start + _BATCH]]
        batch = tokenizer(part, padding=True, truncation=True, max_length=LONGEST, return_tensors="pt")
        inputs = {name: batch[name].to(model.device) for name in ("input_ids", "attention_mask")}
        with torch.inference_mode():
            rows.append(pool(model(**inputs), inputs["attention_mask"], pooling).float().cpu().numpy())
    return np.concatenate(rows)[np.argsort(order)]


def raw_accuracy(model: Any, tokenizer: Any) -> dict[str, dict[str, float]]:
    """Task -> accuracy (top 1, cosine) on its validation split, and the number of queries and documents."""
    found = {}
    for task in TASKS:
        queries, answers = training_rows(task.pairs("validation"), ("query",))
        documents = list(dict.fromkeys(answers))
        gold = [documents.index(answer) for answer in answers]
        index = FlatIndex(normalise(embed(model, tokenizer, documents, Pooling.MEAN)))
        _, places = index.search(normalise(embed(model, tokenizer, queries, Pooling.MEAN)), 1)
        found[task.name] = _row(places[:, 0] == np.array(gold), len(documents))
    return found


def question_accuracy(
    question: Any, context: Any, tokenizer: Any, parts: Sequence[Asked]
) -> dict[str, dict[str, float]]:
    """What asks what -> share of questions whose own English passage is first by dot product, and their number."""
    found = {}
    for part in parts:
        index = FlatIndex(embed(context, tokenizer, part.passages, Pooling.CLS))
        _, places = index.search(embed(question, tokenizer, part.questions, Pooling.CLS), 1)
        found[LABELS.get(part.task, part.task)] = _row(places[:, 0] == np.array(part.gold), len(part.passages))
    return found


def _row(hits: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], documents: int) -> dict[str, float]:
    return {"accuracy": round(float(hits.mean()), 4), "queries": len(hits), "documents": documents}
