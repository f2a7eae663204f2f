"""What commands share: arguments, tables, JSON, progress."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mindgap.encoders.base import Progress


@dataclass(frozen=True)
class Command:
    """One command: `run` takes the parsed arguments and returns the exit status."""

    name: str
    help: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def add_json(parser: argparse.ArgumentParser) -> None:
    """--json."""
    parser.add_argument("--json", action="store_true", help="print JSON for machines, nothing else on standard output")


def positive(text: str) -> int:
    """An argument that is a whole number from 1."""
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def seed(text: str) -> int:
    """An argument that seeds a random generator: a whole number from 0 to 4,294,967,295."""
    if not text.isdecimal() or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to {2**32 - 1:,}")
    return int(text)


def positive_real(text: str) -> float:
    """An argument that is a finite number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return value


def print_json(value: Any) -> None:
    """One JSON document on standard output; never NaN."""
    print(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False))


def print_table(rows: Sequence[Sequence[object]], header: Sequence[str]) -> None:
    """A table with columns as wide as they need; numbers to the right."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(len(row[i]) for row in [list(header), *cells]) for i in range(len(header))]
    right = [all(isinstance(row[i], int | float) or row[i] is None for row in rows) for i in range(len(header))]
    for row in [list(header), *cells]:
        line = (text.rjust(w) if r else text.ljust(w) for text, w, r in zip(row, widths, right, strict=True))
        print("  ".join(line).rstrip())


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def progress_bar(heading: str) -> Progress:
    """A progress bar on standard error; nothing where standard error is no terminal."""
    from tqdm import tqdm

    bar: list[Any] = []

    def update(done: int, total: int) -> None:
        if not bar:
            bar.append(tqdm(total=total, desc=heading, leave=False, file=sys.stderr, disable=None))
        bar[0].update(done - bar[0].n)
        if done >= total:
            bar[0].close()
            bar.clear()

    return update


def say(sentence: str) -> None:
    """A sentence for the person at the terminal, on standard error."""
    print(sentence, file=sys.stderr)
