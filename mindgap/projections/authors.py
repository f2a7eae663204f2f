"""The checkpoint of the paper's authors: one state dict with two encoders and the projection, taken apart and checked.

Source: the public scripts and repository of the authors (arXiv 2410.23437): `c_code_encoder.*` and
`pseudocode_encoder.*` are RoBERTa encoders, `projection.0/2/4` the linear layers of the MLP.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mindgap.errors import CallerError
from mindgap.projections.checkpoint import CARD
from mindgap.text import printable

if TYPE_CHECKING:
    import torch

State = dict[str, "torch.Tensor"]
"""Parameter name -> tensor."""

FILES = ("pytorch_model.bin", "model.safetensors", "pytorch_model.pt")
ENCODER, OTHER_ENCODER, PROJECTION = "c_code_encoder.", "pseudocode_encoder.", "projection."
_LAYERS = ("0", "2", "4")
_WORDS, _POSITIONS = "embeddings.word_embeddings.weight", "embeddings.position_embeddings.weight"
_KINDS, _INNER = "embeddings.token_type_embeddings.weight", "encoder.layer.0.intermediate.dense.weight"
_OBJECT = re.compile(
    r"Unsupported (global|class)|Trying to (load|call|instantiate)|Can only (create|build)", re.IGNORECASE
)
"""How torch says that it met something else than tensors."""

_HEAD_WIDTH = 64
"""Of RoBERTa-base; the number of attention heads cannot be read off the weights."""


@dataclass(frozen=True)
class AuthorsModel:
    """What the authors' checkpoint holds.

    Attributes:
        encoder: weights of `c_code_encoder`, which their evaluation encodes both sides with; names as in RoBERTa.
        config: arguments of a RoBERTa configuration that these weights fit.
        projection: weights of the MLP, as `mindgap.projections.n_pairs` names them.
    """

    encoder: State
    config: dict[str, Any]
    projection: State


def authors_file(path: Path) -> Path | None:
    """The weights file where `path` is one, or a folder with one that is no checkpoint of this project; else None."""
    if path.is_file():
        return path if path.suffix in (".bin", ".pt", ".pth", ".safetensors") else None
    if not path.is_dir() or (path / CARD).is_file():
        return None
    return next((path / name for name in FILES if (path / name).is_file()), None)


def read_authors(file: Path) -> AuthorsModel:
    """Read and check the authors' weights; a pickle with anything but tensors in it is refused, never run.

    Raises CallerError with the reason: no state dict, keys that are missing, shapes that do not fit.
    """
    state = _state(file)
    if not any(name.startswith((ENCODER, PROJECTION)) for name in state):
        shown = printable(", ".join(list(state)[:3]) or "nothing", 120)
        raise CallerError(
            f"{file} is not a checkpoint of the paper's authors: it has no keys {ENCODER}* and {PROJECTION}*, "
            f"but {shown}. Name a checkpoint of theirs, or one that `train` has written."
        )
    encoder = {name.removeprefix(ENCODER): value for name, value in state.items() if name.startswith(ENCODER)}
    # a buffer of older versions of transformers, not a weight
    encoder = {name: value for name, value in encoder.items() if not name.endswith(".position_ids")}
    projection = _projection(state, file)
    config = _encoder_config(encoder, file)
    width = config["hidden_size"]
    ends = projection["0.weight"].shape[1], projection["4.weight"].shape[0]
    if ends != (width, width):
        raise CallerError(
            f"The projection in {file} maps {ends[0]} numbers to {ends[1]}, its encoder gives {width}: they must agree."
        )
    return AuthorsModel(encoder, config, projection)


def _state(file: Path) -> State:
    import torch

    try:
        found = _load(file)
    except OSError as error:
        raise CallerError(f"{file} cannot be read: {error.strerror or error}.") from error
    except Exception as error:  # what torch raises for a file that is no checkpoint is not a closed list
        if _OBJECT.search(str(error)):
            raise CallerError(
                f"{file} holds pickled objects beside tensors, which could run code and are not loaded. "
                "Save its state_dict alone."
            ) from error
        raise CallerError(f"{file} is not a file of weights ({type(error).__name__}). Fetch it again.") from error
    found = found.get("state_dict", found) if isinstance(found, Mapping) else found
    if not isinstance(found, Mapping) or not all(isinstance(value, torch.Tensor) for value in found.values()):
        raise CallerError(f"{file} is not a state dict, names and tensors: it holds {type(found).__name__}.")
    return {str(name).removeprefix("module."): value for name, value in found.items()}


def _load(file: Path) -> Any:
    import torch

    if file.suffix == ".safetensors":
        from safetensors.torch import load_file

        return load_file(file)
    # mapped, so that a gigabyte of which half is used is not read whole; only zip files can be
    return torch.load(file, map_location="cpu", weights_only=True, mmap=_is_zip(file))


def _is_zip(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(2) == b"PK"


def _projection(state: State, file: Path) -> State:
    names = [f"{layer}.{part}" for layer in _LAYERS for part in ("weight", "bias")]
    missing = [PROJECTION + name for name in names if PROJECTION + name not in state]
    if missing:
        raise CallerError(f"{file} lacks {', '.join(missing)} of the authors' projection. Fetch it again.")
    found = {name: state[PROJECTION + name] for name in names}
    weights = [found[f"{layer}.weight"] for layer in _LAYERS]
    biases = [found[f"{layer}.bias"] for layer in _LAYERS]
    chained = all(weight.ndim == 2 for weight in weights) and all(
        before.shape[0] == after.shape[1] for before, after in pairwise(weights)
    )
    # the hidden layers of the paper are equally wide
    equal = chained and weights[0].shape[0] == weights[1].shape[0]
    if not equal or any(b.shape != w.shape[:1] for w, b in zip(weights, biases, strict=True)):
        shapes = ", ".join("x".join(map(str, weight.shape)) for weight in weights)
        raise CallerError(f"The layers of the projection in {file} do not follow on one another ({shapes}).")
    return found


def _encoder_config(encoder: State, file: Path) -> dict[str, Any]:
    missing = [ENCODER + name for name in (_WORDS, _POSITIONS, _KINDS, _INNER) if name not in encoder]
    if missing:
        raise CallerError(f"{file} lacks {missing[0]}: {ENCODER}* is no RoBERTa encoder. Fetch it again.")
    if any(encoder[name].ndim != 2 for name in (_WORDS, _POSITIONS, _KINDS, _INNER)):
        raise CallerError(f"The embeddings of {ENCODER}* in {file} are no matrices. Fetch it again.")
    layers = {name.split(".")[2] for name in encoder if name.startswith("encoder.layer.")}
    vocabulary, width = encoder[_WORDS].shape
    return {
        "vocab_size": vocabulary,
        "hidden_size": width,
        "num_hidden_layers": len(layers),
        "num_attention_heads": _heads(file, width),
        "intermediate_size": encoder[_INNER].shape[0],
        "max_position_embeddings": encoder[_POSITIONS].shape[0],
        "type_vocab_size": encoder[_KINDS].shape[0],
        "layer_norm_eps": 1e-5,
        "pad_token_id": 1,
        "bos_token_id": 0,
        "eos_token_id": 2,
    }


def _heads(file: Path, width: int) -> int:
    """Attention heads: as the config.json beside the weights says, else as wide as RoBERTa-base's."""
    try:
        said = json.loads((file.parent / "config.json").read_text("utf-8")).get("num_attention_heads")
    except (OSError, ValueError, AttributeError):
        said = None
    heads = said if isinstance(said, int) and said > 0 else max(1, width // _HEAD_WIDTH)
    if width % heads:
        raise CallerError(f"An encoder of width {width} cannot have {heads} attention heads ({file}).")
    return heads
