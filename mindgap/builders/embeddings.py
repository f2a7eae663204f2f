"""The shipped embeddings: each gallery through each encoder of the offline preset, so that nobody waits for them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

from mindgap import paths
from mindgap.builders.base import Builder
from mindgap.encoders.base import Progress
from mindgap.errors import Unavailable
from mindgap.presets import DEFAULT_PRESET, PRESETS, Role
from mindgap.tasks import TASKS

OF_DOCUMENTS = (Role.SENTENCE, Role.CODE, Role.DPR_CONTEXT)
"""The roles whose model encodes documents."""


def _run(bars: Callable[[str], Progress]) -> Iterator[str]:
    from mindgap.encoders.store import EmbeddingStore
    from mindgap.models import Models

    fresh, folder = paths.assets() / ".writing-embeddings", paths.shipped_embeddings()
    shutil.rmtree(fresh, ignore_errors=True)
    models, store = Models(EmbeddingStore(fresh)), EmbeddingStore(fresh)
    for role in OF_DOCUMENTS:
        spec = PRESETS.get(DEFAULT_PRESET).models[role]
        try:
            encoder = models.encoder(spec)
        except Unavailable as missing:
            yield f"{spec.name}: left out. {missing}"
            continue
        for task in TASKS:
            vectors = store.embed(encoder, task.gallery.texts, bars(f"{spec.name} {task.name}"))
            yield f"{spec.name} {task.name}: {len(vectors):,} documents, {vectors.nbytes / 1e6:.1f} MB"
    if fresh.is_dir():  # not where no encoder was there
        # what belonged to other weights or other texts goes
        shutil.rmtree(folder, ignore_errors=True)
        fresh.rename(folder)


EMBEDDINGS = Builder("embeddings", "encodes every gallery with the offline preset's encoders", _run)
