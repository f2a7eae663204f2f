"""Masked language modelling (Devlin et al., 2019) of the compact encoder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from transformers import DistilBertForMaskedLM, PreTrainedTokenizerFast

from mindgap.encoders.base import Progress
from mindgap.errors import CallerError
from mindgap.pretraining.config import EncoderConfig
from mindgap.pretraining.descent import Descent, Part, adamw
from mindgap.pretraining.masking import Masked, mask_batch, plan_batches
from mindgap.pretraining.start import start
from mindgap.pretraining.state import Curve
from mindgap.pretraining.tokens import encode_all
from mindgap.types import fingerprint_texts

LOOKS = 40
_HELD_OUT_SEED = 7


@dataclass(frozen=True)
class Pretrained:
    """What a pre-training made: the model with its head, the tokenizer, and how it came about."""

    model: DistilBertForMaskedLM
    tokenizer: PreTrainedTokenizerFast
    curve: Curve
    tokens: int


def pretrain(
    config: EncoderConfig,
    texts: Sequence[str],
    held_out: Sequence[str],
    seed: int,
    work: Path | None = None,
    progress: Progress | None = None,
    seen: Callable[[Curve], None] | None = None,
    device: str = "cpu",
) -> Pretrained:
    """Train the encoder on `texts`; the loss on `held_out` is only looked at.

    Raises CallerError where there is no text, or `work` holds another training.
    """
    if not texts or not held_out:
        raise CallerError("Pre-training needs text to train on and some to measure the loss on; none was given.")
    torch.manual_seed(seed)
    model, tokenizer = start(config, texts)
    model.to(device)
    rows, kept_back = _rows(tokenizer, texts), _rows(tokenizer, held_out)
    course = _Course(config, tokenizer, rows, seed)
    fixed = _held_out_batches(config, tokenizer, kept_back)
    descent = Descent(
        model,
        _optimiser(model, config),
        config.steps,
        config.warmup,
        lambda step: guess_loss(model, course.batch(step), body=step >= config.head_steps),
        lambda: _mean_loss(model, fixed),
        max(1, config.steps // LOOKS),
        work,
        _key(config, texts, seed),
    )
    return Pretrained(model, tokenizer, descent.run(seed, progress, seen), sum(map(len, rows)))


def _rows(tokenizer: PreTrainedTokenizerFast, texts: Sequence[str]) -> list[list[int]]:
    """Token numbers of the texts that have at least one token to guess."""
    special = set(tokenizer.all_special_ids)
    rows = [row for row in encode_all(tokenizer, texts) if not special.issuperset(row)]
    if not rows:
        raise CallerError("The text for pre-training has no token that the vocabulary knows: make vocabulary larger.")
    return rows


def _key(config: EncoderConfig, texts: Sequence[str], seed: int) -> str:
    parts = (json.dumps(asdict(config), sort_keys=True), fingerprint_texts(texts), str(seed))
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


class _Course:
    """The batches of a training; batch i follows from the seed and i alone."""

    def __init__(
        self, config: EncoderConfig, tokenizer: PreTrainedTokenizerFast, rows: list[list[int]], seed: int
    ) -> None:
        self._config, self._tokenizer, self._rows, self._seed = config, tokenizer, rows, seed
        self._lengths = [len(row) for row in rows]
        self._first, self._epoch = 0, -1
        self._plan: list[list[int]] = []

    def batch(self, step: int) -> Masked:
        while step >= self._first + len(self._plan):
            self._first += len(self._plan)
            self._epoch += 1
            generator = np.random.default_rng([self._seed, self._epoch, 2])
            self._plan = plan_batches(self._lengths, self._config.batch_tokens, generator)
        places = self._plan[step - self._first]
        generator = np.random.default_rng([self._seed, step, 1])
        return _masked(self._config, self._tokenizer, [self._rows[i] for i in places], generator)


def _masked(
    config: EncoderConfig, tokenizer: PreTrainedTokenizerFast, rows: list[list[int]], generator: np.random.Generator
) -> Masked:
    pad, mask = tokenizer.pad_token_id, tokenizer.mask_token_id
    return mask_batch(rows, config.mask, len(tokenizer), tokenizer.all_special_ids, pad, mask, generator)


def _held_out_batches(config: EncoderConfig, tokenizer: PreTrainedTokenizerFast, rows: list[list[int]]) -> list[Masked]:
    """The held-out texts with the same tokens hidden at every look."""
    generator = np.random.default_rng(_HELD_OUT_SEED)
    plan = plan_batches([len(row) for row in rows], config.batch_tokens, generator)
    return [_masked(config, tokenizer, [rows[i] for i in places], generator) for places in plan]


def _optimiser(model: DistilBertForMaskedLM, config: EncoderConfig) -> torch.optim.AdamW:
    # the projector's matrix is the table of word vectors, and so belongs to the body
    head = [*model.vocab_transform.parameters(), *model.vocab_layer_norm.parameters(), model.vocab_projector.bias]
    body = Part(model.distilbert.parameters(), config.learning_rate, first=config.head_steps)
    return adamw([body, Part(head, config.head_learning_rate)], config.weight_decay)


def guess_loss(model: DistilBertForMaskedLM, batch: Masked, body: bool = True) -> torch.Tensor:
    """Mean cross-entropy of the guessed tokens, in nats. Without `body` only the head has gradients."""
    # only their places go through the head: over a whole vocabulary it is dear
    device = model.device
    with torch.set_grad_enabled(body and torch.is_grad_enabled()):
        states = model.distilbert(
            input_ids=torch.from_numpy(batch.inputs).to(device),
            attention_mask=torch.from_numpy(batch.attention).to(device),
        ).last_hidden_state
    guessed = states[torch.from_numpy(batch.guessed).to(device)]
    hidden = model.vocab_layer_norm(model.activation(model.vocab_transform(guessed)))
    table = model.vocab_projector.weight
    logits = torch.nn.functional.linear(hidden, table if body else table.detach(), model.vocab_projector.bias)
    return torch.nn.functional.cross_entropy(logits, torch.from_numpy(batch.targets).to(device))


def _mean_loss(model: DistilBertForMaskedLM, batches: Sequence[Masked]) -> float:
    total = sum(guess_loss(model, batch).item() * len(batch.targets) for batch in batches)
    return total / sum(len(batch.targets) for batch in batches)
