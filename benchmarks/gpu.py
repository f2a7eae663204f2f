"""What a GPU brings, on models of the paper's sizes with random weights: nothing is downloaded.

    python -m benchmarks.gpu            RoBERTa-base, MPNet-base and the two BERT-base encoders of DPR
    python -m benchmarks.gpu --quick    narrow models and few texts: whether it runs, not how fast

Printed, with the hardware: queries a second, one at a time and in batches, on the device that MINDGAP_DEVICE chooses
and in the same run on the CPU; how far half precision agrees with full (share of the ten best documents that both find,
and the largest difference of a cosine, beside the spread of the cosines, which random weights make small); and the
seconds of training the paper's projection on 8,000 pairs of random embeddings, beside the paper's 368 on an NVIDIA L40.
The texts are test queries and documents of the tasks, cut into word pieces that are found on the spot.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mindgap.encoders.base import Encoder
from mindgap.encoders.device import choose_device, choose_precision
from mindgap.encoders.spec import Folder, ModelSpec, Pooling
from mindgap.projections.n_pairs import N_PAIRS, PAPER_RECIPE
from mindgap.tasks import TASKS
from mindgap.training.pairs import EmbeddedPairs
from mindgap.training.trainer import train_projection
from mindgap.types import Vectors

PAPER_SECONDS = 368.0
BEST = 10
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
BASE = {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072}
NARROW = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}


@dataclass(frozen=True)
class Amount:
    """How much is done: shape of the models, word pieces, texts on the device and on the CPU, pairs, hidden units."""

    shape: dict[str, int]
    pieces: int
    one_by_one: int
    batched: int
    cpu_one_by_one: int
    cpu_batched: int
    pairs: int
    hidden: int


FULL = Amount(BASE, 8000, 200, 2000, 20, 64, 8000, PAPER_RECIPE.hidden)
QUICK = Amount(NARROW, 500, 5, 40, 5, 40, 200, 64)

MODELS = {
    "codebert (RoBERTa)": ("Roberta", "RobertaModel", 50265, {"type_vocab_size": 1}, Pooling.MEAN),
    "all-mpnet (MPNet)": ("MPNet", "MPNetModel", 30527, {}, Pooling.MEAN),
    "DPR question (BERT)": ("DPR", "DPRQuestionEncoder", 30522, {}, Pooling.POOLER),
    "DPR context (BERT)": ("DPR", "DPRContextEncoder", 30522, {}, Pooling.POOLER),
}


def write_tokenizer(folder: Path, texts: Sequence[str], pieces: int) -> None:
    import transformers
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

    tokenizer = Tokenizer(models.WordPiece(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=pieces, special_tokens=SPECIAL, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        model_input_names=["input_ids", "attention_mask"],
    ).save_pretrained(folder)


def write_model(folder: Path, name: str, shape: dict[str, int]) -> ModelSpec:
    """A model of that kind with seeded random weights, as the encoders load it."""
    import torch
    import transformers

    family, architecture, words, more, pooling = MODELS[name]
    positions = 512 if family == "DPR" else 514
    settings: dict[str, Any] = {"vocab_size": words, "max_position_embeddings": positions, "pad_token_id": 1}
    config = getattr(transformers, f"{family}Config")(**shape | settings | more)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        getattr(transformers, architecture)(config).save_pretrained(folder)
    return ModelSpec(name, name, Folder(str(folder)), pooling, normalise=True, architecture=architecture)


def all_texts() -> tuple[list[str], list[str]]:
    """Queries and documents of the test splits, those of the tasks in turns."""
    pairs = [pair for row in zip(*(task.pairs("test")[:250] for task in TASKS), strict=False) for pair in row]
    more = [pair for task in TASKS for pair in task.pairs("test")[250:]]
    chosen = [*pairs, *more]
    return [pair.query for pair in chosen], [pair.document for pair in chosen]


def seconds(work: Any, *given: Any) -> float:
    started = time.perf_counter()
    work(*given)
    return time.perf_counter() - started


def speed(encoder: Encoder, texts: Sequence[str], one_by_one: int, batched: int) -> tuple[float, float]:
    """Queries a second, one at a time (by the median) and in batches; the first ones are not counted."""
    encoder.encode(texts[:2])
    alone = statistics.median(seconds(encoder.encode, [text]) for text in texts[:one_by_one])
    many = [texts[i % len(texts)] for i in range(batched)]
    return 1 / alone, len(many) / seconds(encoder.encode, many)


def agreement(half: tuple[Vectors, Vectors], full: tuple[Vectors, Vectors]) -> tuple[float, float, float]:
    """(share of the BEST documents of full precision that half finds, largest difference of a cosine, their spread).

    Args:
        half, full: queries (n, d) and documents (m, d) of length 1.
    """
    of_half, of_full = (queries @ documents.T for queries, documents in (half, full))
    best = [np.argsort(-scores, axis=1, kind="stable")[:, :BEST] for scores in (of_half, of_full)]
    shared = [len(set(a) & set(b)) / len(b) for a, b in zip(*best, strict=True)]
    return float(np.mean(shared)), float(np.abs(of_half - of_full).max()), float(of_full.std())


@contextmanager
def full_precision() -> Iterator[None]:
    before = os.environ.get("MINDGAP_PRECISION")
    os.environ["MINDGAP_PRECISION"] = "full"
    try:
        yield
    finally:
        if before is None:
            del os.environ["MINDGAP_PRECISION"]
        else:
            os.environ["MINDGAP_PRECISION"] = before


def measure_model(spec: ModelSpec, device: str, amount: Amount, queries: list[str], documents: list[str]) -> None:
    from mindgap.encoders.transformer import load_encoder

    with full_precision():
        cpu = load_encoder(spec, "cpu")
        base = speed(cpu, queries, amount.cpu_one_by_one, amount.cpu_batched)
    print(f"{spec.name}: CPU {base[0]:.1f} queries/s one at a time, {base[1]:.1f} in batches")
    if device == "cpu":
        return
    encoder, precision = load_encoder(spec, device), choose_precision(device)
    found = speed(encoder, queries, amount.one_by_one, amount.batched)
    print(
        f"  {device}, {precision} precision: {found[0]:.1f} one at a time ({found[0] / base[0]:.1f} times the CPU's), "
        f"{found[1]:.1f} in batches ({found[1] / base[1]:.1f} times), batches of {encoder.batch_size}"
    )
    if precision == "half":
        with full_precision():
            exact = load_encoder(spec, device)
        overlap, apart, spread = agreement(
            (encoder.encode(queries), encoder.encode(documents)), (exact.encode(queries), exact.encode(documents))
        )
        print(
            f"  half against full: {overlap:.4f} of the ten best shared over {len(queries):,} queries and "
            f"{len(documents):,} documents, largest difference of a cosine {apart:.1e} (their spread {spread:.1e})"
        )


def measure_training(amount: Amount, dimension: int) -> float:
    """Seconds of the paper's recipe on pairs of random embeddings."""
    generator = np.random.default_rng(0)
    queries, documents = generator.standard_normal((2, amount.pairs, dimension)).astype(np.float32)
    places = np.arange(amount.pairs)
    pairs = EmbeddedPairs(queries, documents, places, np.ones(amount.pairs, dtype=np.int64))
    recipe = dataclasses.replace(PAPER_RECIPE, hidden=amount.hidden)
    return train_projection(N_PAIRS, pairs, None, recipe).seconds


def quiet() -> None:
    import transformers

    transformers.logging.disable_progress_bar()


def hardware(device: str) -> str:
    import torch

    name = torch.cuda.get_device_name() if device == "cuda" else device
    return (
        f"device {name}; CPU {platform.processor() or platform.machine()}, {os.cpu_count()} cores, "
        f"{torch.get_num_threads()} threads; torch {torch.__version__}, Python {platform.python_version()}"
    )


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu")
    parser.add_argument("--quick", action="store_true", help="narrow models and few texts")
    amount = QUICK if parser.parse_args(arguments).quick else FULL
    device = choose_device()
    print(hardware(device))
    quiet()
    queries, documents = all_texts()
    with tempfile.TemporaryDirectory() as folder:
        for i, name in enumerate(MODELS):
            made = Path(folder) / str(i)
            write_tokenizer(made, [*queries, *documents], amount.pieces)
            spec = write_model(made, name, amount.shape)
            measure_model(spec, device, amount, queries[: amount.batched], documents[: amount.batched])
    spent = measure_training(amount, amount.shape["hidden_size"])
    print(f"the paper's projection, {amount.pairs:,} pairs, {PAPER_RECIPE.epochs} epochs, on {device}: {spent:.1f} s")
    if amount is FULL:
        print(f"  the paper reports {PAPER_SECONDS:.0f} s on an NVIDIA L40: {PAPER_SECONDS / spent:.1f} times as long")


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
