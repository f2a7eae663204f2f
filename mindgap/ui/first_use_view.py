"""A projection that is missing: the offer to train it, and how its training is coming on."""

from __future__ import annotations

import logging
from typing import Any

from mindgap.first_use import Estimate, FirstUse, Training, may_train, missing_training
from mindgap.presets import known_models
from mindgap.projections import METHODS
from mindgap.runs import Status
from mindgap.tasks import TASKS
from mindgap.types import Comparison
from mindgap.ui.templating import render

_log = logging.getLogger(__name__)
_ENCODING = 0.8
"""The share of the bar that encoding has where nothing was estimated: on a CPU an encoder takes most of the time."""
LASTS = "It goes on while somebody follows it, and is kept when it is done."


def offers(first_use: FirstUse, comparison: Comparison, method: str) -> dict[str, dict[str, str]]:
    """For each column whose projection can be trained here: what the button says, and what it will take."""
    found = {}
    for ranking in comparison.retrievers if may_train() else ():
        if not ranking.unavailable:
            continue
        try:
            if training := missing_training(comparison.preset, comparison.task, method, ranking.name):
                found[ranking.name] = _offer(first_use, training)
        except Exception:
            # an offer is an extra: whatever befalls its estimate, the answers of the other columns are shown
            _log.exception("no training could be offered for %s", ranking.name)
    return found


def _offer(first_use: FirstUse, training: Training) -> dict[str, str]:
    if first_use.runs.under_way(training):
        return {"button": "Follow it", "says": "It is being trained now."}
    estimate = first_use.estimate(training)
    says = _takes(estimate) if estimate else "How long it takes cannot be told while another training runs."
    return {"button": "Train it here", "says": says}


def _takes(estimate: Estimate) -> str:
    """The estimate in words, rounded so that it promises no more than it knows."""
    then = f", then {estimate.epochs} epochs" if estimate.epochs else ""
    return f"About {duration(estimate.seconds)} on this machine: {estimate.texts:,} texts to encode{then}."


def duration(seconds: float) -> str:
    """Seconds as a person says them: "40 seconds", "12 minutes", "3 hours"."""
    if seconds < 90:
        return f"{max(10, round(seconds, -1)):.0f} seconds"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} minutes"
    return f"{seconds / 3600:.1f} hours"


def render_training(first_use: FirstUse, status: Status[Training]) -> str:
    """The bar and the sentence of a training; nothing where the visitor waits for none."""
    if status.phase == "failed":
        return render("notice.html", message=status.message)
    if status.job is None or status.phase == "none":
        return ""
    if status.phase == "done":
        return render("run_ended.html", message=f"Trained and kept: {_what(status.job)}.", quiet=False)
    return render("run_progress.html", label="Training", company=LASTS, **_progress(first_use, status, status.job))


def _progress(first_use: FirstUse, status: Status[Training], training: Training) -> dict[str, Any]:
    if status.phase == "waiting":
        before = "Another training is" if status.ahead == 1 else f"{status.ahead} other trainings are"
        return {"sentence": f"{before} under way; this one begins as soon as that is done.", "percent": None}
    if not status.heading:
        return {"sentence": f"{_what(training)}: starting…", "percent": 0}
    unit = {"encoding": "texts encoded", "training": "epochs"}[status.heading]
    share = _share(first_use, status, training)
    sentence = f"{_what(training)}: {status.done:,} of {status.total:,} {unit}"
    return {"sentence": sentence, "percent": round(100 * share)}


def _share(first_use: FirstUse, status: Status[Training], training: Training) -> float:
    """How much is done, 0 to 1; each part has the room that its estimate gives it."""
    estimate = first_use.estimate(training)
    encoding = estimate.encoding / max(estimate.seconds, 1e-9) if estimate else _ENCODING
    inside = status.done / status.total if status.total else 0.0
    return encoding * inside if status.heading == "encoding" else encoding + (1 - encoding) * inside


def _what(training: Training) -> str:
    encoder = known_models()[training.encoder].label
    return f"{METHODS.get(training.method).label} on {encoder}, {TASKS.get(training.task).title}"
