"""A user's own pairs: CSV, TSV or JSONL with columns query, document and optionally label.

Line numbers count from 1 as an editor does: a line ends with LF, CRLF or a lone CR. A row is named by the line where it
starts, also where a quoted text spans several lines.
"""

from __future__ import annotations

import csv
import io
import json
import re
import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from mindgap.errors import CallerError
from mindgap.text import printable
from mindgap.types import Pair

MAX_BYTES = 100_000_000
MAX_PAIRS = 1_000_000
MAX_LINES = 10_000_000
MAX_TEXT = 100_000
"""Characters of one text. Fewer than the csv module takes in one field (131,072), so that this limit is the one met."""

MAX_LINE = 10_000_000
"""Characters of one line: six texts, every character as two JSON escapes, and room to spare."""

_TEXT_FIELDS = ("query", "document", "description", "question", "topic", "id")
_SURROGATE = re.compile("[\ud800-\udfff]")
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_EXAMPLE = '{"query": "...", "document": "..."}'
_SAVE_AS_UTF8 = 'save the file as UTF-8 (in a spreadsheet: "CSV UTF-8")'

Row = tuple[int, dict[str, object]]
"""The line where a row starts, and its cells by column."""


def read_pairs(path: Path) -> tuple[Pair, ...]:
    """The pairs of a file, in file order; `line` is where the row starts.

    Raises:
        CallerError: no such file, another format, more than 100 MB, a million pairs or ten million lines, not UTF-8,
            a missing or doubled column, a row with too many or too few cells, a quote that is never closed, an empty
            or too long text, a value that is no text, a label other than 0 or 1; one sentence that names the line
            where there is one.
    """
    _require_file(path)
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".tsv", ".jsonl", ".ndjson"):
        raise CallerError(f"{path.name} is neither .csv, .tsv nor .jsonl: save the pairs in one of these formats.")
    text = _read(path)
    if suffix in (".csv", ".tsv"):
        rows = _table_rows(text, path, "," if suffix == ".csv" else "\t")
    else:
        rows = _json_rows(text, path)
    pairs = []
    for line, row in rows:
        pairs.append(_pair(row, line, path))
        if len(pairs) > MAX_PAIRS:
            raise CallerError(f"{path.name} has more than {MAX_PAIRS:,} pairs: split it.")
    if not pairs:
        raise CallerError(f"{path.name} has no pairs: it needs a line for each, with the columns query and document.")
    return tuple(pairs)


def distinct_pairs(pairs: Iterable[Pair]) -> tuple[tuple[Pair, ...], tuple[str, ...]]:
    """The pairs without repetitions (the first stays), and a sentence with the line number for each one left out."""
    first: dict[tuple[str, str, int], Pair] = {}
    repeated = []
    for pair in pairs:
        known = first.setdefault((pair.query, pair.document, pair.label), pair)
        if known is not pair:
            repeated.append(f"line {pair.line}: the same pair as line {known.line}")
    return tuple(first.values()), tuple(repeated)


def _require_file(path: Path) -> None:
    try:
        # opening a pipe would wait for its other end
        if not stat.S_ISREG(path.stat().st_mode):
            raise CallerError(f"{path} cannot be read: it is not a file.")
    except OSError as error:
        raise CallerError(f"{path} cannot be read: {error.strerror}.") from error


def _read(path: Path) -> str:
    try:
        # no more than needed to know that it is too large, whatever the file says of its size
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise CallerError(f"{path} cannot be read: {error.strerror}.") from error
    if len(raw) > MAX_BYTES:
        raise CallerError(f"{path.name} is larger than {MAX_BYTES // 1_000_000} MB: split it.")
    if not raw.strip(b"\xef\xbb\xbf \t\r\n"):
        raise CallerError(
            f"{path.name} is empty ({_count(len(raw), 'byte')}): it needs a line for each pair, query and document."
        )
    return _decode(raw, path)


def _decode(raw: bytes, path: Path) -> str:
    """The text. NUL bytes are looked for here, for the csv module takes them for text."""
    if raw.startswith(_UTF16_MARKS):
        raise CallerError(f"Line 1 of {path.name} begins as UTF-16, not UTF-8: {_SAVE_AS_UTF8}.")
    nul = raw.find(b"\0")
    if nul >= 0:
        raise CallerError(
            f"Line {_line_of(raw, nul)} of {path.name} has a NUL byte, as UTF-16 or a binary file has: {_SAVE_AS_UTF8}."
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # the decoder counts from behind the mark of UTF-8, if there is one
        place = error.start + (3 if raw.startswith(b"\xef\xbb\xbf") else 0)
        raise CallerError(
            f"Line {_line_of(raw, place)} of {path.name} is not UTF-8 (byte 0x{raw[place]:02X}), "
            f"perhaps Latin-1 or Windows-1252: {_SAVE_AS_UTF8}."
        ) from error


def _line_of(raw: bytes, place: int) -> int:
    return 1 + raw.count(b"\n", 0, place) + raw.count(b"\r", 0, place) - raw.count(b"\r\n", 0, place)


def _json_rows(text: str, path: Path) -> Iterator[Row]:
    # str.splitlines would also cut at U+2028, which a JSON string may hold as it is
    for number, line in enumerate(_lines(text, path), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line, object_pairs_hook=_Object)
        except RecursionError as error:
            raise CallerError(f"Line {number} of {path.name} is nested too deeply; a pair is {_EXAMPLE}.") from error
        except ValueError as error:
            reason = printable(getattr(error, "msg", error), 80)
            raise CallerError(
                f"Line {number} of {path.name} is not JSON ({reason}); each line is one pair, {_EXAMPLE}."
            ) from error
        if not isinstance(row, _Object):
            raise CallerError(f"Line {number} of {path.name} is {_kind(row)}, not a JSON object; a pair is {_EXAMPLE}.")
        yield number, _columns(row, number, path)


class _Object(list[tuple[str, object]]):
    """The members of a JSON object in file order, doubled names and all."""


def _columns(row: _Object, number: int, path: Path) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in row:
        key = name.strip().lower()
        if key in found and (key in _TEXT_FIELDS or key == "label"):
            raise CallerError(f"Line {number} of {path.name} names {key} twice: keep one of them.")
        found[key] = value
    missing = [name for name in ("query", "document") if name not in found]
    if missing:
        names = printable(", ".join(found) or "nothing", 100)
        raise CallerError(f"Line {number} of {path.name} lacks {' and '.join(missing)}: it names {names}.")
    return found


def _lines(text: str, path: Path) -> Iterator[str]:
    """The lines with their ends."""
    for number, line in enumerate(io.StringIO(text, newline=""), 1):
        if len(line) > MAX_LINE:
            raise CallerError(
                f"Line {number} of {path.name} has {len(line):,} characters, more than {MAX_LINE:,}: shorten it."
            )
        if number > MAX_LINES:
            raise CallerError(f"{path.name} has more than {MAX_LINES:,} lines: split it.")
        yield line


def _table_rows(text: str, path: Path, delimiter: str) -> Iterator[Row]:
    rows = _cells(text, path, delimiter)
    line, header = next(rows, (1, []))
    names = _header(header, line, path, delimiter)
    for line, cells in rows:
        if len(cells) != len(names):
            mark = "comma" if delimiter == "," else "tab"
            quote = f"put a text that holds a {mark} in double quotes"
            cure = (
                quote if len(cells) > len(names) else "give every column a cell, an empty one where there is no value"
            )
            raise CallerError(
                f"Line {line} of {path.name} has {_count(len(cells), 'cell')}, the header {len(names):,}; {cure}."
            )
        yield line, dict(zip(names, cells, strict=True))


def _cells(text: str, path: Path, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Line and cells of every row that is not blank."""
    reader = csv.reader(_lines(text, path), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise CallerError(f"Line {line} of {path.name} {_what_is_broken(str(error))}.") from error
        if len(cells) > 1 or (cells and cells[0].strip()):
            yield line, cells


def _what_is_broken(message: str) -> str:
    """The csv module's message in words, for the row that begins on that line."""
    if "unexpected end of data" in message:
        return 'opens a double quote that is never closed; double each quote inside a quoted text ("")'
    if "field limit" in message:
        return f"begins a text of more than {MAX_TEXT:,} characters: shorten it, or close its double quote"
    if "expected after" in message:
        return 'has text behind a closing double quote; double each quote inside a quoted text ("")'
    return f"is broken ({message})"


def _header(cells: list[str], line: int, path: Path, delimiter: str) -> list[str]:
    names = [name.strip().lower() for name in cells]
    shown = printable(", ".join(name for name in names if name), 100)
    missing = [name for name in ("query", "document") if name not in names]
    if missing:
        other = next((mark for mark in ";\t," if mark != delimiter and len(names) == 1 and mark in names[0]), "")
        cure = {";": "; separate the cells by commas", "\t": "; name the file .tsv", ",": "; name the file .csv"}
        raise CallerError(
            f"Line {line} of {path.name} lacks the column {' and '.join(missing)}: "
            f"it names {shown or 'nothing'}{cure.get(other, '')}."
        )
    doubled = next((name for name, count in Counter(names).items() if name and count > 1), None)
    if doubled:
        raise CallerError(
            f"Line {line} of {path.name} names the column {printable(doubled)} twice: rename one of them."
        )
    return names


def _pair(row: dict[str, object], line: int, path: Path) -> Pair:
    fields: dict[str, Any] = {name: _text(row.get(name, ""), name, line, path) for name in _TEXT_FIELDS}
    for name in ("query", "document"):
        if not fields[name]:
            raise CallerError(f"Line {line} of {path.name}: {name} is empty: fill it, or leave the row out.")
    fields["id"] = fields["id"] or f"line-{line}"
    return Pair(**fields, label=_label(row.get("label"), line, path), line=line)


def _text(value: object, name: str, line: int, path: Path) -> str:
    if value is None and name not in ("query", "document"):
        return ""
    if name == "id" and isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    where = f"Line {line} of {path.name}: {name}"
    if not isinstance(value, str):
        raise CallerError(f"{where} must be text, not {_kind(value)}.")
    if len(value) > MAX_TEXT:
        raise CallerError(f"{where} has {len(value):,} characters, more than {MAX_TEXT:,}: shorten it.")
    if "\0" in value:
        raise CallerError(f"{where} has a NUL character: take it out.")
    if _SURROGATE.search(value):
        raise CallerError(f"{where} has half a character (a lone surrogate): write the whole one, or leave it out.")
    unix = value.replace("\r\n", "\n").replace("\r", "\n")
    # a document keeps the indentation of its first line
    return unix.strip() if name != "document" else unix.rstrip().lstrip("\n")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"


def _kind(value: object) -> str:
    """What a JSON value is, in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value != value:
        return "NaN"
    if isinstance(value, int | float):
        return "a number"
    return "an object" if isinstance(value, _Object) else "a list" if isinstance(value, list) else "text"


def _label(value: object, line: int, path: Path) -> int:
    if isinstance(value, bool | int | float) and value in (0, 1):
        return int(value)
    if value is None or (isinstance(value, str) and not value.strip()):
        return 1
    if isinstance(value, str):
        known = re.fullmatch(r"([01])(?:\.0*)?|(true)|false", value.strip().lower())
        if known:
            return int(known[1] or bool(known[2]))
    shown = repr(printable(value, 20)) if isinstance(value, str) else _kind(value)
    if isinstance(value, int | float):
        shown = printable(value, 20)
    raise CallerError(f"Line {line} of {path.name}: label must be 1 or 0, not {shown}.")
