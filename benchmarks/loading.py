"""What the retrievers cost at the start: seconds until the page is built and both tasks have answered, and memory.

Each measurement is a process of its own that builds the page: with the Sentence Transformer's retrievers alone (the
compact models are then out of sight, as if they had never been made), and with all of them; with document embeddings
already on disk, and (the very first start) without.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from mindgap import paths

FEW = ("bm25", "sentence-transformer", "projection-st", "hybrid")
_CHILD = """
import json, resource, sys, time
started = time.perf_counter()
from mindgap.tasks import TASKS
from mindgap.ui.page import build_page
from mindgap.workspace import Workspace
workspace = Workspace("offline")
names = json.loads(sys.argv[1])
for task in TASKS:
    rankings = workspace.compare(task.pairs("test")[0].query, task.name, retrievers=names or None).retrievers
    assert not any(ranking.unavailable for ranking in rankings), [ranking.unavailable for ranking in rankings]
build_page(workspace)
print(json.dumps([time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9]))
"""


def without_compact(folder: Path) -> Path:
    """A folder of checkpoints that has those on MiniLM and nothing else."""
    for checkpoint in paths.checkpoints().glob("offline/*/minilm-*"):
        link = folder / checkpoint.relative_to(paths.checkpoints())
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(checkpoint)
    return folder


def measure(names: tuple[str, ...], cache: str, checkpoints: Path) -> tuple[float, float]:
    """(seconds, gigabytes at the most) of a process that answers one query of each task with these retrievers."""
    command = [sys.executable, "-c", _CHILD, json.dumps(names)]
    environment = os.environ | {"MINDGAP_CACHE": cache, "MINDGAP_CHECKPOINTS": str(checkpoints)}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    seconds, gigabytes = json.loads(done.stdout)
    return seconds, gigabytes


def main() -> None:
    with tempfile.TemporaryDirectory() as cache:
        of_minilm = without_compact(Path(cache) / "checkpoints")
        for when in ("first start", "later start", "later start"):
            few = measure(FEW, f"{cache}/few", of_minilm)
            all_of_them = measure((), f"{cache}/all", paths.checkpoints())
            print(
                f"{when}: {len(FEW)} retrievers {few[0]:.1f} s, {few[1]:.2f} GB; "
                f"all {all_of_them[0]:.1f} s, {all_of_them[1]:.2f} GB ({all_of_them[0] - few[0]:+.1f} s)"
            )


if __name__ == "__main__":
    main()
