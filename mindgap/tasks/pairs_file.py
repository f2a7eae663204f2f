"""A user's own pairs: CSV, TSV or JSONL with columns query, document and optionally label."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mindgap.errors import CallerError
from mindgap.types import Pair

MAX_BYTES = 100_000_000
_TEXT_FIELDS = ("query", "document", "description", "question", "topic", "id")


def read_pairs(path: Path) -> tuple[Pair, ...]:
    """The pairs of a file, in file order, `line` counting from 1 as an editor does.

    Raises:
        CallerError: no such file, another format, not UTF-8, a missing column, an empty field, a label other than
            0 or 1; the message names the line.
    """
    text = _read(path)
    suffix = path.suffix.lower()
    if suffix in (".jsonl", ".ndjson"):
        rows = _json_rows(text, path)
    elif suffix in (".csv", ".tsv"):
        rows = _table_rows(text, path, "," if suffix == ".csv" else "\t")
    else:
        raise CallerError(f"{path.name} is neither .csv, .tsv nor .jsonl. Save the pairs in one of these formats.")
    pairs = tuple(_pair(row, line, path) for line, row in rows)
    if not pairs:
        raise CallerError(f"{path.name} has no pairs. It needs a line for each, with the columns query and document.")
    return pairs


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise CallerError(f"{path.name} is larger than {MAX_BYTES // 1_000_000} MB. Split it.")
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise CallerError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CallerError(f"{path.name} is not UTF-8 (byte {error.start}). Save it as UTF-8.") from error


def _json_rows(text: str, path: Path) -> Iterator[tuple[int, dict[str, object]]]:
    # split on "\n" only: str.splitlines would also cut at U+2028 inside a JSON string
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise CallerError(f"Line {number} of {path.name} is not JSON ({error}).") from error
        if not isinstance(row, dict):
            raise CallerError(f"Line {number} of {path.name} is not a JSON object with query and document.")
        yield number, row


def _table_rows(text: str, path: Path, delimiter: str) -> Iterator[tuple[int, dict[str, object]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    names = [name.strip().lower() for name in reader.fieldnames or []]
    missing = [name for name in ("query", "document") if name not in names]
    if missing:
        raise CallerError(
            f"{path.name} lacks the column {' and '.join(missing)}. "
            f"Its first line names: {', '.join(names) or 'nothing'}."
        )
    reader.fieldnames = names
    try:
        for row in reader:
            yield reader.line_num, dict(row)
    except csv.Error as error:
        raise CallerError(f"Line {reader.line_num} of {path.name} is broken ({error}).") from error


def _pair(row: dict[str, object], line: int, path: Path) -> Pair:
    fields: dict[str, Any] = {}
    for name in _TEXT_FIELDS:
        value = row.get(name) or ""
        if not isinstance(value, str):
            raise CallerError(f"Line {line} of {path.name}: {name} must be text.")
        fields[name] = value.strip() if name != "document" else value.strip("\r\n").rstrip()
    for name in ("query", "document"):
        if not fields[name].strip():
            raise CallerError(f"Line {line} of {path.name}: {name} is empty.")
    fields["id"] = fields["id"] or f"line-{line}"
    return Pair(**fields, label=_label(row.get("label"), line, path), line=line)


def _label(value: object, line: int, path: Path) -> int:
    if value is None or value == "":
        return 1
    if str(value).strip() in ("1", "1.0", "True", "true"):
        return 1
    if str(value).strip() in ("0", "0.0", "False", "false"):
        return 0
    raise CallerError(f"Line {line} of {path.name}: label must be 1 or 0, not {str(value)[:20]!r}.")
