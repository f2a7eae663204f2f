"""The named endpoint /compare: the JSON of `search` for programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from mindgap.errors import MindGapError
from mindgap.workspace import DEFAULT_TOP_K, Workspace


def compare_endpoint(workspace: Workspace) -> Callable[..., dict[str, Any]]:
    """The function behind /compare."""

    def compare(
        query: str,
        task: str = "english-french",
        top_k: int = DEFAULT_TOP_K,
        retrievers: list[str] | None = None,
        preset: str | None = None,
    ) -> dict[str, Any]:
        """Rank the test documents of a task for a query, with every retriever.

        Args:
            query: English, pseudocode or a line of plain words; 1 to 10,000 characters.
            task: "english-french" or "pseudocode-c".
            top_k: hits of each retriever, 1 to 20.
            retrievers: names of retrievers; all of them unless given.
            preset: "offline" or "paper"; the live one unless given.
        """
        try:
            return workspace.compare(query, task, top_k, retrievers, preset).to_json()
        except MindGapError as error:
            raise gr.Error(str(error)) from error

    return compare
