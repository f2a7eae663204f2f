"""What may come in as text: cleaned with a note, or refused with a sentence."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from pathlib import Path

from mindgap.errors import CallerError

MAX_CHARACTERS = 10_000
_KEPT_CONTROLS = "\n\t"


@dataclass(frozen=True)
class CleanText:
    """A text that can be searched for, and one sentence for each thing that was taken out of it."""

    text: str
    notes: tuple[str, ...] = ()


def clean_query(text: object) -> CleanText:
    """Clean a query, or refuse it.

    Control characters (line break and tab stay) and lone surrogates are taken out, each with a note. Emoji,
    right-to-left text and markup are text like any other and stay as they are.

    Raises:
        CallerError: no text, nothing but white space, or more than 10,000 characters.
    """
    if not isinstance(text, str):
        raise CallerError(f"The query must be text, but {type(text).__name__} was given.")
    if len(text) > MAX_CHARACTERS:
        raise CallerError(f"The query has {len(text):,} characters; at most {MAX_CHARACTERS:,} are taken. Shorten it.")
    kept = text.replace("\r\n", "\n").replace("\r", "\n")
    plain = "".join(c for c in kept if c in _KEPT_CONTROLS or unicodedata.category(c) not in ("Cc", "Cs"))
    notes = _notes(kept)
    if not plain.strip():
        raise CallerError("The query is empty. Type a sentence or some pseudocode, or take one of the examples.")
    return CleanText(plain.strip(), notes)


def _notes(text: str) -> tuple[str, ...]:
    controls = sum(unicodedata.category(c) == "Cc" and c not in _KEPT_CONTROLS for c in text)
    surrogates = sum(unicodedata.category(c) == "Cs" for c in text)
    notes = []
    if controls:
        notes.append(f"{controls} control character{'s' * (controls > 1)} left out of the query.")
    if surrogates:
        notes.append(f"{surrogates} broken character{'s' * (surrogates > 1)} (lone surrogates) left out of the query.")
    return tuple(notes)


def lookup_key(text: str) -> str:
    """The form in which a query is compared with the known ones: trimmed, Unicode NFC."""
    return unicodedata.normalize("NFC", text.strip())


def printable(text: object, limit: int = 60) -> str:
    """`text` cut to `limit` characters for a message: white space becomes a blank, what a terminal cannot print "?"."""
    whole = str(text)
    shown = "".join(c if c.isprintable() else " " if c.isspace() else "?" for c in whole[:limit])
    return shown if len(whole) <= limit else shown[: limit - 1] + "…"


def unwritable(path: Path, error: Exception, cure: str) -> str:
    """The sentence for a folder that could not be made or filled, ending in `cure`."""
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    if isinstance(error, FileExistsError | NotADirectoryError):
        # "File exists" is what the system says of a file where a folder would have to be
        reason = "a part of its path is no folder"
    return f"{path} cannot be written ({printable(reason, 200)}). {cure}"
