"""Settings of a pre-training, read from a TOML file."""

from __future__ import annotations

import dataclasses
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from mindgap.errors import CallerError
from mindgap.registry import suggestion

CONFIGS = Path(__file__).parent / "configs"
STARTS = ("scratch", "minilm")


@dataclass(frozen=True)
class EncoderConfig:
    """Settings of the masked-language-model encoder.

    Attributes:
        name: of the model, as `--encoder` takes it.
        start: "scratch" (random weights, byte-level BPE trained on the text) or "minilm" (the lower layers of
            all-MiniLM-L6-v2, its word pieces cut to the `vocabulary` that the text uses most).
        layers, width, heads: of the transformer; width and heads are MiniLM's where it starts from there.
        vocabulary: number of tokens. vocabulary x width x 2 bytes is the largest tensor, which no shard can split.
        steps: optimiser steps.
        batch_tokens: tokens in a batch, padding included.
        learning_rate: the highest, after `warmup` (a share of the steps), from where it falls linearly to zero. Where
            the head learns alone first, the rise begins after that.
        head_learning_rate: that of the head that guesses, which is new whatever the start.
        head_steps: steps at the beginning that train this head alone: gradients of a random head would destroy what
            copied layers know (Kumar et al., 2022).
        mask: share of the tokens to be guessed (Devlin et al., 2019).
        generated: generated texts beside those of the training splits, by kind (see `mindgap.pretraining.text`).
    """

    name: str = "compact"
    start: str = "scratch"
    layers: int = 4
    width: int = 256
    heads: int = 8
    vocabulary: int = 16_000
    steps: int = 2_000
    batch_tokens: int = 4_096
    learning_rate: float = 5e-4
    head_learning_rate: float = 5e-4
    head_steps: int = 0
    warmup: float = 0.06
    weight_decay: float = 0.01
    dropout: float = 0.1
    mask: float = 0.15
    generated: dict[str, int] = field(default_factory=dict)

    def check(self) -> None:
        """Raise CallerError for settings that cannot be."""
        if self.start not in STARTS:
            raise CallerError(f"start must be one of {', '.join(STARTS)}, not {self.start!r}.")
        _positive(
            self,
            "layers",
            "width",
            "heads",
            "vocabulary",
            "steps",
            "batch_tokens",
            "learning_rate",
            "head_learning_rate",
        )
        _shares(self, "warmup", "weight_decay", "dropout", "mask")
        if not 0 <= self.head_steps <= self.steps:
            raise CallerError(f"head_steps must be from 0 to steps ({self.steps}), not {self.head_steps}.")
        if self.width % self.heads:
            raise CallerError(f"width must be a multiple of heads, not {self.width} with {self.heads} heads.")


@dataclass(frozen=True)
class DprConfig:
    """Settings of the two towers.

    Attributes:
        name: of the models; "-question" and "-context" are added.
        trained_layers: the upper layers that each tower has for itself; embeddings and lower layers are the compact
            encoder's, shared and left as they are.
        epochs: passes over the pairs of question and passage.
        batch_size: pairs in a batch; the other passages are the in-batch negatives.
        hard_negatives: the negative of a pair is drawn from that many of BM25's best wrong passages.
    """

    name: str = "compact-dpr"
    trained_layers: int = 2
    epochs: int = 10
    batch_size: int = 64
    learning_rate: float = 1e-4
    warmup: float = 0.1
    weight_decay: float = 0.01
    hard_negatives: int = 5

    def check(self) -> None:
        """Raise CallerError for settings that cannot be."""
        _positive(self, "trained_layers", "epochs", "batch_size", "learning_rate", "hard_negatives")
        _shares(self, "warmup", "weight_decay")


Config = TypeVar("Config", EncoderConfig, DprConfig)


def read_config(kind: type[Config], path: Path, **changed: Any) -> Config:
    """The settings of a file, with those of `changed` that are not None in place of the file's.

    Raises CallerError with one sentence for a file that cannot be read, an unknown name or a value that cannot be.
    """
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CallerError(f"The settings in {path} cannot be read ({error}).") from error
    values |= {name: value for name, value in changed.items() if value is not None}
    known = {f.name: f for f in dataclasses.fields(kind)}
    defaults = kind()
    for name, value in values.items():
        if name not in known:
            raise CallerError(f"{path} sets {name!r}, which is no setting.{suggestion(name, list(known))}")
        _same_type(path, name, value, getattr(defaults, name))
    config = kind(**values)
    config.check()
    return config


def _same_type(path: Path, name: str, value: Any, default: Any) -> None:
    wanted = (int, float) if isinstance(default, float) else (type(default),)
    if not isinstance(value, wanted) or isinstance(value, bool):
        raise CallerError(f"{name} in {path} must be {_IN_WORDS[type(default)]}, not {value!r}.")


_IN_WORDS = {int: "a whole number", float: "a number", str: "a text in quotes", dict: "a table"}


def _positive(config: Any, *names: str) -> None:
    for name in names:
        if not 0 < getattr(config, name) < float("inf"):
            raise CallerError(f"{name} must be above 0, not {getattr(config, name)}.")


def _shares(config: Any, *names: str) -> None:
    for name in names:
        if not 0 <= getattr(config, name) < 1:
            raise CallerError(f"{name} must be at least 0 and below 1, not {getattr(config, name)}.")
