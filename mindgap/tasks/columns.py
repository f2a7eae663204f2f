"""Which column of a table is the query, which the document, which the label: known, guessed, or named by the caller."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mindgap.errors import CallerError
from mindgap.text import printable

LABELS = ("label", "labels", "is_match", "match", "target_label", "is_positive", "positive")
HOW_TO_NAME = "name them with --columns query=...,document=...,label=..."


@dataclass(frozen=True)
class Columns:
    """Names of the columns as they stand in the file; without a `label` every row is a true pair."""

    query: str
    document: str
    label: str | None = None


@dataclass(frozen=True)
class Candidates:
    """Names that a column may have, the likeliest first; compared without case, blanks, `_` and `-`."""

    query: tuple[str, ...]
    document: tuple[str, ...]


def parse_columns(text: str) -> Columns:
    """The columns that `query=A,document=B,label=C` names; the label may be left out. Raises CallerError otherwise."""
    parts = [part.partition("=") for part in text.split(",")]
    named = {key.strip().lower(): value.strip() for key, _, value in parts}
    fits = {"query", "document"} <= set(named) <= {"query", "document", "label"} and all(named.values())
    if not fits or len(named) != len(parts):
        raise CallerError(
            f"--columns must read query=NAME,document=NAME or query=NAME,document=NAME,label=NAME, "
            f"not {printable(text)!r}."
        )
    return Columns(named["query"], named["document"], named.get("label"))


def choose_columns(
    found: Mapping[str, bool],
    where: str,
    known: Columns | None = None,
    candidates: Candidates | None = None,
    asked: Columns | None = None,
) -> Columns:
    """The columns of a table.

    `asked` (the caller's) is taken as it is; else the `known` names where the table has them exactly; else the first of
    the `candidates` that it has. Where one side is found and the table has one other column of text, that is the other
    side.

    Args:
        found: column -> whether it holds text.
        where: the data set in words, for messages.

    Raises CallerError where the columns cannot be told apart, or those asked for are not there or hold no text.
    """
    if asked is not None:
        return _checked(asked, found, where)
    if known is not None and found.get(known.query) and found.get(known.document):
        return Columns(known.query, known.document, known.label if known.label in found else None)
    texts = [name for name, text in found.items() if text]
    query = _first(texts, candidates.query, where) if candidates else None
    document = _first(texts, candidates.document, where) if candidates else None
    label = _first(list(found), LABELS, where)
    others = [name for name in texts if name not in (query, document, label)]
    if len(others) == 1:
        query, document = query or others[0] if document else query, document or others[0] if query else document
    if not query or not document or query == document:
        raise CallerError(f"The columns of {where} cannot be told apart ({_shown(found)}): {HOW_TO_NAME}.")
    return Columns(query, document, label)


def _first(names: Sequence[str], wanted: Sequence[str], where: str) -> str | None:
    """The column that has the likeliest name; refused where two columns have the same one but for case."""
    for want in wanted:
        fitting = [name for name in names if _plain(name) == _plain(want)]
        if len(fitting) > 1:
            names_alike = printable(" and ".join(fitting), 120)
            raise CallerError(f"The columns {names_alike} of {where} are called alike: {HOW_TO_NAME}.")
        if fitting:
            return fitting[0]
    return None


def _plain(name: str) -> str:
    return re.sub(r"[\s_\-]+", "", name.casefold())


def _checked(asked: Columns, found: Mapping[str, bool], where: str) -> Columns:
    missing = [name for name in (asked.query, asked.document, asked.label) if name is not None and name not in found]
    if missing:
        raise CallerError(
            f"{where} has no column {printable(missing[0])!r} ({_shown(found)}): name others with --columns."
        )
    wordless = [name for name in (asked.query, asked.document) if not found[name]]
    if wordless:
        raise CallerError(
            f"The column {printable(wordless[0])!r} of {where} holds no text ({_shown(found)}): "
            "name another with --columns."
        )
    if len({asked.query, asked.document, asked.label}) < 3:
        raise CallerError("--columns names one column twice: query, document and label are three columns.")
    return asked


def _shown(found: Mapping[str, bool]) -> str:
    return "columns: " + (printable(", ".join(found), 300) or "none")


def report(found: Mapping[str, bool], columns: Columns) -> str:
    """What was found and how it was taken, in words."""
    label = f"as label: {printable(columns.label)}" if columns.label else "no label, every row a true pair"
    return (
        f"columns found: {printable(', '.join(found), 300)}; taken as query: {printable(columns.query)}, "
        f"as document: {printable(columns.document)}, {label}"
    )
