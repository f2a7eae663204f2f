"""Compare: one query, every retriever, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from mindgap.errors import CallerError, MindGapError
from mindgap.models import shipped_methods
from mindgap.presets import PRESETS
from mindgap.projections import DEFAULT_METHOD, METHODS
from mindgap.retrievers import RETRIEVERS
from mindgap.tasks import TASKS, Task
from mindgap.ui.comparison_view import ViewOptions, render_comparison
from mindgap.ui.first_use_view import offers
from mindgap.ui.tabs.base import Tab
from mindgap.ui.tabs.first_use import TRAIN_JS, TrainingControls, TrainingHandlers, layout_training, wire_training
from mindgap.ui.templating import render
from mindgap.workspace import DEFAULT_TOP_K, MOST_TOP_K, Workspace

FIRST_TASK = "english-french"
# a click on an example tells the server which one; the query itself stays on the server
_EXAMPLES_JS = """
element.addEventListener('click', (event) => {
  const button = event.target.closest('[data-example]');
  if (button) trigger('select', { example: Number(button.dataset.example) });
});
"""


@dataclass(frozen=True)
class Controls:
    """The components of the tab. `all` is the order in which handlers take them."""

    task: gr.Radio
    query: gr.Textbox
    top_k: gr.Slider
    retrievers: gr.CheckboxGroup
    method: gr.Dropdown
    preset: gr.Dropdown
    gloss: gr.Checkbox
    random: gr.Button
    search: gr.Button
    examples: gr.HTML
    notice: gr.HTML
    training: TrainingControls
    results: gr.HTML

    @property
    def asked(self) -> list[Any]:
        """What a search depends on."""
        return [self.query, self.task, self.top_k, self.retrievers, self.method, self.preset, self.gloss]

    @property
    def answer(self) -> list[Any]:
        """What a search changes."""
        return [self.notice, self.results]


class CompareHandlers:
    """What happens on each event. Knows the workspace; a visitor's own state lives in the visitor's components."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def search(
        self, query: str, task: str, top_k: float, names: list[str], method: str, preset: str, gloss: bool
    ) -> tuple[str, Any]:
        """Notice and results. Bad input becomes a notice, and the last answer stays where it is."""
        chosen = _columns(names)
        try:
            comparison = self.workspace.compare(query, task, top_k, chosen, preset, method)  # type: ignore[arg-type]
        except MindGapError as error:
            return render("notice.html", message=str(error)), gr.skip()
        options = ViewOptions(int(top_k), chosen, method, bool(gloss))
        offered = offers(self.workspace.first_use, comparison, method)
        return "", render_comparison(comparison, options, self.workspace.preset, offered)

    def random(self, _query: str, task: str, *rest: Any) -> tuple[Any, ...]:
        """A test query, and its answers."""
        query = self.workspace.random_pair(task).query
        return (query, *self.search(query, task, *rest))

    def example(
        self,
        event: gr.EventData,
        _query: str,
        task: str,
        top_k: float,
        names: list[str],
        method: str,
        preset: str,
        gloss: bool,
    ) -> tuple[Any, ...]:
        """The example that was clicked, and its answers."""
        examples, number = TASKS.get(task).examples, event._data.get("example")
        query = examples[number].query if isinstance(number, int) and 0 <= number < len(examples) else ""
        return (query, *self.search(query, task, top_k, names, method, preset, gloss))

    def change_task(self, _query: str, task: str, *rest: Any) -> tuple[Any, ...]:
        """The other task's hint, examples, projections, and its first example answered."""
        the_task = TASKS.get(task)
        query = first_query(the_task)
        answer = self.search(query, task, *rest)
        return (gr.update(value=query, placeholder=the_task.hint), examples_html(the_task), *answer)

    def restore(self, request: gr.Request) -> tuple[Any, ...]:
        """What the address asks for; nothing changes for a bare address, which is answered already."""
        asked = dict(request.query_params)
        if not {"q", "task"} & set(asked) or asked.get("tab", COMPARE.name) != COMPARE.name:
            return (gr.skip(),) * 10
        notices = []
        try:
            task = TASKS.get(asked.get("task", FIRST_TASK))
        except CallerError as error:
            notices.append(str(error))
            task = TASKS.get(FIRST_TASK)
        method = asked.get("method", DEFAULT_METHOD)
        preset = asked.get("preset", self.workspace.preset)
        names = [name for name in asked.get("r", "").split(",") if name] or RETRIEVERS.names()
        query = asked.get("q", first_query(task))
        top_k = _number(asked.get("k", str(DEFAULT_TOP_K)))
        notice, results = self.search(query, task.name, top_k, names, method, preset, False)
        if notices:
            notice = render("notice.html", message=" ".join(notices))
        shown = {
            "top_k": top_k if 1 <= top_k <= MOST_TOP_K else DEFAULT_TOP_K,
            "names": [name for name in names if name in RETRIEVERS],
            "method": self._method_choice(method if method in METHODS else DEFAULT_METHOD),
            "preset": preset if preset in PRESETS else self.workspace.preset,
        }
        box = gr.update(value=query, placeholder=task.hint)
        return task.name, box, *shown.values(), examples_html(task), notice, results, gr.skip()

    def _method_choice(self, method: str) -> Any:
        """The dropdown with this method chosen; one that is not shipped, but can be trained here, joins the others."""
        choices = method_choices(self.workspace)
        if method not in [value for _, value in choices]:
            choices.append((METHODS.get(method).label, method))
        return gr.update(choices=choices, value=method)


def method_choices(workspace: Workspace) -> list[tuple[str, str]]:
    """(label, name) of each method that the live preset has a projection of; the default where it has none."""
    methods = shipped_methods(PRESETS.get(workspace.preset), FIRST_TASK) or [DEFAULT_METHOD]
    return [(METHODS.get(method).label, method) for method in methods]


def _columns(names: list[str]) -> tuple[str, ...]:
    """The chosen columns in the order of the registry, unknown names last (to be refused); () stands for all."""
    if set(names) == set(RETRIEVERS.names()):
        return ()
    order = RETRIEVERS.names()
    return tuple(sorted(names, key=lambda name: order.index(name) if name in order else len(order)))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def first_query(task: Task) -> str:
    """What is asked when a task is opened: its first example, else its first test query."""
    return task.examples[0].query if task.examples else task.pairs("test")[0].query


def examples_html(task: Task) -> str:
    """The row of examples."""
    return render("examples.html", examples=task.examples)


def _layout(workspace: Workspace, handlers: CompareHandlers) -> Controls:
    task = TASKS.get(FIRST_TASK)
    query = first_query(task)
    methods = method_choices(workspace)
    with gr.Row(elem_id="mg-ask"):
        task_radio = gr.Radio(
            [(t.title, t.name) for t in TASKS], value=task.name, show_label=False, container=False, elem_id="mg-task"
        )
        box = gr.Textbox(
            query, placeholder=task.hint, lines=1, max_lines=8, show_label=False, container=False,
            elem_id="mg-query", label="Query", autofocus=False,
        )  # fmt: skip
        random = gr.Button("Random test query", elem_id="mg-random")
        search = gr.Button("Search", elem_id="mg-search")
    examples = gr.HTML(examples_html(task), js_on_load=_EXAMPLES_JS, apply_default_css=False, elem_id="mg-examples")
    with (
        gr.Accordion("Options", open=False, elem_id="mg-options"),
        gr.Row(),
    ):
        top_k = gr.Slider(1, MOST_TOP_K, value=DEFAULT_TOP_K, step=1, label="Results per column", elem_id="mg-k")
        retrievers = gr.CheckboxGroup(
            [(spec.label, spec.name) for spec in RETRIEVERS],
            value=RETRIEVERS.names(),
            label="Columns",
            elem_id="mg-columns",
        )
        method = gr.Dropdown(methods, value=methods[0][1], label="Projection", elem_id="mg-method")
        preset = gr.Dropdown(
            [(p.label, p.name) for p in PRESETS], value=workspace.preset, label="Models", elem_id="mg-preset"
        )
        gloss = gr.Checkbox(False, label="Say what each document means", elem_id="mg-gloss")
    asked = (query, task.name, DEFAULT_TOP_K, RETRIEVERS.names(), methods[0][1], workspace.preset, False)
    notice_html, results_html = handlers.search(*asked)
    notice = gr.HTML(notice_html, apply_default_css=False)
    training = layout_training()
    results = gr.HTML(results_html, apply_default_css=False, elem_id="mg-results", js_on_load=_PERMALINK_JS + TRAIN_JS)
    return Controls(
        task_radio, box, top_k, retrievers, method, preset, gloss, random, search, examples, notice, training, results
    )


# the address follows what is shown, so that a reload or a copied address brings it back
_PERMALINK_JS = """
watch('value', () => {
  const shown = element.querySelector('[data-permalink]');
  if (!shown || new URLSearchParams(location.search).has('tab')) return;
  const kept = new URLSearchParams(location.search);
  const link = new URLSearchParams(shown.dataset.permalink);
  if (kept.has('__theme')) link.set('__theme', kept.get('__theme'));
  history.replaceState(null, '', location.pathname + '?' + link);
});
"""


def _wire(controls: Controls, handlers: CompareHandlers, blocks: gr.Blocks) -> None:
    c = controls
    # many visitors at once; a search takes some hundredths of a second
    common: dict[str, Any] = {
        "api_visibility": "private",
        "show_progress": "minimal",
        "show_progress_on": c.results,
        "concurrency_limit": 8,
    }
    gr.on(
        [c.search.click, c.query.submit, c.top_k.release]
        + [choice.input for choice in (c.retrievers, c.method, c.preset, c.gloss)],
        handlers.search, c.asked, c.answer, trigger_mode="always_last", **common,
    )  # fmt: skip
    c.random.click(handlers.random, c.asked, [c.query, *c.answer], **common)
    c.examples.select(handlers.example, c.asked, [c.query, *c.answer], **common)
    c.task.input(handlers.change_task, c.asked, [c.query, c.examples, *c.answer], trigger_mode="always_last", **common)
    restored = [c.task, c.query, c.top_k, c.retrievers, c.method, c.preset, c.examples, *c.answer, c.gloss]
    wire_training(c.training, c.results, [c.task, c.method, c.preset], TrainingHandlers(handlers.workspace), blocks)
    c.training.news.change(handlers.search, c.asked, c.answer, trigger_mode="always_last", **common)
    # a mark for whoever drives the page: what the address asks for is shown from here on
    ready = "() => { document.body.dataset.restored = 'yes'; }"
    blocks.load(handlers.restore, None, restored, **common).then(None, js=ready, api_visibility="private")


def _build(workspace: Workspace, blocks: gr.Blocks, tab: gr.Tab) -> None:
    handlers = CompareHandlers(workspace)
    _wire(_layout(workspace, handlers), handlers, blocks)


COMPARE = Tab("compare", "Compare", _build)
