"""What a tab is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import gradio as gr

from mindgap.workspace import Workspace


@dataclass(frozen=True)
class Tab:
    """One tab.

    `build` makes its components and wires them, inside the page's Blocks and the tab's own context; both are handed
    over, for events on them.
    """

    name: str
    title: str
    build: Callable[[Workspace, gr.Blocks, gr.Tab], None]
