"""Two towers for dense passage retrieval (Karpukhin et al., 2020), begun from the compact encoder."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer

from mindgap.encoders.base import Progress
from mindgap.encoders.locate import files_fingerprint
from mindgap.errors import CallerError
from mindgap.pretraining.config import DprConfig
from mindgap.pretraining.descent import Descent, Part, adamw
from mindgap.pretraining.questions import Asked
from mindgap.pretraining.state import Curve
from mindgap.pretraining.tokens import LONGEST
from mindgap.types import fingerprint_texts

LOOKS = 20


@dataclass(frozen=True)
class TrainedTowers:
    """The two towers, the tokenizer, and how they came about."""

    towers: Towers
    tokenizer: Any
    curve: Curve


class Towers(torch.nn.Module):
    """A tower for questions and one for passages; their embeddings and lower layers are the same fixed ones."""

    def __init__(self, encoder: Any, trained_layers: int) -> None:
        super().__init__()
        layers = len(encoder.transformer.layer)
        if trained_layers > layers:
            raise CallerError(f"trained_layers must be at most {layers}, the encoder's layers, not {trained_layers}.")
        shared = layers - trained_layers
        encoder.requires_grad_(False)
        encoder.transformer.layer[shared:].requires_grad_(True)
        self.question, self.context = encoder, copy.deepcopy(encoder)
        self.context.embeddings = encoder.embeddings
        for number in range(shared):
            self.context.transformer.layer[number] = encoder.transformer.layer[number]
        self._shared = shared

    def lower(self, input_ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """States (n, tokens, d) below the trained layers, the same for both towers, without dropout."""
        training = self.training
        self.eval()
        with torch.no_grad():
            states = self._through(self.question, slice(0, self._shared), self.question.embeddings(input_ids), mask)
        self.train(training)
        return states

    def upper(self, side: str, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """[CLS] vectors (n, d) of the tower "question" or "context", from what `lower` gives."""
        return self._through(getattr(self, side), slice(self._shared, None), states, mask)[:, 0]

    def _through(self, tower: Any, which: slice, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        # what is added to the attention scores: nothing where a token is real, minus infinity in effect elsewhere
        added = (1.0 - mask[:, None, None, :].to(states.dtype)) * torch.finfo(states.dtype).min
        for layer in tower.transformer.layer[which]:
            states = layer(states, added)
        return states

    def trained_names(self) -> set[str]:
        """Names of the weights that a tower has for itself, as in its state."""
        return {name for name, weight in self.question.named_parameters() if weight.requires_grad}


def train_towers(
    config: DprConfig,
    encoder: Path,
    train: Sequence[Asked],
    held_out: Sequence[Asked],
    seed: int,
    work: Path | None = None,
    progress: Progress | None = None,
    seen: Callable[[Curve], None] | None = None,
    device: str = "cpu",
) -> TrainedTowers:
    """Train the towers; `encoder` is the folder of the compact encoder.

    The loss is the negative log likelihood of the true passage among all passages of the batch and one hard negative
    for each question, scores being dot products of [CLS] vectors. A batch holds pairs of one task.
    """
    torch.manual_seed(seed)
    tokenizer = AutoTokenizer.from_pretrained(str(encoder), local_files_only=True, trust_remote_code=False)
    towers = Towers(
        AutoModel.from_pretrained(str(encoder), dtype=torch.float32, local_files_only=True, trust_remote_code=False),
        config.trained_layers,
    )
    towers.to(device)
    course = _Course(towers, tokenizer, train, config, seed, device)
    fixed = _Course(towers, tokenizer, held_out, config, seed, device)
    steps = config.epochs * course.batches_an_epoch
    descent = Descent(
        towers,
        adamw([Part(towers.parameters(), config.learning_rate)], config.weight_decay),
        steps,
        config.warmup,
        course.loss,
        fixed.mean_loss,
        max(1, steps // LOOKS),
        work,
        _key(config, encoder, train, seed),
    )
    curve = descent.run(seed, progress, seen)
    return TrainedTowers(towers, tokenizer, curve)


def _key(config: DprConfig, encoder: Path, train: Sequence[Asked], seed: int) -> str:
    texts = [text for part in train for text in (*part.questions, *part.passages)]
    parts = (
        json.dumps(asdict(config), sort_keys=True),
        files_fingerprint(encoder),
        fingerprint_texts(texts),
        str(seed),
    )
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


class _Course:
    """The batches of a training; batch i follows from the seed and i alone."""

    def __init__(
        self, towers: Towers, tokenizer: Any, parts: Sequence[Asked], config: DprConfig, seed: int, device: str
    ) -> None:
        self._towers, self._tokenizer, self._parts = towers, tokenizer, parts
        self._config, self._seed, self._device = config, seed, device
        self._states: dict[str, torch.Tensor] = {}
        self.batches_an_epoch = len(self._plan(0))

    def _plan(self, epoch: int) -> list[tuple[Asked, list[int]]]:
        generator = np.random.default_rng([self._seed, epoch, 2])
        size = self._config.batch_size
        batches = []
        for part in self._parts:
            order = [int(i) for i in generator.permutation(len(part.questions))]
            batches += [(part, order[start : start + size]) for start in range(0, len(order), size)]
        return [batches[i] for i in generator.permutation(len(batches))]

    def loss(self, step: int) -> torch.Tensor:
        part, rows = self._plan(step // self.batches_an_epoch)[step % self.batches_an_epoch]
        return self._batch_loss(part, rows, np.random.default_rng([self._seed, step, 1]))

    def mean_loss(self) -> float:
        """Mean loss of a question over everything, always with the same batches and negatives."""
        losses = [(self.loss(step).item(), len(rows)) for step, (_, rows) in enumerate(self._plan(0))]
        return sum(loss * n for loss, n in losses) / sum(n for _, n in losses)

    def _batch_loss(self, part: Asked, rows: list[int], generator: np.random.Generator) -> torch.Tensor:
        gold = [part.gold[i] for i in rows]
        wrong = [part.wrong[i][int(generator.integers(len(part.wrong[i])))] for i in rows]
        # each passage once: a passage that is wrong for one question and right for another is encoded a single time
        places = list(dict.fromkeys([*gold, *wrong]))
        questions = self._encode("question", [part.questions[i] for i in rows])
        passages = self._encode("context", [part.passages[i] for i in places])
        column = {place: i for i, place in enumerate(places)}
        targets = torch.tensor([column[place] for place in gold], device=self._device)
        return torch.nn.functional.cross_entropy(questions @ passages.T, targets)

    def _encode(self, side: str, texts: list[str]) -> torch.Tensor:
        self._keep_lower([text for text in texts if text not in self._states])
        rows = [self._states[text] for text in texts]
        states = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True).to(self._device)
        lengths = torch.tensor([len(row) for row in rows], device=self._device)
        mask = torch.arange(states.shape[1], device=self._device)[None, :] < lengths[:, None]
        return self._towers.upper(side, states, mask)

    def _keep_lower(self, texts: list[str]) -> None:
        """The lower layers never change: what they make of a text is computed once."""
        if not texts:
            return
        batch = self._tokenizer(texts, padding=True, truncation=True, max_length=LONGEST, return_tensors="pt")
        ids, mask = (batch[name].to(self._device) for name in ("input_ids", "attention_mask"))
        for text, states, length in zip(texts, self._towers.lower(ids, mask).cpu(), mask.sum(1).tolist(), strict=True):
            self._states[text] = states[:length].clone()
