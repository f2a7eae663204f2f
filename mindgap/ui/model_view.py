"""What About says of each model, and the links by which Compare leads there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from mindgap import paths
from mindgap.encoders.locate import RECORD, locate
from mindgap.encoders.spec import Folder, Hub, ModelSpec, Package
from mindgap.errors import Unavailable
from mindgap.presets import PRESETS
from mindgap.retrievers import RETRIEVERS
from mindgap.tasks import TASKS
from mindgap.ui.loss_chart import loss_chart

BM25 = "bm25"
_DAMAGED = (OSError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""What reading a record can raise that is not JSON, or not what a training writes."""


def entry_link(preset: str, retriever: str) -> str:
    """The address of About at the model behind a column. Raises CallerError for an unknown preset or retriever."""
    role = RETRIEVERS.get(retriever).role
    return _link(BM25 if role is None else _groups()[PRESETS.get(preset).models[role].label][0].name)


def _link(name: str) -> str:
    return "?" + urlencode({"tab": "about", "model": name})


def model_entries() -> list[dict[str, Any]]:
    """What the template says of each model: BM25, then those of the presets in their order."""
    return [_bm25(), *(_entry(group) for group in _groups().values())]


def _groups() -> dict[str, list[ModelSpec]]:
    """Label -> the models that make one entry: the two towers of a dual encoder share theirs."""
    found: dict[str, list[ModelSpec]] = {}
    for preset in PRESETS:
        for spec in preset.models.values():
            group = found.setdefault(spec.label, [])
            if spec not in group:
                group.append(spec)
    return found


def _bm25() -> dict[str, Any]:
    return {
        "name": BM25,
        "label": "Okapi BM25",
        "presets": PRESETS.names(),
        "licence": "Apache-2.0",
        "about": "rank-bm25's BM25Okapi with its defaults, over words as written: white space splits, case stays; "
        "nothing is trained",
        "sources": [("rank-bm25", "https://github.com/dorianbrown/rank_bm25")],
        "missing": "",
        "stands_in": None,
        "training": None,
    }


def _entry(group: list[ModelSpec]) -> dict[str, Any]:
    return {
        "name": group[0].name,
        "label": group[0].label,
        "presets": [preset.name for preset in PRESETS if group[0] in preset.models.values()],
        "licence": group[0].licence,
        "about": group[0].about,
        "sources": [_source(spec) for spec in group],
        "missing": next((reason for spec in group if (reason := _missing(spec))), ""),
        "stands_in": _published(group[0]),
        "training": next((found for spec in group if (found := _training(spec))), None),
    }


def _source(spec: ModelSpec) -> tuple[str, str]:
    """Where a model comes from, and the address of its page ("" for a package or a folder of this project)."""
    if isinstance(spec.source, Hub):
        return spec.source.repository, f"https://huggingface.co/{spec.source.repository}"
    if isinstance(spec.source, Package):
        return spec.source.distribution, ""
    return f"checkpoints/{spec.source.path}", ""


def _missing(spec: ModelSpec) -> str:
    try:
        locate(spec)
    except Unavailable as error:
        return str(error)
    return ""


def _published(spec: ModelSpec) -> dict[str, str] | None:
    """The published model in whose role a model of this project stands; None for any other."""
    if not isinstance(spec.source, Folder):
        return None
    roles = {role for preset in PRESETS for role, model in preset.models.items() if model == spec}
    others = [model for preset in PRESETS for role, model in preset.models.items() if role in roles]
    other = next((model for model in others if isinstance(model.source, Hub)), None)
    if other is None:
        return None
    name = _groups()[other.label][0].name
    return {"name": name, "link": _link(name), "label": other.label}


def _training(spec: ModelSpec) -> dict[str, Any] | None:
    if not isinstance(spec.source, Folder):
        return None
    return read_training(paths.checkpoints() / spec.source.path)


def read_training(folder: Path) -> dict[str, Any] | None:
    """What a training wrote beside its model, ready for the template; None where it is missing or damaged.

    Returns {"about", "made": [(what, value)], "measured", "metrics": [(task, share, queries, documents)],
    "limits": [...], "commands": [...], "chart"}, with every number written out; `chart` is that of `loss_chart`.
    """
    try:
        record = json.loads((folder / RECORD).read_text("utf-8"))
        found = {
            "about": str(record["about"]),
            "made": [(str(what), str(value)) for what, value in record["made"].items()],
            "measured": str(record["measured"]),
            "metrics": [_metric(task, row) for task, row in record["metrics"].items()],
            "limits": [line.removeprefix("- ") for line in _lines(record["limits"])],
            "commands": _lines(record["commands"]),
            "chart": loss_chart(record["curve"]),
        }
        # JSON can name half a character, which no page can be sent with
        json.dumps(found, ensure_ascii=False).encode("utf-8")
    except _DAMAGED:
        return None
    return found


def _metric(task: str, row: dict[str, Any]) -> tuple[str, str, str, str]:
    share = float(row["accuracy"])
    if not 0 <= share <= 1:
        raise ValueError(f"{share} is no share")
    title = TASKS.get(task).title if task in TASKS else task
    return title, f"{100 * share:.1f} %", f"{int(row['queries']):,}", f"{int(row['documents']):,}"


def _lines(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise TypeError(f"{type(value).__name__} is no list of lines")
    return [str(line) for line in value]
