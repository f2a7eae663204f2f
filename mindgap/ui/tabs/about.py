"""About: paper, citation, models and their licences, data, limits."""

from __future__ import annotations

from typing import Any

import gradio as gr

from mindgap import paths
from mindgap.errors import MindGapError
from mindgap.projections import DEFAULT_METHOD, METHODS
from mindgap.projections.checkpoint import CARD, read_card
from mindgap.tasks import TASKS
from mindgap.ui.model_view import model_entries
from mindgap.ui.tabs.base import Tab
from mindgap.ui.templating import render
from mindgap.workspace import Workspace

# the tab is put into the page when it is first opened: only then can the model that the address names be shown
_SHOW_MODEL_JS = """
const show = (name) => {
  const entry = [...element.querySelectorAll('.mg-model')].find((one) => one.dataset.model === name);
  entry?.scrollIntoView();
  entry?.focus({ preventScroll: true });
};
const asked = new URLSearchParams(location.search);
if (asked.get('tab') === 'about') requestAnimationFrame(() => show(asked.get('model')));
element.addEventListener('click', (event) => {
  const link = event.target.closest('a[data-to]');
  // with a key held a link opens elsewhere, as anywhere
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  const here = new URLSearchParams(link.getAttribute('href'));
  const theme = new URLSearchParams(location.search).get('__theme');
  if (theme) here.set('__theme', theme);
  history.replaceState(null, '', location.pathname + '?' + here);
  show(link.dataset.to);
});
"""


def about_html() -> str:
    """The tab's text, with what is measured and counted here."""
    data = [{"task": t.title} | {s: len(t.pairs(s)) for s in ("train", "validation", "test")} for t in TASKS]
    galleries = " and ".join(f"{len(task.gallery):,} {task.document_name} documents" for task in TASKS)
    return render("about.html", models=model_entries(), projections=_projections(), data=data, galleries=galleries)


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
    gr.HTML(about_html(), apply_default_css=False, js_on_load=_SHOW_MODEL_JS)


ABOUT = Tab("about", "About", _build)
