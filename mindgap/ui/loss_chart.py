"""The loss of a training over its steps, as numbers for a small drawing in SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

WIDTH, HEIGHT = 360, 210
LEFT, RIGHT, TOP, BOTTOM = 38, 12, 26, 40
"""Margins of the drawing, in the same units as its size."""
_MOST_TICKS = 5
_LINES = (("loss", "training", "training"), ("held_out_loss", "held-out text", "held-out"))


def loss_chart(points: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """Lines and ticks of a loss curve; None for fewer than two points, which make no line.

    Args:
        points: each with step, loss and held_out_loss.

    Raises:
        LookupError, TypeError, ValueError or ArithmeticError for points that are no such numbers.
    """
    steps = [_finite(point["step"]) for point in points]
    losses = {name: [_finite(point[name]) for point in points] for name, _, _ in _LINES}
    if len(points) < 2:
        return None
    last = max(*steps, 1.0)
    every = nice_step(max(map(max, losses.values())) - min(map(min, losses.values())) or 1.0)
    low = every * math.floor(min(map(min, losses.values())) / every)
    high = max(every * math.ceil(max(map(max, losses.values())) / every), low + every)

    def x(step: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * step / last, 1)

    def y(loss: float) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (high - loss) / (high - low), 1)

    return {
        "width": WIDTH, "height": HEIGHT, "left": LEFT, "right": WIDTH - RIGHT, "top": TOP, "bottom": HEIGHT - BOTTOM,
        "x_ticks": [(x(step), f"{step:,.0f}") for step in _ticks(0.0, last, max(1.0, nice_step(last)))],
        "y_ticks": [(y(loss), f"{loss:g}") for loss in _ticks(low, high, every)],
        "lines": [
            {"kind": kind, "label": label, "path": _path(map(x, steps), map(y, losses[name])),
             "first": f"{losses[name][0]:.2f}", "last": f"{losses[name][-1]:.2f}"}
            for name, label, kind in _LINES
        ],
        "steps": f"{last:,.0f}",
    }  # fmt: skip


def nice_step(span: float) -> float:
    """A distance of 1, 2 or 5 times a power of ten that cuts `span`, above 0, into at most five parts."""
    least = span / _MOST_TICKS
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * (1 - 1e-9))


def _ticks(low: float, high: float, step: float) -> list[float]:
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [step * number for number in range(first, last + 1)]


def _path(xs: Any, ys: Any) -> str:
    return "M" + "L".join(f"{x} {y}" for x, y in zip(xs, ys, strict=True))


def _finite(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{value} is no finite number")
    return number
