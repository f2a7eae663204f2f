"""The files of a data set as tables: Parquet, JSON lines, JSON, CSV and TSV, read by their columns."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mindgap.errors import Unavailable
from mindgap.text import printable

FORMATS = (".parquet", ".jsonl", ".ndjson", ".json", ".csv", ".tsv")
"""The best first: where a repository has its rows in several, those of the first are read."""

_NO_ROWS = ("dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json", "config.json")
_SPLITS = {
    "train": "train", "training": "train", "test": "test", "testing": "test",
    "validation": "validation", "valid": "validation", "val": "validation", "dev": "validation",
}  # fmt: skip
_NAMED = re.compile(rf"({'|'.join(sorted(_SPLITS, key=len, reverse=True))})(?![a-z])")
_CONTENTS = re.compile(
    r"exists \d+ times|specified twice|changed from .* to|conversion error|Could not convert|cannot mix|too large|"
    r"Expected bytes",
    re.IGNORECASE,
)
"""What Arrow says of a whole file with two columns of one name, or with values of several types in one column."""


def split_files(folder: Path) -> dict[str, tuple[Path, ...]]:
    """Split ("train", "test", "validation") -> its files in order of their names, out of a data set's folder.

    A split is told by the name of a file or of a folder above it (`data/train-00000-of-00002.parquet`); what names none
    is "train". Empty where there are no rows.
    """
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in _NO_ROWS]
    files = [path for path in files if not any(part.startswith(".") for part in path.relative_to(folder).parts)]
    for suffix in FORMATS:
        chosen = [path for path in files if path.suffix.lower() == suffix]
        if chosen:
            found: dict[str, list[Path]] = {}
            for path in chosen:
                found.setdefault(_split_of(path.relative_to(folder)), []).append(path)
            return {name: tuple(paths) for name, paths in found.items()}
    return {}


def _split_of(path: Path) -> str:
    for part in (path.stem, *reversed(path.parts[:-1])):
        named = _NAMED.match(part.lower())
        if named:
            return _SPLITS[named[1]]
    return "train"


def text_columns(files: Sequence[Path], cure: str) -> dict[str, bool]:
    """Column -> whether it holds text, in the order of the first file.

    Raises Unavailable with `cure` where that file cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    first = files[0]
    try:
        schema = pq.read_schema(first) if first.suffix.lower() == ".parquet" else _table(first).schema
    except (OSError, ValueError, OverflowError, RecursionError, pa.ArrowException) as error:
        raise _unreadable(first, error, cure) from error
    return {field.name: _is_text(field.type) for field in schema}


def _is_text(kind: Any) -> bool:
    import pyarrow.types as types

    kind = kind.value_type if types.is_dictionary(kind) else kind
    return types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)


def read_columns(
    files: Sequence[Path], names: Sequence[str], cure: str, limit: int | None = None
) -> dict[str, list[Any]]:
    """Column -> its values, row by row through all files; only the columns asked for, and the first `limit` rows.

    Raises Unavailable with `cure` where a file cannot be read or lacks a column.
    """
    import pyarrow as pa

    values: dict[str, list[Any]] = {name: [] for name in names}
    for path in files:
        left = None if limit is None else limit - len(values[names[0]])
        if left is not None and left <= 0:
            break
        try:
            table = _table(path, list(dict.fromkeys(names))).slice(0, left)
            for name in values:
                values[name] += table.column(name).to_pylist()
        except (OSError, ValueError, KeyError, OverflowError, RecursionError, pa.ArrowException) as error:
            raise _unreadable(path, error, cure) from error
    return values


def _table(path: Path, names: list[str] | None = None) -> Any:
    """The rows of one file as an Arrow table; Parquet is memory-mapped and only the named columns are read."""
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.json
    import pyarrow.parquet as pq

    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return pq.read_table(path, columns=names, memory_map=True)
    if suffix in (".csv", ".tsv"):
        # a program spans several lines
        parse = pa.csv.ParseOptions(delimiter="," if suffix == ".csv" else "\t", newlines_in_values=True)
        return pa.csv.read_csv(path, parse_options=parse)
    if suffix == ".json":
        rows = json.loads(path.read_text("utf-8-sig"))
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise ValueError("it is not a list of objects")
        wanted = names if names is not None else list(rows[0]) if rows else []
        return pa.table({name: _json_column(rows, name, strict=names is not None) for name in wanted})
    return pa.json.read_json(path, parse_options=pa.json.ParseOptions(newlines_in_values=False))


def _json_column(rows: list[dict[str, Any]], name: str, strict: bool) -> Any:
    """One column; where Arrow has no type for its values, an error if `strict`, else nulls, which are no text."""
    import pyarrow as pa

    try:
        return pa.array([row.get(name) for row in rows])
    except (OverflowError, pa.ArrowInvalid, pa.ArrowTypeError):
        if strict:
            raise
        return pa.nulls(len(rows))


def _unreadable(path: Path, error: Exception, cure: str) -> Unavailable:
    reason = printable(" ".join(str(error).split()), 120).rstrip(".")
    if isinstance(error, OverflowError) or _CONTENTS.search(str(error)):
        cure = "its contents are at fault and fetching it again does not help; give the pairs as a file with --pairs"
    return Unavailable(f"{path.name} of the data set in {path.parent} cannot be read ({reason})", cure)
