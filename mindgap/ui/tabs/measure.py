"""Measure: the paper's tables measured again, other methods, fewer pairs, other similarity measures, the gap itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import gradio as gr

from mindgap.errors import CallerError, MindGapError
from mindgap.evaluation.paper import GALLERY
from mindgap.gap_report import GapRequest
from mindgap.lazy import Once
from mindgap.map_data import Maps
from mindgap.paper_tables import Stop
from mindgap.presets import PRESETS
from mindgap.runs import Runs
from mindgap.tasks import TASKS
from mindgap.ui.measurements_view import field_label, render_efficiency, render_gap, render_methods, render_similarity
from mindgap.ui.paper_view import TablesJob, all_documents, render_end, render_progress, render_tables
from mindgap.ui.tabs.base import Tab
from mindgap.ui.templating import render
from mindgap.watch import ProgressFor
from mindgap.workspace import Workspace

FIRST_TASK = "english-french"
PACE = 0.7
"""Seconds between two looks at a run that is under way."""
GALLERIES = (("250, as in the paper", "paper"), ("all test documents", "all"))
SECTIONS = {
    "tables": "Paper's tables",
    "methods": "Alignment methods",
    "efficiency": "How many pairs",
    "similarity": "Similarity measures",
    "gap": "The gap",
}
"""Name -> heading, in the order of the page; each has a sentence in measure_heading.html."""
_NAV_JS = "window.mindgapMeasure.start(element, (section) => trigger('select', { section }));"


@dataclass(frozen=True)
class Controls:
    """The components of the tab."""

    nav: gr.HTML
    notice: gr.HTML
    section: gr.State
    task: gr.Radio
    gallery: gr.Radio
    preset: gr.Radio
    run: gr.Button
    cancel: gr.Button
    timer: gr.Timer
    progress: gr.HTML
    tables: gr.HTML
    form: gr.Radio
    methods: gr.HTML
    efficiency: gr.HTML
    similarity: gr.HTML
    projection: gr.Dropdown
    gap: gr.HTML

    @property
    def running(self) -> list[Any]:
        """What changes while a run goes on."""
        return [self.progress, self.tables, self.run, self.cancel, self.timer]

    @property
    def of_task(self) -> list[Any]:
        """What another task changes."""
        return [self.form, self.methods, self.efficiency, self.similarity, self.projection]


class MeasureHandlers:
    """What happens on each event. Visitors share the runs and what has come out of them."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.maps = Maps(workspace.models)
        self.runs: Runs[TablesJob] = Runs(self._measure, "measurement")
        self._gaps: Once[tuple[dict[str, Any], float]] = Once()

    def _measure(self, job: TablesJob, progress_for: ProgressFor, stop: Stop) -> dict[str, Any]:
        from mindgap import paper_tables

        return paper_tables.paper_tables(self.workspace.models, job.preset, job.gallery, progress_for, stop)

    def show(self, gallery: str, preset: str) -> str:
        """The tables of a choice: what was measured last, else the paper's numbers alone."""
        try:
            job = _job(gallery, preset)
        except CallerError as error:
            return render("notice.html", message=str(error))
        return render_tables(job, self.runs.finished(job))

    def start(self, gallery: str, preset: str, request: gr.Request) -> tuple[Any, ...]:
        """Join or begin a run; the timer then asks how it is coming on."""
        try:
            self.runs.join(_job(gallery, preset), _visitor(request))
        except CallerError as error:
            return (render("notice.html", message=str(error)), *(gr.skip(),) * 4)
        return self.look(gallery, preset, request)

    def look(self, gallery: str, preset: str, request: gr.Request) -> tuple[Any, ...]:
        """Progress; when the run has ended the tables, and the buttons as they were."""
        status = self.runs.status(_visitor(request))
        shown = render_progress(status)
        if status.phase in ("waiting", "running"):
            return (
                shown,
                gr.skip(),
                gr.update(interactive=False),
                gr.update(interactive=True),
                gr.Timer(PACE, active=True),
            )
        if status.phase == "done":
            shown = render_end(status.job, _job(gallery, preset))
        return shown, self.show(gallery, preset), *_idle()

    def cancel(self, request: gr.Request) -> tuple[Any, ...]:
        """Wait no longer; the work itself ends where nobody else waits for it."""
        self.runs.leave(_visitor(request))
        said = render("run_ended.html", message="Cancelled. What was measured before stays.", quiet=False)
        return said, gr.skip(), *_idle()

    def gone(self, request: gr.Request) -> None:
        """The visitor's page was closed."""
        self.runs.leave(_visitor(request))

    def change_task(self, task: str) -> tuple[Any, ...]:
        """The other task's forms, measurements and projections."""
        form, choices = _forms(task), self.projections(task)
        return (
            gr.update(choices=form, value=form[0][1]),
            render_methods(task, form[0][1]),
            render_efficiency(task),
            render_similarity(task),
            gr.update(choices=choices, value=choices[0][1] if choices else None),
        )

    def open(self, event: gr.EventData) -> str:
        """The section that was opened."""
        asked = event._data.get("section")
        return asked if asked in SECTIONS else next(iter(SECTIONS))

    def gap(self, section: str, task: str, projection: str | None) -> Any:
        """The gap of a projection, where that section is open; measured once for all visitors."""
        if section != "gap":
            return gr.skip()
        retriever, _, method = (projection or "").partition(":")
        labels = {value: label for label, value in self.projections(task)}
        if not projection or projection not in labels:
            return render(
                "notice.html", message="No projection has been trained for this task, so there is no gap to compare."
            )
        try:
            key = (self.workspace.preset, task, retriever, method)
            report, seconds = self._gaps.get(key, lambda: self._measure_gap(task, retriever, method))
        except MindGapError as error:
            return render("notice.html", message=str(error))
        return render_gap(report, labels[projection], seconds)

    def _measure_gap(self, task: str, retriever: str, method: str) -> tuple[dict[str, Any], float]:
        from mindgap.gap_report import gap_report

        started = time.perf_counter()
        request = GapRequest(task, retriever=retriever, method=method)
        return gap_report(self.workspace.models, self.workspace.preset, request), time.perf_counter() - started

    def projections(self, task: str) -> list[tuple[str, str]]:
        """(label, value) of each shipped projection, as on the map."""
        return [(label, f"{name}:{method}") for name, method, label in self.maps.choices(self.workspace.preset, task)]

    def restore(self, request: gr.Request) -> tuple[Any, ...]:
        """What has been measured since the page was built, and what the address asks of this tab."""
        tables = self.show(GALLERIES[0][1], self.workspace.preset)
        asked = dict(request.query_params)
        if asked.get("tab") != MEASURE.name:
            return (tables, *(gr.skip(),) * 8)
        notice, task = "", FIRST_TASK
        try:
            task = TASKS.get(asked.get("task", FIRST_TASK)).name
        except CallerError as error:
            notice = render("notice.html", message=str(error))
        section = asked.get("section", "")
        return tables, notice, section if section in SECTIONS else "tables", task, *self.change_task(task)


def _visitor(request: gr.Request) -> str:
    return str(request.session_hash)


def _idle() -> tuple[Any, ...]:
    return gr.update(interactive=True), gr.update(interactive=False), gr.Timer(active=False)


def _job(gallery: str, preset: str) -> TablesJob:
    return TablesJob(PRESETS.get(preset).name, GALLERY if gallery == "paper" else all_documents())


def _forms(task: str) -> list[tuple[str, str]]:
    """(label, field) of each form in which a task's queries can be asked."""
    return [(field_label(TASKS.get(task), field), field) for field in TASKS.get(task).query_fields]


def _radio(choices: list[tuple[str, str]], value: str, label: str, name: str) -> gr.Radio:
    return gr.Radio(
        choices, value=value, label=label, container=False, elem_id=f"mg-measure-{name}", elem_classes="mg-choice"
    )


@contextmanager
def _section(name: str) -> Iterator[None]:
    """A section with its heading; what is made inside stands below."""
    with gr.Column(elem_id=f"mg-section-{name}", elem_classes="mg-section"):
        gr.HTML(render("measure_heading.html", name=name, title=SECTIONS[name]), apply_default_css=False)
        yield


def _html(value: str, name: str) -> gr.HTML:
    return gr.HTML(value, apply_default_css=False, elem_id=f"mg-measure-{name}")


def _layout(handlers: MeasureHandlers) -> Controls:
    made: dict[str, Any] = {"section": gr.State("tables")}
    with gr.Row(elem_id="mg-measure-top"):
        made["nav"] = gr.HTML(
            render("measure_nav.html", sections=SECTIONS),
            apply_default_css=False, js_on_load=_NAV_JS, elem_id="mg-measure-nav",
        )  # fmt: skip
        made["task"] = _radio([(t.title, t.name) for t in TASKS], FIRST_TASK, "Task", "task")
    made["notice"] = gr.HTML("", apply_default_css=False)
    with _section("tables"):
        made |= _layout_tables(handlers)
    with _section("methods"):
        forms = _forms(FIRST_TASK)
        made["form"] = _radio(forms, forms[0][1], "Asked with", "form")
        made["methods"] = _html(render_methods(FIRST_TASK, forms[0][1]), "methods")
    with _section("efficiency"):
        made["efficiency"] = _html(render_efficiency(FIRST_TASK), "efficiency")
    with _section("similarity"):
        made["similarity"] = _html(render_similarity(FIRST_TASK), "similarity")
    with _section("gap"):
        choices = handlers.projections(FIRST_TASK)
        made["projection"] = gr.Dropdown(
            choices, value=choices[0][1] if choices else None, show_label=False, container=False,
            label="Projection", elem_id="mg-measure-projection",
        )  # fmt: skip
        made["gap"] = _html(render("run_ended.html", message="Measuring takes some seconds…", quiet=False), "gap")
    return Controls(**made)


def _layout_tables(handlers: MeasureHandlers) -> dict[str, Any]:
    """Controls and result of the first section."""
    preset, made = handlers.workspace.preset, {}
    with gr.Row(elem_id="mg-measure-ask"):
        made["gallery"] = _radio(list(GALLERIES), GALLERIES[0][1], "Documents", "gallery")
        made["preset"] = _radio([(p.label, p.name) for p in PRESETS], preset, "Models", "preset")
        made["run"] = gr.Button("Run", elem_id="mg-measure-run")
        made["cancel"] = gr.Button("Cancel", elem_id="mg-measure-cancel", interactive=False)
    made["timer"] = gr.Timer(PACE, active=False)
    made["progress"] = _html("", "progress")
    made["tables"] = _html(handlers.show(GALLERIES[0][1], preset), "tables")
    return made


def _wire(c: Controls, handlers: MeasureHandlers, blocks: gr.Blocks, tab: gr.Tab) -> None:
    common: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": 8}
    choice = [c.gallery, c.preset]
    # short questions that must not wait behind searches
    at_once = common | {"queue": False}
    c.run.click(handlers.start, choice, c.running, **at_once)
    c.timer.tick(handlers.look, choice, c.running, **at_once)
    c.cancel.click(handlers.cancel, None, c.running, **at_once)
    blocks.unload(handlers.gone)
    # by default Gradio drops what is chosen while an earlier choice is still being answered
    last = common | {"trigger_mode": "always_last"}
    gr.on([c.gallery.input, c.preset.input, tab.select], handlers.show, choice, c.tables, **last)
    c.form.input(render_methods, [c.task, c.form], c.methods, **last)
    c.nav.select(handlers.open, None, c.section, **last)
    c.task.input(handlers.change_task, c.task, c.of_task, **last)
    restored = [c.tables, c.notice, c.section, c.task, *c.of_task]
    blocks.load(handlers.restore, None, restored, **common)
    # a measurement of some seconds: one listener, so that an earlier answer never lands on a later question
    slow = common | {"show_progress": "minimal", "concurrency_limit": 2, "trigger_mode": "always_last"}
    asked = [c.section, c.task, c.projection]
    gr.on([part.change for part in asked], handlers.gap, asked, c.gap, **slow)


def _build(workspace: Workspace, blocks: gr.Blocks, tab: gr.Tab) -> None:
    handlers = MeasureHandlers(workspace)
    _wire(_layout(handlers), handlers, blocks, tab)


MEASURE = Tab("measure", "Measure", _build)
