"""What a check of the Space has to say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

Files = Mapping[str, Path]
"""What would be uploaded: path in the Space, with slashes -> file on this machine."""


@dataclass(frozen=True)
class Finding:
    """One sentence about one place.

    Attributes:
        file: path in the Space; line: from 1, or None for the file as a whole.
        error: whether it must be put right before an upload; otherwise it is a warning.
    """

    file: str
    line: int | None
    sentence: str
    error: bool = True

    @property
    def where(self) -> str:
        """file:line."""
        return self.file if self.line is None else f"{self.file}:{self.line}"


def read_text(path: Path) -> str | None:
    """The text of a file; None where it is not UTF-8 text."""
    raw = path.read_bytes()
    if b"\0" in raw[:8192]:
        return None
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
