"""Links and pictures of the Markdown files: those to files must be uploaded too; none is fetched."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from mindgap.space.finding import Files, Finding, read_text

_INLINE = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+[\"'][^)]*)?\s*\)")
_DEFINED = re.compile(r"^\s{0,3}\[[^\]]+\]:\s*<?(\S+?)>?(?:\s+[\"'(].*)?$")
_HTML = re.compile(r"(?i)<(?:a|img)\b[^>]*?\b(?:href|src)\s*=\s*[\"']([^\"']+)[\"']")
_FENCE = re.compile(r"^\s{0,3}(?:```|~~~)")
_CODE = re.compile(r"(`+).+?\1")
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+(.*?)\s*#*\s*$")


def check_links(files: Files) -> Iterator[Finding]:
    """Every link of every Markdown file."""
    for name, path in files.items():
        if name.lower().endswith(".md"):
            lines = list(_prose((read_text(path) or "").splitlines()))
            anchors = {_anchor(match[1]) for _, line in lines if (match := _HEADING.match(line))}
            for number, line in lines:
                for target in targets(line):
                    if wrong := _wrong(target, name, files, anchors):
                        yield Finding(name, number, f"The link to {target} {wrong}.")


def targets(line: str) -> list[str]:
    """Where the links and pictures of a line of Markdown point; code is none."""
    plain = _CODE.sub("", line)
    defined = [match[1]] if (match := _DEFINED.match(plain)) else []
    return [*_INLINE.findall(plain), *defined, *_HTML.findall(plain)]


def _prose(lines: list[str]) -> Iterator[tuple[int, str]]:
    fenced = False
    for number, line in enumerate(lines, 1):
        if _FENCE.match(line):
            fenced = not fenced
        elif not fenced:
            yield number, line


def _wrong(target: str, name: str, files: Files, anchors: set[str]) -> str | None:
    try:
        parts = urlsplit(target)
    except ValueError:
        return "is no address"
    if parts.scheme == "mailto":
        return None
    if parts.scheme or parts.netloc:
        return _wrong_address(parts.scheme, parts.hostname or "")
    if not parts.path:
        return None if parts.fragment in anchors else "names a heading that is not there"
    return _wrong_path(unquote(parts.path), name, files)


def _wrong_address(scheme: str, host: str) -> str | None:
    if scheme != "https":
        return "is not https"
    return None if re.fullmatch(r"[\w-]+(\.[\w-]+)+", host) else "has no host"


def _wrong_path(path: str, name: str, files: Files) -> str | None:
    if path.startswith("/"):
        return "is absolute; name the file relative to this one"
    place = posixpath.normpath(posixpath.join(posixpath.dirname(name), path))
    there = place in files or any(other.startswith(place + "/") for other in files)
    return None if there else "leads to nothing that would be uploaded"


def _anchor(heading: str) -> str:
    """As the Hub and GitHub make it: small letters, hyphens for spaces, no punctuation."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
