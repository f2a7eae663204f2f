"""requirements.txt: what a Space installs must be the same every time."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mindgap.space.finding import Files, Finding, read_text

FILE = "requirements.txt"
_PINNED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([A-Za-z0-9.+!-]+)(?:\s*;.*)?$")


def check_requirements(files: Files) -> Iterator[Finding]:
    """Every requirement is pinned to one version."""
    if FILE not in files:
        yield Finding(FILE, None, "It is not there; a Space installs what it lists.")
    for number, line in _lines(files):
        # -r, --extra-index-url and the like: nothing to pin
        if not line.startswith("-") and not _PINNED.match(line):
            yield Finding(FILE, number, f"{line[:80]} is not pinned; write name==version.")


def pinned(files: Files) -> dict[str, str]:
    """Name in small letters with hyphens -> version, of what is pinned."""
    found = [match for _, line in _lines(files) if (match := _PINNED.match(line))]
    return {match[1].lower().replace("_", "-"): match[2] for match in found}


def _lines(files: Files) -> Iterator[tuple[int, str]]:
    text = read_text(files[FILE]) if FILE in files else None
    for number, line in enumerate((text or "").splitlines(), 1):
        wanted = line.split(" #")[0].strip()
        if wanted and not wanted.startswith("#"):
            yield number, wanted
