"""The figure of the data card: how many pairs each topic has, and how long queries and documents are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from html import escape

from mindgap import paths
from mindgap.builders.base import Builder
from mindgap.encoders.base import Progress
from mindgap.files import write_atomically
from mindgap.tasks import SPLITS, TASKS, Task
from mindgap.types import Pair

_SHADES = {"train": "#0072b2", "validation": "#56b4e9", "test": "#d55e00"}
_ROW, _LABEL, _BAR = 15, 150, 300
_BINS = 24


def _run(bars: Callable[[str], Progress]) -> Iterator[str]:
    for task in TASKS:
        path = paths.data(task.name) / "distribution.svg"
        write_atomically(path, _figure(task).encode("utf-8"))
        yield str(path)


def _figure(task: Task) -> str:
    splits = {split: task.pairs(split) for split in SPLITS}
    topics = sorted({pair.topic for pairs in splits.values() for pair in pairs})
    height = 60 + _ROW * len(topics)
    parts = [_text(10, 22, f"{task.title}: pairs by topic", 14), _legend(), _topics(splits, topics)]
    everything = [pair for pairs in splits.values() for pair in pairs]
    parts.append(_histogram([len(p.query.split()) for p in everything], 520, 60, "words of a query"))
    if task.document_language:
        parts.append(_histogram([len(p.document.splitlines()) for p in everything], 520, 220, "lines of a document"))
    else:
        parts.append(_histogram([len(p.document.split()) for p in everything], 520, 220, "words of a document"))
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 860 {max(height, 360)}" font-family="sans-serif" '
        f'font-size="11"><rect width="100%" height="100%" fill="#fff"/>\n{body}\n</svg>\n'
    )


def _legend() -> str:
    boxes = (
        f'<rect x="{_LABEL + 90 * i}" y="32" width="9" height="9" fill="{shade}"/>'
        + _text(_LABEL + 90 * i + 14, 41, split, 11)
        for i, (split, shade) in enumerate(_SHADES.items())
    )
    return "".join(boxes)


def _topics(splits: dict[str, tuple[Pair, ...]], topics: list[str]) -> str:
    counts = {split: Counter(pair.topic for pair in pairs) for split, pairs in splits.items()}
    most = max(sum(counts[split][topic] for split in splits) for topic in topics)
    rows = []
    for i, topic in enumerate(topics):
        y, x = 54 + _ROW * i, float(_LABEL)
        rows.append(f'<text x="{_LABEL - 8}" y="{y + 9}" text-anchor="end" fill="#16202c">{escape(topic)}</text>')
        for split, shade in _SHADES.items():
            width = _BAR * counts[split][topic] / most
            rows.append(f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="10" fill="{shade}"/>')
            x += width
        rows.append(_text(x + 5, y + 9, str(sum(counts[split][topic] for split in splits)), 10))
    return "\n".join(rows)


def _histogram(values: list[int], x: int, y: int, title: str) -> str:
    top = sorted(values)[int(0.995 * (len(values) - 1))]
    step = max(1, -(-top // _BINS))
    bins = Counter(min(value // step, _BINS - 1) for value in values)
    most, width = max(bins.values()), 300 / _BINS
    bars = [
        f'<rect x="{x + width * i:.1f}" y="{y + 110 - 100 * n / most:.1f}" width="{width - 1:.1f}" '
        f'height="{100 * n / most:.1f}" fill="#5b6878"/>'
        for i, n in sorted(bins.items())
    ]
    axis = _text(x, y + 124, "0", 10) + _text(x + 276, y + 124, f"{step * _BINS}+", 10)
    return "\n".join([_text(x, y, title, 12), *bars, axis])


def _text(x: float, y: float, text: str, size: int) -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" fill="#16202c">{escape(text)}</text>'


DATA_FIGURE = Builder("data-figure", "draws the figures of the data card", _run)
