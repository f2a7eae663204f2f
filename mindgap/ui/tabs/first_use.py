"""What Compare adds where a projection is missing: a button that trains it, its progress, and a way to stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from mindgap.errors import CallerError
from mindgap.first_use import may_train, missing_training
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


@dataclass(frozen=True)
class TrainingControls:
    """Hidden until a visitor follows a training."""

    progress: gr.HTML
    cancel: gr.Button
    timer: gr.Timer
    news: gr.State

    @property
    def all(self) -> list[Any]:
        """In the order in which handlers give them. A change of `news` is a reason to answer again."""
        return [self.progress, self.cancel, self.timer, self.news]


class TrainingHandlers:
    """What happens on each event. All of it is quick; the columns are answered again elsewhere."""

    def __init__(self, workspace: Workspace) -> None:
        self._first_use = workspace.first_use
        self._said: dict[str, str] = {}

    def start(
        self, event: gr.EventData, task: str, method: str, preset: str, news: int, request: gr.Request
    ) -> tuple[Any, ...]:
        """Begin the training that a column lacks, or follow it where it is under way."""
        try:
            training = missing_training(preset, task, method, str(event._data.get("train"))) if may_train() else None
        except CallerError as error:
            return render("notice.html", message=str(error)), gr.skip(), gr.skip(), gr.skip()
        if training is None:  # somebody else's training has ended since the column was drawn
            return gr.skip(), gr.skip(), gr.skip(), news + 1
        self._first_use.runs.join(training, _visitor(request))
        return (*self.look(news, request)[:3], news + 1)

    def look(self, news: int, request: gr.Request) -> tuple[Any, ...]:
        """Progress; when the training has ended, a reason to answer again."""
        status = self._first_use.runs.status(_visitor(request))
        if status.phase == "none":  # stopped while this question was on its way, or an earlier one still is
            return self._said.get(_visitor(request), ""), *_idle(), gr.skip()
        shown = render_training(self._first_use, status)
        if status.phase in ("waiting", "running"):
            return shown, gr.update(visible=True), gr.Timer(PACE, active=True), gr.skip()
        self._said[_visitor(request)] = shown
        return shown, *_idle(), news + 1

    def cancel(self, news: int, request: gr.Request) -> tuple[Any, ...]:
        """Follow it no longer; it ends where nobody else does."""
        goes_on = self._first_use.runs.leave(_visitor(request))
        message = "You follow it no longer; it goes on without you." if goes_on else "Stopped; nothing was written."
        self._said[_visitor(request)] = said = render("run_ended.html", message=message, quiet=False)
        return said, *_idle(), news + 1

    def gone(self, request: gr.Request) -> None:
        """The visitor's page was closed."""
        self._said.pop(_visitor(request), None)
        self._first_use.runs.leave(_visitor(request))


def layout_training() -> TrainingControls:
    """The row between the options and the results."""
    with gr.Row(elem_id="mg-training"):
        progress = gr.HTML("", apply_default_css=False, elem_id="mg-training-progress")
        cancel = gr.Button("Stop", visible=False, elem_id="mg-training-cancel", scale=0)
    return TrainingControls(progress, cancel, gr.Timer(PACE, active=False), gr.State(0))


def wire_training(
    c: TrainingControls, results: gr.HTML, choice: list[Any], handlers: TrainingHandlers, blocks: gr.Blocks
) -> None:
    """The events. `choice` are the task, the method and the preset. Whoever owns the columns listens to `c.news`."""
    # short questions that wait for nobody; outside the queue Gradio would not tell of a change of `news`
    common: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": None}
    results.select(handlers.start, [*choice, c.news], c.all, **common)
    c.timer.tick(handlers.look, c.news, c.all, **common)
    c.cancel.click(handlers.cancel, c.news, c.all, **common)
    blocks.unload(handlers.gone)


def _idle() -> tuple[Any, Any]:
    return gr.update(visible=False), gr.Timer(active=False)


def _visitor(request: gr.Request) -> str:
    return str(request.session_hash)
