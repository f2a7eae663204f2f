"""What Compare adds where a projection is missing: a button that trains it, its progress, and a way to stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from mindgap.errors import CallerError
from mindgap.first_use import missing_training
from mindgap.ui.first_use_view import render_training
from mindgap.ui.templating import render
from mindgap.workspace import Workspace

PACE = 1.0
"""Seconds between two looks at a training that is under way."""

# a click on the button in a column tells the server which column
TRAIN_JS = """
element.addEventListener('click', (event) => {
  const button = event.target.closest('[data-train]');
  if (button) trigger('select', { train: button.dataset.train });
});
"""

Search = Callable[..., tuple[Any, Any]]
"""Compare's search: what is asked -> notice and results."""


@dataclass(frozen=True)
class TrainingControls:
    """Hidden until a visitor follows a training."""

    progress: gr.HTML
    cancel: gr.Button
    timer: gr.Timer

    @property
    def all(self) -> list[Any]:
        """In the order in which handlers give them."""
        return [self.progress, self.cancel, self.timer]


class TrainingHandlers:
    """What happens on each event; `search` answers again when a training has ended."""

    def __init__(self, workspace: Workspace, search: Search) -> None:
        self._first_use = workspace.first_use
        self._search = search

    def start(self, event: gr.EventData, request: gr.Request, *asked: Any) -> tuple[Any, ...]:
        """Begin the training that a column lacks, or follow it where it is under way."""
        _, task, _, _, method, preset, _ = asked
        try:
            training = missing_training(preset, task, method, str(event._data.get("train")))
        except CallerError as error:
            return (render("notice.html", message=str(error)), gr.skip(), gr.skip(), gr.skip(), gr.skip())
        if training is None:  # somebody else's training has ended since the column was drawn
            return (gr.skip(), gr.skip(), gr.skip(), *self._search(*asked))
        self._first_use.runs.join(training, _visitor(request))
        return self.look(request, *asked)

    def look(self, request: gr.Request, *asked: Any) -> tuple[Any, ...]:
        """Progress; when the training has ended, the columns again."""
        status = self._first_use.runs.status(_visitor(request))
        shown = render_training(self._first_use, status)
        if status.phase in ("waiting", "running"):
            return shown, gr.update(visible=True), gr.Timer(PACE, active=True), gr.skip(), gr.skip()
        answer = self._search(*asked) if status.phase == "done" else (gr.skip(), gr.skip())
        return shown, *_idle(), *answer

    def cancel(self, request: gr.Request, *asked: Any) -> tuple[Any, ...]:
        """Follow it no longer; it ends where nobody else does."""
        self._first_use.runs.leave(_visitor(request))
        said = render("run_ended.html", message="Stopped; no projection was written.", quiet=False)
        return said, *_idle(), *self._search(*asked)

    def gone(self, request: gr.Request) -> None:
        """The visitor's page was closed."""
        self._first_use.runs.leave(_visitor(request))


def layout_training() -> TrainingControls:
    """The row between the options and the results."""
    with gr.Row(elem_id="mg-training"):
        progress = gr.HTML("", apply_default_css=False, elem_id="mg-training-progress")
        cancel = gr.Button("Stop", visible=False, elem_id="mg-training-cancel", scale=0)
    return TrainingControls(progress, cancel, gr.Timer(PACE, active=False))


def wire_training(
    c: TrainingControls, results: gr.HTML, asked: list[Any], answer: list[Any], handlers: TrainingHandlers,
    blocks: gr.Blocks,
) -> None:  # fmt: skip
    """The events. `asked` is what a search depends on, `answer` what it changes."""
    # short questions that must not wait behind searches
    common: dict[str, Any] = {
        "api_visibility": "private", "show_progress": "hidden", "queue": False,
    }  # fmt: skip
    changed = [*c.all, *answer]
    results.select(handlers.start, asked, changed, **common)
    c.timer.tick(handlers.look, asked, changed, **common)
    c.cancel.click(handlers.cancel, asked, changed, **common)
    blocks.unload(handlers.gone)


def _idle() -> tuple[Any, Any]:
    return gr.update(visible=False), gr.Timer(active=False)


def _visitor(request: gr.Request) -> str:
    return str(request.session_hash)
