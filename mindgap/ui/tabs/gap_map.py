"""Gap map: every text a dot, before and after the projection; the live query among them."""

from __future__ import annotations

import importlib.metadata
import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from mindgap import paths
from mindgap.errors import CallerError, MindGapError
from mindgap.map_data import MapChoice, Maps
from mindgap.presets import PRESETS
from mindgap.tasks import TASKS
from mindgap.ui.tabs.base import Tab
from mindgap.ui.templating import render
from mindgap.visualization.layouts import LAYOUTS
from mindgap.workspace import Workspace

FIRST_TASK = "english-french"
_START_JS = "window.mindgapMap.start(element);"
# what the server has to say to the drawing, which itself is never rendered again
_CHANNEL_JS = """
const hand = () => { if (props.value && props.value.nonce) window.mindgapMap.show(props.value); };
hand();
watch('value', hand);
"""
_nonce = itertools.count(1)


@dataclass(frozen=True)
class Controls:
    """The components that the server knows; the rest lives in the browser."""

    task: gr.Radio
    map: gr.Dropdown
    kind: gr.Dropdown
    query: gr.Textbox
    place: gr.Button
    notice: gr.HTML
    channel: gr.HTML

    @property
    def chosen(self) -> list[Any]:
        """What decides which map is shown."""
        return [self.task, self.map, self.kind]


class MapHandlers:
    """What happens on each event."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.maps = Maps(workspace.models)

    def show(self, task: str, chosen: str, kind: str) -> dict[str, Any]:
        """The address of a map's base data."""
        return _message(self._address, self._choice(task, chosen, kind))

    def place(self, query: str, task: str, chosen: str, kind: str) -> tuple[str, Any]:
        """Notice, and the place of a query; an empty box takes the star away."""
        if not (query or "").strip():
            return "", {"nonce": next(_nonce), "query": None}
        try:
            found = self.maps.locate_query(self._choice(task, chosen, kind), query)
        except MindGapError as error:
            return render("notice.html", message=str(error)), gr.skip()
        return "", {"nonce": next(_nonce), "query": found}

    def change_task(self, task: str, kind: str) -> tuple[Any, ...]:
        """The other task's maps, the first of them shown, no query."""
        choices = self.choices(task)
        shown = self.show(task, choices[0][1], kind) if choices else _nothing()
        return gr.update(choices=choices, value=choices[0][1] if choices else None), "", shown | {"query": None}

    def restore(self, request: gr.Request) -> tuple[Any, ...]:
        """What the address asks for, where it asks for this tab."""
        asked = dict(request.query_params)
        if asked.get("tab") != "map":
            return (gr.skip(),) * 6
        task = asked.get("task", FIRST_TASK)
        kind = asked.get("layout", LAYOUTS.names()[0])
        try:
            preset = PRESETS.get(asked.get("preset", self.workspace.preset)).name
            choices = self.choices(TASKS.get(task).name, preset)
            chosen = asked.get("map", choices[0][1] if choices else "")
            chosen = chosen if preset == self.workspace.preset else f"{preset}/{chosen}"
            LAYOUTS.get(kind)
        except CallerError as error:
            return (gr.skip(),) * 4 + (render("notice.html", message=str(error)), gr.skip())
        message = self.show(task, chosen, kind)
        if chosen not in [value for _, value in choices]:
            # nothing of the kind is shipped: say so, and leave the menu as it is
            return gr.skip(), gr.skip(), gr.skip(), asked.get("mq", ""), "", message
        notice, placed = self.place(asked.get("mq", ""), task, chosen, kind) if asked.get("mq") else ("", {})
        both = (placed if isinstance(placed, dict) else {}) | message
        return task, gr.update(choices=choices, value=chosen), kind, asked.get("mq", ""), notice, both

    def choices(self, task: str, preset: str | None = None) -> list[tuple[str, str]]:
        """(label, value) of each map of a preset, the live one unless given; another one stands before the value."""
        preset = preset or self.workspace.preset
        before = "" if preset == self.workspace.preset else f"{preset}/"
        return [(label, f"{before}{name}:{method}") for name, method, label in self.maps.choices(preset, task)]

    def _choice(self, task: str, chosen: str, kind: str) -> MapChoice:
        preset, _, rest = ("/" + (chosen or "")).rpartition("/")
        retriever, _, method = rest.partition(":")
        return MapChoice(preset.strip("/") or self.workspace.preset, task, retriever, method, kind)

    def _address(self, choice: MapChoice) -> str:
        return f"gradio_api/file={self.maps.file(choice)}"


def _message(address: Any, choice: MapChoice) -> dict[str, Any]:
    try:
        return {"nonce": next(_nonce), "url": address(choice)}
    except MindGapError as error:
        return {"nonce": next(_nonce), "error": str(error)}


def _nothing() -> dict[str, Any]:
    reason = "No projection of this preset has been trained for this task, so there is no map."
    return {"nonce": next(_nonce), "error": reason}


def plotly_script() -> Path:
    """plotly.js out of the installed plotly package, whose Python code is not imported."""
    return Path(
        str(importlib.metadata.distribution("plotly").locate_file("plotly/package_data/plotly.min.js"))
    ).resolve()


def _layout(handlers: MapHandlers) -> Controls:
    choices = handlers.choices(FIRST_TASK)
    gr.set_static_paths([plotly_script(), paths.cache() / "maps"])
    with gr.Row(elem_id="mg-map-ask"):
        task = gr.Radio(
            [(t.title, t.name) for t in TASKS],
            value=FIRST_TASK,
            show_label=False,
            container=False,
            elem_id="mg-map-task",
        )
        chosen = gr.Dropdown(
            choices, value=choices[0][1] if choices else None, show_label=False, container=False,
            elem_id="mg-map-choice", label="Projection",
        )  # fmt: skip
        kind = gr.Dropdown(
            [(k.label, k.name) for k in LAYOUTS], value=LAYOUTS.names()[0], show_label=False, container=False,
            elem_id="mg-map-kind", label="Layout",
        )  # fmt: skip
        query = gr.Textbox(
            placeholder="★ Place a query of your own on the map", lines=1, max_lines=4, show_label=False,
            container=False, elem_id="mg-map-query", label="Query for the map",
        )  # fmt: skip
        place = gr.Button("Place", elem_id="mg-map-place")
    notice = gr.HTML("", apply_default_css=False)
    html = render("map.html", plotly=f"gradio_api/file={plotly_script()}")
    gr.HTML(html, apply_default_css=False, js_on_load=_START_JS, elem_id="mg-map")
    # the browser fetches the base data when the tab is first seen
    first = handlers.show(FIRST_TASK, choices[0][1], LAYOUTS.names()[0]) if choices else _nothing()
    channel = gr.HTML(
        first, html_template="", apply_default_css=False, js_on_load=_CHANNEL_JS, elem_id="mg-map-channel"
    )
    return Controls(task, chosen, kind, query, place, notice, channel)


def _build(workspace: Workspace, blocks: gr.Blocks, tab: gr.Tab) -> None:
    handlers = MapHandlers(workspace)
    c = _layout(handlers)
    common: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": 8}
    # a new map keeps the query: it is placed again on it
    for control in (c.map, c.kind):
        control.input(handlers.show, c.chosen, c.channel, trigger_mode="always_last", **common).then(
            handlers.place, [c.query, *c.chosen], [c.notice, c.channel], **common
        )
    c.task.input(
        handlers.change_task, [c.task, c.kind], [c.map, c.query, c.channel], trigger_mode="always_last", **common
    )
    gr.on([c.place.click, c.query.submit], handlers.place, [c.query, *c.chosen], [c.notice, c.channel], **common)
    blocks.load(handlers.restore, None, [c.task, c.map, c.kind, c.query, c.notice, c.channel], **common)


GAP_MAP = Tab("map", "Gap map", _build)
