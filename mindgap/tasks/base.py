"""A task: two modalities and the pairs that join them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from mindgap import paths
from mindgap.errors import CallerError, Failure
from mindgap.registry import suggestion
from mindgap.tasks.checks.base import Check
from mindgap.text import lookup_key
from mindgap.types import Gallery, Pair, fingerprint_texts

SPLITS = ("train", "validation", "test")
QUERY_FIELDS = ("query", "description", "question")


@dataclass(frozen=True)
class Example:
    """A test query to click, under a heading that says what it shows.

    `found_by` names the retrievers of the offline preset that rank its document first; a test holds it.
    """

    label: str
    query: str
    found_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Task:
    """Metadata of a task; its pairs lie in assets/data/<name>/<split>.jsonl.

    Attributes:
        name: as in files and on the command line.
        query_name, document_name: the two modalities in words ("English", "French").
        title: as the page shows it.
        query_fields: the fields of a pair that can be asked with; the first is `query`.
        train_fields: the fields whose texts train a projection, each with the pair's document.
        document_language: the Pygments name of the documents' language, or "" for prose.
        hint: what the empty query box says.
        checks: what `data check` holds its pairs to, beside what holds for every task.
    """

    name: str
    title: str
    query_name: str
    document_name: str
    query_fields: tuple[str, ...]
    train_fields: tuple[str, ...]
    document_language: str
    hint: str
    checks: tuple[Check, ...] = ()

    def pairs(self, split: str) -> tuple[Pair, ...]:
        """The pairs of a split in file order. Raises CallerError for an unknown split, Failure for a broken file."""
        if split not in SPLITS:
            raise CallerError(f"There is no split {split!r}.{suggestion(split, list(SPLITS))}")
        return load_jsonl(paths.data(self.name) / f"{split}.jsonl")

    def has_split(self, split: str) -> bool:
        """Whether the file of that split is there."""
        return (paths.data(self.name) / f"{split}.jsonl").is_file()

    @cached_property
    def gallery(self) -> Gallery:
        """The documents of the test split: what search answers from."""
        return Gallery.of(self.pairs("test"))

    @cached_property
    def known(self) -> dict[str, tuple[int, ...]]:
        """Every query, description and question of the test split -> the places of its gold documents."""
        found: dict[str, list[int]] = {}
        for pair in self.pairs("test"):
            place = self.gallery.position[pair.document]
            for name in QUERY_FIELDS:
                text = getattr(pair, name)
                if text and pair.label and place not in found.setdefault(lookup_key(text), []):
                    found[lookup_key(text)].append(place)
        return {text: tuple(places) for text, places in found.items()}

    @cached_property
    def examples(self) -> tuple[Example, ...]:
        """The queries offered to a visitor, from assets/data/<name>/examples.json."""
        path = paths.data(self.name) / "examples.json"
        if not path.is_file():
            return ()
        rows = json.loads(path.read_text("utf-8"))
        return tuple(Example(row["label"], row["query"], tuple(row["found_by"])) for row in rows)


def training_rows(pairs: tuple[Pair, ...], fields: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Queries and their documents, one row for each filled field of each pair of label 1."""
    rows = [(getattr(pair, f), pair.document) for f in fields for pair in pairs if pair.label and getattr(pair, f)]
    return [query for query, _ in rows], [document for _, document in rows]


def data_fingerprint(pairs: tuple[Pair, ...]) -> str:
    """SHA-256 over the texts of the pairs, for checkpoint cards."""
    return fingerprint_texts([t for p in pairs for t in (p.query, p.document, p.description, p.question, str(p.label))])


@lru_cache(maxsize=16)
def load_jsonl(path: Path) -> tuple[Pair, ...]:
    """Pairs out of a file of one JSON object a line. Raises Failure naming the line that does not fit."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"The data file {path} cannot be read ({error}). Fetch the repository again.") from error
    return tuple(_pair(line, number, path) for number, line in enumerate(lines, 1) if line.strip())


def _pair(line: str, number: int, path: Path) -> Pair:
    try:
        row = json.loads(line)
        row["negatives"] = tuple(row.get("negatives", ()))
        return Pair(**row, line=number)
    except (ValueError, TypeError, AttributeError) as error:
        raise Failure(f"Line {number} of {path} is not a pair as the data card describes it ({error}).") from error
