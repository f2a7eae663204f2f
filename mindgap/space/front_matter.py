"""The YAML block at the top of README.md that configures a Space.

Source of the keys and their values: https://huggingface.co/docs/hub/spaces-config-reference
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from mindgap.registry import suggestion
from mindgap.space.finding import Files, Finding, read_text
from mindgap.space.preload import check_preload, repository
from mindgap.space.requirements import pinned

FILE = "README.md"
REQUIRED = (
    *("title", "emoji", "colorFrom", "colorTo", "sdk", "sdk_version", "python_version", "app_file"),
    *("license", "short_description"),
)
_OTHERS = (
    *("suggested_hardware", "suggested_storage", "app_port", "base_path", "fullWidth", "header", "models", "datasets"),
    *("tags", "thumbnail", "pinned", "hf_oauth", "hf_oauth_scopes", "hf_oauth_expiration_minutes"),
    *("hf_oauth_authorized_org", "disable_embedding", "startup_duration_timeout", "custom_headers", "preload_from_hub"),
    *("load_balancing_strategy", "app_build_command"),
)
COLOURS = ("red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray")
LONGEST_DESCRIPTION = 60

Wrong = str | None
"""What is wrong with a value, as the end of a sentence that begins with the key; None for nothing."""


@dataclass(frozen=True)
class FrontMatter:
    """`values` of the block, and the line (from 1) of README.md on which each top-level key stands."""

    values: dict[str, Any]
    lines: dict[str, int]


def check_front_matter(files: Files) -> Iterator[Finding]:
    """The block is there, complete, and says what requirements.txt, the presets and the files say."""
    found = read_front_matter(read_text(files[FILE]) or "") if FILE in files else Finding(FILE, None, "It is missing.")
    if isinstance(found, Finding):
        yield found
        return
    for key in REQUIRED:
        if found.values.get(key) in (None, ""):
            yield Finding(FILE, found.lines.get(key, 1), f"The front matter has no {key}; add it.")
    for key, value in found.values.items():
        line = found.lines.get(key, 1)
        if key not in (*REQUIRED, *_OTHERS):
            yield Finding(FILE, line, f"A Space knows no {key}.{suggestion(key, [*REQUIRED, *_OTHERS])}", error=False)
        elif value not in (None, "") and (wrong := _wrong(key, value, files)):
            yield Finding(FILE, line, f"{key} {wrong}.")
    yield from check_preload(found.values.get("preload_from_hub"), found.lines.get("preload_from_hub", 1))


def read_front_matter(text: str) -> FrontMatter | Finding:
    """The block of a README's text, or why it cannot be read."""
    import yaml

    lines = text.splitlines()
    if not lines or lines[0].rstrip() != "---":
        return Finding(FILE, 1, "There is no front matter; the file must begin with a line of three hyphens.")
    try:
        end = next(i for i, line in enumerate(lines[1:], 1) if line.rstrip() == "---")
    except StopIteration:
        return Finding(FILE, 1, "The front matter has no end; close it with a line of three hyphens.")
    try:
        values = yaml.safe_load("\n".join(lines[1:end]))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "no YAML"
        return Finding(FILE, mark.line + 2 if mark else 1, f"The front matter cannot be read: {problem}.")
    if not isinstance(values, dict):
        return Finding(FILE, 1, "The front matter is no list of keys and values.")
    places = {match[1]: i + 1 for i, line in enumerate(lines[:end]) if (match := re.match(r"([^\s#:]+)\s*:", line))}
    return FrontMatter({str(key): value for key, value in values.items()}, places)


def _wrong(key: str, value: Any, files: Files) -> Wrong:
    checks: dict[str, Callable[[Any], Wrong]] = {
        "emoji": lambda v: None if is_emoji(v) else f"is {v!r}; it must be an emoji and nothing else",
        "colorFrom": _among(COLOURS),
        "colorTo": _among(COLOURS),
        "sdk": _among(("gradio",)),
        "sdk_version": lambda v: _wrong_version(v, pinned(files).get("gradio")),
        "python_version": _wrong_python,
        "app_file": lambda v: None if v in files else f"is {v}, which would not be uploaded",
        "license": lambda v: _matching(v, r"[a-z0-9.-]+", "a licence's short name in small letters (apache-2.0)"),
        "short_description": _wrong_description,
        "suggested_hardware": _wrong_hardware,
        "models": _wrong_repositories,
        "datasets": _wrong_repositories,
        "tags": lambda v: None if _texts(v) else "must be a list of words",
        "thumbnail": lambda v: _matching(v, r"https://[^\s/]+\.[^\s/]+/\S+", "an https address of a picture"),
    }
    return checks[key](value) if key in checks else None


def is_emoji(value: Any) -> bool:
    """Whether a text is emoji only (joined and coloured ones too)."""
    if not isinstance(value, str) or not any(unicodedata.category(c) == "So" for c in value):
        return False
    return all(unicodedata.category(c) in ("So", "Sk", "Mn", "Cf") for c in value)


def _among(allowed: tuple[str, ...]) -> Callable[[Any], Wrong]:
    return lambda value: None if value in allowed else f"is {value!r}; it must be one of {', '.join(allowed)}"


def _matching(value: Any, pattern: str, meant: str) -> Wrong:
    fits = isinstance(value, str) and re.fullmatch(pattern, value)
    return None if fits else f"is {value!r}; it must be {meant}"


def _wrong_version(value: Any, gradio: str | None) -> Wrong:
    if gradio is None:
        return "has no gradio==... in requirements.txt to agree with"
    return None if str(value) == gradio else f"is {value}, but requirements.txt has gradio=={gradio}; make them equal"


def _wrong_python(value: Any) -> Wrong:
    if not isinstance(value, str):
        # 3.10 without quotes is the number 3.1
        return f"is the number {value}; put it in quotes"
    return _matching(value, r"3\.\d+(\.\d+)?", "a version like 3.11")


def _wrong_description(value: Any) -> Wrong:
    length = len(str(value))
    return (
        None if length <= LONGEST_DESCRIPTION else f"has {length} characters; at most {LONGEST_DESCRIPTION} are shown"
    )


def _wrong_hardware(value: Any) -> Wrong:
    from huggingface_hub import SpaceHardware

    return _among(tuple(hardware.value for hardware in SpaceHardware))(value)


def _wrong_repositories(value: Any) -> Wrong:
    if not _texts(value):
        return "must be a list of repositories (owner/name)"
    wrong = next((name for name in value if not repository(name)), None)
    return f"names {wrong!r}, which is no repository (owner/name)" if wrong else None


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) and item for item in value)
