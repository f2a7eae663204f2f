"""A trained model on disk: half-precision safetensors in shards under 9 MB, tokenizer, training.json and README.md.

Any folder of these loads with plain `transformers.AutoModel.from_pretrained`. The index of a tower names the shards of
the encoder beside it for the weights that it shares, so that these are stored once.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from mindgap.encoders.locate import INDEX, RECORD
from mindgap.errors import Failure
from mindgap.files import new_folder, sha256_of
from mindgap.pretraining.model_card import model_card

README = "README.md"
SHARD_BYTES = 8_900_000
FORMAT = 1


def round_half(model: torch.nn.Module) -> None:
    """Round every weight to what half precision keeps, so that what is measured is what is written.

    Raises Failure where a weight is no finite number then.
    """
    with torch.no_grad():
        for name, value in model.named_parameters():
            value.copy_(value.half())
            if not torch.isfinite(value).all():
                raise Failure(f"The training gave {name} no finite numbers; nothing was written. Lower learning_rate.")


def write_encoder(folder: Path, model: Any, tokenizer: Any, card: dict[str, Any]) -> None:
    """Write a whole model and its card. Raises FileExistsError where `folder` is there already."""
    weights = _half(model.state_dict())
    shards = _shards(weights)
    placed = {name: _shard_name(i, len(shards)) for i, shard in enumerate(shards, 1) for name in shard}
    _write(folder, model, tokenizer, weights, placed, card)


def write_tower(folder: Path, tower: Any, own: set[str], encoder: Path, tokenizer: Any, card: dict[str, Any]) -> None:
    """Write the weights named in `own`; the others are those of `encoder`, a folder that `write_encoder` wrote.

    Raises Failure where that folder has no index, FileExistsError where `folder` is there already.
    """
    if not (encoder / INDEX).is_file():
        raise Failure(f"{encoder} has no {INDEX}: make it with `python -m mindgap pretrain encoder`.")
    weights = {name: value for name, value in _half(tower.state_dict()).items() if name in own}
    shards = _shards(weights)
    beside = Path(os.path.relpath(encoder.resolve(), folder.resolve())).as_posix()
    there: dict[str, str] = json.loads((encoder / INDEX).read_text("utf-8"))["weight_map"]
    placed = {name: f"{beside}/{file}" for name, file in there.items()}
    placed |= {name: _shard_name(i, len(shards)) for i, shard in enumerate(shards, 1) for name in shard}
    used = sorted({there[name] for name in there if name not in own})
    shared = {f"{beside}/{file}": sha256_of(encoder / file) for file in used}
    _write(folder, tower, tokenizer, weights, placed, card | {"shared_files": shared})


def _half(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: value.detach().cpu().half().contiguous() for name, value in state.items()}


def _shards(weights: dict[str, torch.Tensor]) -> list[list[str]]:
    """Names of the weights of each shard, in order; a tensor larger than a shard stands alone."""
    shards: list[list[str]] = [[]]
    filled = 0
    for name, value in weights.items():
        if shards[-1] and filled + value.nbytes > SHARD_BYTES:
            shards.append([])
            filled = 0
        shards[-1].append(name)
        filled += value.nbytes
    return shards


def _shard_name(number: int, of: int) -> str:
    return f"model-{number:05}-of-{of:05}.safetensors"


def _write(
    folder: Path,
    model: Any,
    tokenizer: Any,
    weights: dict[str, torch.Tensor],
    placed: dict[str, str],
    card: dict[str, Any],
) -> None:
    with new_folder(folder) as made:
        for file in sorted({placed[name] for name in weights}):
            part = {name: value for name, value in weights.items() if placed[name] == file}
            save_file(part, made / file, metadata={"format": "pt"})
        size = sum(value.nbytes for value in weights.values())
        _write_json(made / INDEX, {"metadata": {"total_size": size}, "weight_map": placed})
        model.config.architectures = [type(model).__name__]
        model.config.dtype = torch.float16
        model.config.save_pretrained(made)
        tokenizer.save_pretrained(made)
        files = {path.name: sha256_of(path) for path in sorted(made.iterdir())}
        card = {"format": FORMAT, "shared_files": {}} | card | {"files": files}
        _write_json(made / RECORD, card)
        (made / README).write_text(model_card(card), "utf-8")


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", "utf-8")
