"""Checks that hold for every task: schema, unique ids and texts, no leak, topics in every split, length, clean text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from mindgap.tasks.checks.base import Check, Finding, Splits, every
from mindgap.text import lookup_key
from mindgap.types import Pair

MOST_CHARACTERS = 4_000
# what UTF-8 looks like when it was read as Latin-1, and the replacement character
_MOJIBAKE = re.compile("[\ufffd]|Ã[\u0080-\u00bf©¨ª«´®¯§¹¼]|â€|Â[\u00a0-\u00bf]")
_TEXTS = ("query", "document", "description", "question")


def _schema(splits: Splits) -> Iterator[Finding]:
    for where, pair in every(splits):
        for name in ("id", "query", "document", "topic"):
            if not getattr(pair, name).strip():
                yield Finding(where, f"{name} is empty")
        if pair.label != 1:
            yield Finding(where, "a shipped pair must be a true one (label 1)")
        if pair.description and "\n" in pair.description:
            yield Finding(where, "description is more than one line")


def _unique(splits: Splits) -> Iterator[Finding]:
    """Ids once; a text once over all fields and splits, however written (case, white space)."""
    ids: dict[str, str] = {}
    texts: dict[str, str] = {}
    for where, pair in every(splits):
        if pair.id in ids:
            yield Finding(where, f"the id is that of {ids[pair.id]} too")
        ids.setdefault(pair.id, where)
        for name in _TEXTS:
            if not (text := getattr(pair, name)):
                continue
            key = " ".join(lookup_key(text).casefold().split())
            if key in texts:
                yield Finding(where, f"{name} is also the {texts[key]}")
            texts.setdefault(key, f"{name} of {where}")


def _clean(splits: Splits) -> Iterator[Finding]:
    for where, pair in every(splits):
        for name, text in [(n, getattr(pair, n)) for n in _TEXTS] + [("negatives", n) for n in pair.negatives]:
            if problem := _unclean(text):
                yield Finding(where, f"{name} {problem}")


def _unclean(text: str) -> str:
    if text != text.strip():
        return "begins or ends with white space"
    if _MOJIBAKE.search(text):
        return "has broken characters"
    if any(unicodedata.category(c) in ("Cc", "Cs", "Co") and c not in "\n\t" for c in text):
        return "has control characters"
    if text != unicodedata.normalize("NFC", text):
        return "is not in Unicode normal form C"
    if len(text) > MOST_CHARACTERS:
        return f"has {len(text):,} characters, over {MOST_CHARACTERS:,}"
    return ""


def _topics(splits: Splits) -> Iterator[Finding]:
    topics = {split: {pair.topic for pair in pairs} for split, pairs in splits.items()}
    for topic in sorted(set().union(*topics.values())):
        for split, found in topics.items():
            if topic not in found:
                yield Finding(split, f"has no pair of the topic {topic!r}")


def least_pairs(**least: int) -> Check:
    """At least so many pairs in each split."""

    def run(splits: Splits) -> Iterator[Finding]:
        for split, count in least.items():
            pairs: tuple[Pair, ...] = splits.get(split, ())
            if len(pairs) < count:
                yield Finding(split, f"has {len(pairs):,} pairs, fewer than {count:,}")

    return Check("counts", "at least " + ", ".join(f"{n:,} {split}" for split, n in least.items()), run)


GENERIC = (
    Check("schema", "every pair has id, query, document, topic; label 1; one-line descriptions", _schema),
    Check("unique", "no id and no text twice, within or across splits and fields", _unique),
    Check("clean", "no mojibake, no control characters, NFC, trimmed, at most 4,000 characters", _clean),
    Check("topics", "every topic in every split", _topics),
)
