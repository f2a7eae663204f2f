"""About: paper, citation, models and their licences, data, limits."""

from __future__ import annotations

from typing import Any

import gradio as gr

from mindgap import paths
from mindgap.encoders.locate import locate
from mindgap.errors import MindGapError, Unavailable
from mindgap.presets import PRESETS
from mindgap.projections import DEFAULT_METHOD, METHODS
from mindgap.projections.checkpoint import CARD, read_card
from mindgap.tasks import TASKS
from mindgap.ui.tabs.base import Tab
from mindgap.ui.templating import render
from mindgap.workspace import Workspace


def about_html() -> str:
    """The tab's text, with what is measured and counted here."""
    data = [{"task": t.title} | {s: len(t.pairs(s)) for s in ("train", "validation", "test")} for t in TASKS]
    galleries = " and ".join(f"{len(task.gallery):,} {task.document_name} documents" for task in TASKS)
    return render("about.html", models=_models(), projections=_projections(), data=data, galleries=galleries)


def _models() -> list[dict[str, Any]]:
    rows = []
    for preset in PRESETS:
        for label in dict.fromkeys(spec.label for spec in preset.models.values()):
            specs = [spec for spec in preset.models.values() if spec.label == label]
            first = specs[0]
            present = all(_present(spec) for spec in specs)
            rows.append(
                {
                    "preset": preset.name,
                    "label": label,
                    "about": first.about,
                    "licence": first.licence,
                    "present": present,
                }
            )
    return rows


def _present(spec: Any) -> bool:
    try:
        locate(spec)
    except Unavailable:
        return False
    return True


def _projections() -> list[dict[str, Any]]:
    rows = []
    for path in sorted(paths.checkpoints().glob(f"*/*/*/{CARD}")):
        try:
            card = read_card(path.parent)
            method, accuracy = METHODS.get(card["method"]), card["metrics"]["validation"]["accuracy"]
            task = TASKS.get(card["task"])
        except (MindGapError, KeyError):
            continue
        rows.append(
            {
                "task": task.title,
                "encoder": card["encoder"]["label"],
                "label": method.label,
                "default": method.name == DEFAULT_METHOD,
                "pairs": card["pairs"],
                "accuracy": accuracy,
            }
        )
    return rows


def _build(workspace: Workspace, blocks: gr.Blocks, tab: gr.Tab) -> None:
    gr.HTML(about_html(), apply_default_css=False)


ABOUT = Tab("about", "About", _build)
