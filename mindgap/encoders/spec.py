"""What must be known of a model before it is loaded. Plain data; nothing here imports torch."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Pooling(Enum):
    """How the token vectors of a text become one embedding."""

    MEAN = "mean"
    """Mean of the last hidden state over the attention mask."""
    CLS = "cls"
    """The first token's last hidden state."""
    POOLER = "pooler"
    """The model's own pooled output."""


@dataclass(frozen=True)
class Package:
    """Weights inside an installed Python package; its code is not imported."""

    distribution: str
    folder: str
    weights_sha256: str


@dataclass(frozen=True)
class Hub:
    """A repository of the Hugging Face Hub, read from the local cache.

    Attributes:
        repository: "owner/name".
        revision: the commit (40 hexadecimal digits) of a preset's model; a branch for a Hub id that somebody names.
        preset: the preset whose download brings it; "" for a Hub id that somebody names.
    """

    repository: str
    revision: str = "main"
    preset: str = ""

    @property
    def command(self) -> str:
        """The command that brings it."""
        wanted = f"--preset {self.preset}" if self.preset else f"--model {self.repository}"
        return f"python -m mindgap download {wanted}"


@dataclass(frozen=True)
class Folder:
    """A folder of this project's checkpoints, relative to the checkpoint folder, or an absolute path."""

    path: str
    missing_reason: str = ""
    missing_cure: str = ""


@dataclass(frozen=True)
class ModelSpec:
    """A model: what it is called, where it lies, how its output becomes an embedding.

    Attributes:
        name: short name, as in checkpoint folders and `--encoder`.
        label: the real model's name.
        architecture: the transformers class, "AutoModel" unless the model has one of its own (DPR).
        normalise: whether embeddings are scaled to length 1.
        max_length: sequence limit in tokens.
        licence: SPDX name, shown in About.
    """

    name: str
    label: str
    source: Package | Hub | Folder
    pooling: Pooling = Pooling.MEAN
    normalise: bool = False
    max_length: int = 512
    architecture: str = "AutoModel"
    licence: str = ""
    about: str = ""
