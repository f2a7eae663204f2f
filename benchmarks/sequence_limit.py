"""How many tokens MiniLM should read: accuracy without projection on the validation splits at 256 and 512."""

from __future__ import annotations

import dataclasses

from mindgap.models import Models
from mindgap.presets import MINILM
from mindgap.projections.identity import IdentityProjection
from mindgap.tasks import TASKS
from mindgap.training.pairs import top1_accuracy
from mindgap.training.run import embed_pairs

LIMITS = (256, 512)


def main() -> None:
    models = Models()
    for task in TASKS:
        for limit in LIMITS:
            encoder = models.encoder(dataclasses.replace(MINILM, max_length=limit))
            pairs = embed_pairs(task.pairs("validation"), task.train_fields, encoder, models.store.embed)
            accuracy = top1_accuracy(IdentityProjection(), pairs)
            print(f"{task.name}, first {limit} tokens: accuracy {accuracy:.4f} ({len(pairs):,} validation queries)")


if __name__ == "__main__":
    main()
