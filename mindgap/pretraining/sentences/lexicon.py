"""The lexicon files: topics with their words and frames, and the lists of names, months and adverbs.

A topic starts with `# title`. Its lines are `w:` (people), `p:` (places, as phrases), `d:` (verbs > objects, with the
agents in brackets where not everybody of the topic does it), `i:` (subjects > predicates), `a:` (adjectives > nouns)
and `- ` (frames). A frame is text with `{slot}` and `{one|other}`; braces nest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random

FOLDER = Path(__file__).with_name("lexicon")
Part = str | tuple[str] | list[list]
Frame = list[Part]


@dataclass(frozen=True)
class Deed:
    """What people do to things: each verb takes each object; `agents` is empty where all people of the topic do it."""

    agents: tuple[str, ...]
    verbs: tuple[str, ...]
    objects: tuple[str, ...]


@dataclass
class Topic:
    """The words and frames of one topic, as written in the file."""

    title: str
    people: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)
    happenings: list[tuple[list[str], list[str]]] = field(default_factory=list)
    traits: list[tuple[list[str], list[str]]] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)


def words(text: str) -> list[str]:
    """The parts of a list written with commas."""
    return [word.strip() for word in text.split(",") if word.strip()]


def read_deed(text: str) -> Deed:
    """`(agent, agent) verb, verb > object, object`, the brackets optional."""
    left, right = text.split(">")
    agents = ""
    if left.strip().startswith("("):
        agents, left = left.strip()[1:].split(")")
    return Deed(tuple(words(agents)), tuple(words(left)), tuple(words(right)))


def read_line(topic: Topic, line: str) -> None:
    """Add one line of the file to its topic."""
    key, text = line[:2], line[2:].strip()
    if key == "w:":
        topic.people = words(text)
    elif key == "p:":
        topic.places = words(text)
    elif key == "d:":
        topic.deeds.append(read_deed(text))
    elif key == "- ":
        topic.frames.append(parse(text))
    elif key in ("i:", "a:"):
        left, right = text.split(">")
        (topic.happenings if key == "i:" else topic.traits).append((words(left), words(right)))
    else:
        raise ValueError(f"Lexicon line {line!r} starts with none of w: p: d: i: a: and '- '.")


@cache
def topics(language: str) -> list[Topic]:
    """Every topic of a language, in the order of the files."""
    found: list[Topic] = []
    for path in sorted(FOLDER.glob(f"{language}_[0-9].txt")):
        for line in path.read_text("utf-8").splitlines():
            if line.startswith("# "):
                found.append(Topic(line[2:]))
            elif line.strip():
                read_line(found[-1], line)
    return found


@cache
def living(language: str) -> frozenset[str]:
    """Everybody who acts in some topic: what such a noun is said to be differs from what a thing is."""
    everyone = (word for topic in topics(language) for word in topic.people)
    agents = (word for topic in topics(language) for deed in topic.deeds for word in deed.agents)
    return frozenset((*everyone, *agents))


@cache
def names(language: str) -> dict[str, list[str]]:
    """The lists that all topics share, by their key."""
    lines = (FOLDER / f"{language}_names.txt").read_text("utf-8").splitlines()
    return {key: words(text) for key, text in (line.split(":", 1) for line in lines if line)}


def parse(text: str) -> Frame:
    """A frame as parts: text, a one-tuple with the name of a slot, or a list of alternatives that are frames."""
    frame, at = parse_until(text, 0, "")
    assert at == len(text), text
    return frame


def parse_until(text: str, at: int, stops: str) -> tuple[Frame, int]:
    """The frame from `at` to the first of `stops` outside braces, and where that is."""
    parts: Frame = []
    while at < len(text) and text[at] not in stops:
        if text[at] == "{":
            part, at = parse_braces(text, at + 1)
            parts.append(part)
            continue
        start = at
        while at < len(text) and text[at] not in "{" + stops:
            at += 1
        parts.append(text[start:at])
    return parts, at


def parse_braces(text: str, at: int) -> tuple[Part, int]:
    """What stands between braces, and the place after the closing one; a missing brace is an IndexError."""
    options = []
    while True:
        option, at = parse_until(text, at, "|}")
        options.append(option)
        if text[at] == "}":
            break
        at += 1
    single = options[0] if len(options) == 1 else None
    if single is not None and len(single) == 1 and isinstance(single[0], str):
        return (single[0],), at + 1
    return list(options), at + 1


def fill(frame: Frame, rng: Random, slot: Callable[[str], str]) -> str:
    """The frame with an alternative drawn for each choice and each slot asked for its text."""
    out = []
    for part in frame:
        if isinstance(part, str):
            out.append(part)
        elif isinstance(part, tuple):
            out.append(slot(part[0]))
        else:
            out.append(fill(rng.choice(part), rng, slot))
    return "".join(out)


class Slots:
    """Fills the slots of one sentence; two cities, people, hours or numbers of one sentence are different.

    `drawn` makes the text for a key without its trailing digit; a key of the lists is drawn from them.
    """

    def __init__(self, language: str, rng: Random, drawn: dict[str, Callable[[Random], str]]) -> None:
        self.names, self.rng, self.drawn, self.used = names(language), rng, drawn, set[str]()

    def __call__(self, key: str) -> str:
        """The text for a slot; a slot that is neither drawn nor listed is a KeyError."""
        base = key.rstrip("2").removesuffix("cap")
        for _ in range(5):
            make = self.drawn.get(base)
            text = make(self.rng) if make else self.rng.choice(self.names[base])
            if text not in self.used:
                break
        self.used.add(text)
        if "{" in text:
            return fill(parsed(text), self.rng, self)
        return text


@cache
def parsed(text: str) -> Frame:
    """A frame of the lists, parsed once."""
    return parse(text)


def upper_first(text: str) -> str:
    """The text with its first letter as a capital, quotation marks passed over."""
    at = next((i for i, letter in enumerate(text) if letter.isalnum()), 0)
    return text[:at] + text[at].upper() + text[at + 1 :]
