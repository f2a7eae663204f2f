"""The shipped maps: every kind of layout for every shipped checkpoint, on the test split of its task."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mindgap import paths
from mindgap.builders.base import Builder
from mindgap.encoders.base import Progress
from mindgap.errors import MindGapError, Unavailable
from mindgap.presets import PRESETS, known_models
from mindgap.projections.checkpoint import CARD, Checkpoint, read_checkpoint
from mindgap.tasks import TASKS, Task

if TYPE_CHECKING:
    from mindgap.encoders.base import Encoder
    from mindgap.models import Models
    from mindgap.visualization.layouts import Quality

SEED = 0


def _run(bars: Callable[[str], Progress]) -> Iterator[str]:
    from mindgap.models import Models

    models = Models()
    for preset in PRESETS:
        for task in TASKS:
            for card in sorted((paths.checkpoints() / preset.name / task.name).glob(f"*/{CARD}")):
                # beside the finished ones lie folders that are just being written or replaced
                if "." not in card.parent.name:
                    yield from _build(models, preset.name, task, card.parent, bars)


def _build(models: Models, preset: str, task: Task, folder: Path, bars: Callable[[str], Progress]) -> Iterator[str]:
    try:
        checkpoint = read_checkpoint(folder)
        encoder = _encoder(models, checkpoint)
    except MindGapError as error:
        yield f"{folder}: left out. {error}"
        return
    yield from _lay_out(models, encoder, checkpoint, preset, task, bars(folder.name))


def _encoder(models: Models, checkpoint: Checkpoint) -> Encoder:
    name = str(checkpoint.card["encoder"].get("name"))
    if name not in known_models():
        raise Unavailable(f"Its encoder {name!r} belongs to no preset", "only encoders of a preset have shipped maps.")
    encoder = models.encoder(known_models()[name])
    checkpoint.require_encoder(encoder.fingerprint, encoder.label)
    return encoder


def _lay_out(
    models: Models, encoder: Encoder, checkpoint: Checkpoint, preset: str, task: Task, bar: Progress
) -> Iterator[str]:
    from mindgap.visualization.layout_file import Sources, layout_path, map_texts, write_layout
    from mindgap.visualization.layouts import LAYOUTS, lay_out

    query_texts, document_texts = map_texts(task)
    queries = models.store.embed(encoder, query_texts)
    documents = models.store.embed(encoder, document_texts)
    mapped = (checkpoint.projection.map_documents(documents), checkpoint.projection.map_queries(queries))
    for done, kind in enumerate(LAYOUTS, 1):
        started = time.perf_counter()
        layout = lay_out(kind.name, documents, mapped[0], queries, mapped[1], SEED)
        path = layout_path(preset, task.name, encoder.name, checkpoint.method, kind.name)
        write_layout(path, layout, Sources.of(kind.name, checkpoint.card, query_texts, document_texts))
        bar(done, len(LAYOUTS))
        yield f"{path}: {_in_words(layout.quality)}, {time.perf_counter() - started:.1f} s"


def _in_words(quality: Quality) -> str:
    return ", ".join(
        f"{name.replace('_', ' ')} {quality['before'][name]:.2f} before and {quality['after'][name]:.2f} after"
        for name in quality["before"]
    )


LAYOUTS_BUILDER = Builder("layouts", "lays out the maps of every shipped projection", _run)
