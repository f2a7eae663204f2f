"""The shipped projections of the offline preset: each shipped method, for each task, on each encoder that is there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mindgap.builders.base import Builder
from mindgap.encoders.base import Encoder, Progress
from mindgap.errors import Unavailable
from mindgap.presets import DEFAULT_PRESET, PRESETS, Role
from mindgap.projections import METHODS
from mindgap.projections.checkpoint import read_card
from mindgap.tasks import TASKS, Task

if TYPE_CHECKING:
    from mindgap.models import Models
    from mindgap.training.run import TrainingReport

SHIPPED = {
    Role.SENTENCE: ("residual", "cca", "centred", "n-pairs", "ridge"),
    # the default and the paper's recipe: each checkpoint adds megabytes to the repository
    Role.CODE: ("residual", "n-pairs"),
}
SEED = 0


def _run(bars: Callable[[str], Progress]) -> Iterator[str]:
    from mindgap.models import Models
    from mindgap.retrievers import RETRIEVERS

    models = Models()
    roles: list[Role] = list(dict.fromkeys(spec.role for spec in RETRIEVERS if spec.projected and spec.role))
    for role in roles:
        spec = PRESETS.get(DEFAULT_PRESET).models[role]
        try:
            encoder = models.encoder(spec)
        except Unavailable as missing:
            yield f"{spec.name}: left out. {missing}"
            continue
        for task in TASKS:
            for method in SHIPPED.get(role, SHIPPED[Role.SENTENCE]):
                yield _build(models, encoder, task, method, bars)


def _build(models: Models, encoder: Encoder, task: Task, method: str, bars: Callable[[str], Progress]) -> str:
    from mindgap.models import checkpoint_folder
    from mindgap.training.run import task_data, train_checkpoint

    folder = checkpoint_folder(DEFAULT_PRESET, task.name, encoder.name, method)
    fresh = folder.with_name(folder.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    report = train_checkpoint(
        task_data(task, SEED),
        encoder,
        METHODS.get(method),
        fresh,
        models.store.embed,
        seed=SEED,
        progress=bars(f"{encoder.name} {task.name}"),
        preset=DEFAULT_PRESET,
    )
    _replace(folder, fresh)
    return _line(folder, report)


def _replace(folder: Path, fresh: Path) -> None:
    old = folder.with_name(folder.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        os.rename(folder, old)
    os.rename(fresh, folder)
    shutil.rmtree(old, ignore_errors=True)


def _line(folder: Path, report: TrainingReport) -> str:
    accuracy = read_card(folder)["metrics"]["validation"]["accuracy"]
    return f"{folder}: {report.pairs:,} pairs, {report.seconds:.1f} s, validation accuracy {accuracy:.4f}"


PROJECTIONS = Builder("projections", "trains the shipped projections of the offline preset", _run)
