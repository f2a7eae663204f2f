"""Two fine-tuned encoders on disk: a model folder for each side with its card, and card.json that joins them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mindgap.encoders.pair import DOCUMENT, FORMAT, KIND, QUERY
from mindgap.encoders.spec import Hub, ModelSpec
from mindgap.errors import CallerError
from mindgap.files import new_folder
from mindgap.pretraining.output import write_encoder
from mindgap.projections.base import Recipe
from mindgap.projections.checkpoint import CARD
from mindgap.tasks.base import data_fingerprint
from mindgap.training.run import TrainingData, training_command
from mindgap.training.trainer import Epoch

_LANGUAGES = {"english-french": ["en", "fr"], "pseudocode-c": ["en"]}
_UNKNOWN_LANGUAGE = ["und"]


@dataclass(frozen=True)
class FineTuned:
    """How two encoders came about: where they began, and what they were trained on.

    Attributes:
        source: how the encoder was named.
        fingerprint: of the encoder that both began from.
        rows: training rows.
        curve: step, mean loss and held-back loss after each epoch.
    """

    spec: ModelSpec
    source: str
    fingerprint: str
    method: str
    recipe: Recipe
    seed: int
    data: TrainingData
    rows: int
    epochs: tuple[Epoch, ...]
    curve: list[dict[str, float]]

    @property
    def settings(self) -> dict[str, Any]:
        """The part of the recipe that has a meaning here."""
        own = "margin" if self.recipe.loss == "n-pairs" else "temperature"
        return {name: getattr(self.recipe, name) for name in ("loss", "epochs", "batch_size", "learning_rate", own)} | {
            "optimiser": "Adam"
        }


def write_fine_tuned(
    output: Path, made: FineTuned, metrics: dict[str, float], seconds: float, sides: Sequence[tuple[Any, Any]]
) -> None:
    """Write the query side and the document side, each a model and its tokenizer, to `output`.

    `metrics` are accuracy, queries and documents of the held-back pairs, for the rounded weights.

    Raises CallerError when `output` is there already.
    """
    try:
        with new_folder(output) as folder:
            for name, (model, tokenizer) in zip((QUERY, DOCUMENT), sides, strict=True):
                write_encoder(folder / name, model, tokenizer, _side_card(made, name, metrics, seconds))
            card = json.dumps(_card(made, metrics, seconds), indent=2, ensure_ascii=False)
            (folder / CARD).write_text(card + "\n", "utf-8")
    except FileExistsError:
        raise CallerError(f"{output} is there already; nothing was overwritten. Name another folder.") from None


def _card(made: FineTuned, metrics: dict[str, float], seconds: float) -> dict[str, Any]:
    spec, data = made.spec, made.data
    return {
        "format": FORMAT,
        "kind": KIND,
        "method": made.method,
        "task": data.task,
        "encoder": {
            "name": spec.name,
            "label": spec.label,
            "fingerprint": made.fingerprint,
            "source": made.source,
        },
        "use": {
            "pooling": spec.pooling.value,
            "normalise": spec.normalise,
            "max_length": spec.max_length,
            "architecture": spec.architecture,
        },
        "settings": made.settings,
        "seed": made.seed,
        "data": {
            "source": data.source,
            "fields": list(data.fields),
            "train": data_fingerprint(data.train),
            "validation": data_fingerprint(data.validation),
        },
        "pairs": made.rows,
        "seconds": round(seconds, 1),
        "epochs": [dataclasses.asdict(epoch) for epoch in made.epochs],
        "metrics": {"validation": metrics},
    }


def _side_card(made: FineTuned, name: str, metrics: dict[str, float], seconds: float) -> dict[str, Any]:
    spec, settings = made.spec, made.settings
    side, other = ("queries", DOCUMENT) if name == QUERY else ("documents", QUERY)
    return {
        "kind": "encoder",
        "name": name,
        "label": f"{spec.label}, fine-tuned for {side}",
        "about": f"Turns {side} into embeddings, pooled by {spec.pooling.value}"
        f"{' and scaled to length 1' if spec.normalise else ''}; made to be used with `{other}` beside it, "
        "by cosine. There is no projection: both encoders were trained end to end.",
        "licence": (spec.licence or "other").lower(),
        "languages": _LANGUAGES.get(made.data.task or "", _UNKNOWN_LANGUAGE),
        "base_model": spec.source.repository if isinstance(spec.source, Hub) else None,
        "tags": ["retrieval", "fine-tuned"],
        "made": {
            "start": spec.label,
            "text": f"{made.rows:,} pairs: {made.data.source}",
            "training": ", ".join(f"{key} {value}" for key, value in settings.items()),
            "seconds": f"{seconds:.0f}",
        },
        "settings": settings,
        "seed": made.seed,
        "commands": [_command(made)],
        "curve": made.curve,
        "seconds": round(seconds, 1),
        "measured": "Share of held-back queries whose own document is first by cosine, with both encoders.",
        "metrics": {made.data.task or "own pairs": metrics},
        "limits": [
            "- Texts unlike those of the training pairs may be embedded worse than by the encoder it began from."
        ],
    }


def _command(made: FineTuned) -> str:
    return training_command(made.data, made.source, made.method, made.recipe, made.seed, "--fine-tune-encoders")
