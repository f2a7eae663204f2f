"""Reads the skeletons and the vocabulary that lie beside the code as plain text.

A skeleton file is named after its topic and holds sections (`domain`, `types` and `size` may be left out):

    === name                      begins a skeleton
    fn: find_peak peak | ...      a role: C identifiers, then after the bar phrases for pseudocode
    domain: words                 which nouns fit (numbers unless said), or none
    types: int double             element types that fit (int long unless said)
    size: int                     the type of counts and indices, where not every one fits
    --- c                         top-level C, one variant; blocks by indentation, without closing braces
    --- main                      the body of a main that calls it
    --- inline                    the body of a main that needs no function
    --- pseudo items, limit       steps in words, and the inputs

In the text `$role` and `{role}` are names, `«a¦b»` is a choice and `$[1-9]` is a number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Node:
    """One line and the lines indented below it."""

    text: str
    children: tuple[Node, ...] = ()


@dataclass(frozen=True)
class Pool:
    """Names for one role: identifiers for C and phrases for pseudocode, neither empty."""

    identifiers: tuple[str, ...]
    phrases: tuple[str, ...]


@dataclass(frozen=True)
class Domain:
    """What the numbers or words of a program are about: `price`, `prices`, and identifiers for the list of them."""

    singular: str
    plural: str
    identifiers: tuple[str, ...]


@dataclass(frozen=True)
class Steps:
    """One wording of an algorithm and the roles that go into it."""

    inputs: tuple[str, ...]
    nodes: tuple[Node, ...]


@dataclass(frozen=True)
class Skeleton:
    """One program in outline; `functions` or `inlines` and `steps` are never empty."""

    topic: str
    name: str
    domain: str
    types: tuple[str, ...]
    size: str | None
    pools: dict[str, Pool]
    functions: tuple[tuple[Node, ...], ...]
    mains: tuple[tuple[Node, ...], ...]
    inlines: tuple[tuple[Node, ...], ...]
    steps: tuple[Steps, ...]


@cache
def catalogue() -> dict[str, tuple[Skeleton, ...]]:
    """Every skeleton by topic."""
    return {path.stem: tuple(_skeletons(path)) for path in sorted((_HERE / "skeletons").glob("*.txt"))}


@cache
def vocabulary() -> dict[str, Pool]:
    """The roles that every skeleton may use."""
    lines = (_HERE / "roles.txt").read_text("utf-8").splitlines()
    return {role.strip(): _pool(names) for role, names in (line.split(":", 1) for line in lines if line)}


@cache
def domains() -> dict[str, tuple[Domain, ...]]:
    """The domains of each sort: numbers, words, things."""
    found: dict[str, list[Domain]] = {}
    for line in (_HERE / "domains.txt").read_text("utf-8").splitlines():
        if line:
            sort, singular, plural, *identifiers = line.split()
            noun = Domain(singular.replace("_", " "), plural.replace("_", " "), (plural, *identifiers))
            found.setdefault(sort, []).append(noun)
    return {sort: tuple(nouns) for sort, nouns in found.items()}


@cache
def word_lists() -> dict[str, tuple[str, ...]]:
    """Named lists of words: list name, colon, words."""
    lines = (_HERE / "words.txt").read_text("utf-8").splitlines()
    return {name: tuple(words.split()) for name, words in (line.split(":", 1) for line in lines if line)}


@cache
def synonyms() -> dict[str, tuple[str, ...]]:
    """Phrase -> itself and phrases that may stand in its place in prose; verbs begin with "!", operations with "+"."""
    lines = (_HERE / "synonyms.txt").read_text("utf-8").splitlines()
    groups = [[phrase.strip() for phrase in line.split("|")] for line in lines if line]
    return {group[0]: (group[0].lstrip("!+"), *group[1:]) for group in groups}


def tree(lines: list[str]) -> tuple[Node, ...]:
    """Lines indented by four spaces a level -> the nodes of the outermost level."""
    nodes: list[Node] = []
    at = 0
    while at < len(lines):
        end = at + 1
        while end < len(lines) and lines[end].startswith("    "):
            end += 1
        nodes.append(Node(lines[at], tree([line[4:] for line in lines[at + 1 : end]])))
        at = end
    return tuple(nodes)


def _pool(text: str) -> Pool:
    left, _, right = text.partition("|")
    identifiers = tuple(left.split())
    phrases = tuple(phrase.strip() for phrase in right.split(",") if phrase.strip())
    return Pool(identifiers, phrases or tuple(name.replace("_", " ") for name in identifiers))


def _skeletons(path: Path) -> list[Skeleton]:
    sections = re.split(r"^=== ", path.read_text("utf-8"), flags=re.MULTILINE)[1:]
    return [_skeleton(path.stem, section) for section in sections]


def _skeleton(topic: str, section: str) -> Skeleton:
    head, *parts = re.split(r"^--- ", section, flags=re.MULTILINE)
    name, *settings = [line for line in head.splitlines() if line.strip()]
    keys = {key.strip(): value.strip() for key, value in (line.split(":", 1) for line in settings)}
    blocks: dict[str, list[tuple[Node, ...]]] = {"c": [], "main": [], "inline": []}
    steps = []
    for part in parts:
        title, *lines = [line for line in part.splitlines() if line.strip()]
        kind, _, rest = title.partition(" ")
        if kind == "pseudo":
            steps.append(Steps(tuple(role.strip() for role in rest.split(",") if role.strip()), tree(lines)))
        else:
            blocks[kind].append(tree(lines))
    return Skeleton(
        topic,
        name.strip(),
        keys.pop("domain", "numbers"),
        tuple(keys.pop("types", "int long").split()),
        keys.pop("size", None),
        {role: _pool(names) for role, names in keys.items()},
        tuple(blocks["c"]),
        tuple(blocks["main"]),
        tuple(blocks["inline"]),
        tuple(steps),
    )
