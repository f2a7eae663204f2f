"""preload_from_hub: what the Hub puts into a Space's cache while it builds the Space.

Each entry is `owner/name`, `owner/name file1,file2` or `owner/name file1,file2 commit`. The files arrive in
~/.cache/huggingface/hub, whatever HF_HOME says; a private repository cannot be preloaded.

Source: https://huggingface.co/docs/hub/spaces-config-reference
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mindgap.encoders.spec import Hub
from mindgap.presets import known_models
from mindgap.space.finding import Finding

FILE = "README.md"
_COMMIT = "[0-9a-f]{40}"


def repository(text: str) -> bool:
    """Whether a text is the name of a repository of the Hub, owner/name or an old name alone."""
    return re.fullmatch(r"(?!.*(?:--|\.\.))(?:[A-Za-z0-9][\w.-]*/)?[A-Za-z0-9][\w.-]*", text) is not None


def pinned_revisions() -> dict[str, str | None]:
    """Repository -> the commit that the presets pin, None where they name a branch."""
    sources = [spec.source for spec in known_models().values() if isinstance(spec.source, Hub)]
    return {s.repository: s.revision if re.fullmatch(_COMMIT, s.revision) else None for s in sources}


def check_preload(entries: Any, line: int) -> Iterator[Finding]:
    """Each entry is well-formed and names the commit that the presets pin.

    Args:
        entries: as read from the front matter, None where the key is not there.
        line: of the key; the entries follow it.
    """
    if entries is None:
        return
    if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
        yield Finding(FILE, line, "preload_from_hub must be a list of lines `owner/name file1,file2 commit`.")
        return
    for number, entry in enumerate(entries, line + 1):
        if wrong := _wrong(entry):
            yield Finding(FILE, number, f"preload_from_hub: {wrong}.")


def _wrong(entry: str) -> str | None:
    name, *rest = entry.split() or [""]
    if len(rest) > 2 or not repository(name):
        return f"{entry!r} is not `owner/name file1,file2 commit` (no space after a comma)"
    files, commit = [*rest, "", ""][:2]
    if rest and not all(files.split(",")):
        return f"{name} has an empty file name"
    if commit and not re.fullmatch(_COMMIT, commit):
        return f"{name} has {commit!r} for a commit; write its 40 hexadecimal digits"
    wanted = pinned_revisions().get(name)
    if wanted and not commit:
        return f"{name} names no commit, and the presets pin {wanted}; list the files and the commit"
    if wanted and commit != wanted:
        return f"{name} is preloaded at {commit}, but the presets pin {wanted}"
    return None
