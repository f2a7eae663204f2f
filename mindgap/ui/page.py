"""Puts the page together and launches it."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Sequence
from typing import Any

import gradio as gr

from mindgap.errors import CallerError
from mindgap.first_use import may_train
from mindgap.presets import PRESETS
from mindgap.retrievers import RETRIEVERS
from mindgap.tasks import TASKS
from mindgap.ui.api import compare_endpoint
from mindgap.ui.tabs import TABS
from mindgap.ui.templating import render
from mindgap.ui.theme import STYLE_SHEETS, head, theme
from mindgap.workspace import Workspace

log = logging.getLogger(__name__)
TITLE = "Mind the Gap"
DEFAULT_PORT = 7860
MOST_UPLOAD = "100mb"


def build_page(workspace: Workspace) -> gr.Blocks:
    """The page, its first example answered."""
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as blocks:
        gr.HTML(_header(workspace), apply_default_css=False)
        with gr.Tabs() as tabs:
            for tab in TABS:
                with gr.Tab(tab.title, id=tab.name) as shown:
                    tab.build(workspace, blocks, shown)
        blocks.load(_asked_tab, None, tabs, api_visibility="private", show_progress="hidden")
        gr.api(compare_endpoint(workspace), api_name="compare", concurrency_limit=8)
    return blocks


def _asked_tab(request: gr.Request) -> Any:
    """The tab that the address names."""
    asked = dict(request.query_params).get("tab")
    return gr.Tabs(selected=asked) if asked in TABS else gr.skip()


def _header(workspace: Workspace) -> str:
    documents = " + ".join(f"{len(task.gallery):,}" for task in TASKS)
    return render(
        "header.html",
        sentence=f"One query, {_words(len(RETRIEVERS))} retrievers, the same documents. See which ones cross the gap.",
        preset=PRESETS.get(workspace.preset).label,
        device=workspace.device().upper(),
        documents=documents,
    )


def _words(count: int) -> str:
    names = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return names[count] if count < len(names) else str(count)


def launch(preset: str | None = None, host: str | None = None, port: int | None = None) -> None:
    """Serve the page until it is stopped.

    Raises CallerError for an unknown preset, or a port that is no number or is taken.
    """
    serve_page(Workspace(preset), host or os.environ.get("GRADIO_SERVER_NAME"), port or _port())


def serve_page(workspace: Workspace, host: str | None, port: int, **options: Any) -> tuple[gr.Blocks, str]:
    """Build the page and serve it; `options` go to Gradio's launch. Returns the Blocks and the address."""
    warm(workspace, TASKS.names())
    blocks = build_page(workspace)
    blocks.queue(default_concurrency_limit=8, max_size=256)
    try:
        _, url, _ = blocks.launch(
            server_name=host,
            server_port=port,
            theme=theme(),
            css_paths=STYLE_SHEETS,
            head=head(),
            footer_links=["api"],
            max_file_size=MOST_UPLOAD,
            ssr_mode=False,
            **options,
        )
    except OSError as error:
        raise CallerError(
            f"The page cannot be opened on port {port} ({error}). Choose another with PORT=...."
        ) from error
    return blocks, url


def warm(workspace: Workspace, tasks: Sequence[str]) -> threading.Thread:
    """Load what the first task needs, which is what the page opens with; the others follow in the thread returned.

    On a machine that has never run the page each task's documents are encoded once, and nobody should wait for all.
    With MINDGAP_AUTOTRAIN=1 the projections that are missing are trained after that.
    """
    first, *others = tasks

    train_missing = autotrain()
    may_train()

    def follow() -> None:
        for task in others:
            try:
                workspace.warm(task)
            except Exception:  # the visitor who asks will be told; the page must not end here
                log.exception("%s could not be prepared", task)
        if train_missing:
            _train_missing(workspace)

    workspace.warm(first)
    thread = threading.Thread(target=follow, name="warm", daemon=True)
    thread.start()
    return thread


def _train_missing(workspace: Workspace) -> None:
    try:
        for training in workspace.first_use.begin_missing(workspace.preset):
            log.warning("training %s on %s for %s", training.method, training.encoder, training.task)
    except Exception:  # nobody waits for this thread; the columns go on offering the training
        log.exception("the missing projections could not be trained")


def autotrain() -> bool:
    """Whether MINDGAP_AUTOTRAIN asks to train what is missing. Raises CallerError unless it is 0, 1 or unset."""
    wish = os.environ.get("MINDGAP_AUTOTRAIN") or "0"
    if wish not in ("0", "1"):
        raise CallerError(f"MINDGAP_AUTOTRAIN is {wish[:40]!r}; it must be 0 or 1.")
    return wish == "1"


def _port() -> int:
    for name in ("PORT", "GRADIO_SERVER_PORT"):
        if text := os.environ.get(name):
            if not text.isdecimal() or not 0 < int(text) < 65536:
                raise CallerError(f"{name} is {text!r}; it must be a port number from 1 to 65535.")
            return int(text)
    return DEFAULT_PORT
