"""The hands that pseudocode is written in, and the forms that each kind of step takes in them."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, replace

STEPS = [
    ("set", re.compile(r"set (?P<x>\{\w+\}) to (?P<y>.+)")),
    ("add", re.compile(r"add (?P<y>.+) to (?P<x>\{\w+\})")),
    ("raise", re.compile(r"raise (?P<x>\{\w+\})(?: by (?P<y>.+))?")),
    ("lower", re.compile(r"lower (?P<x>\{\w+\})(?: by (?P<y>.+))?")),
    ("for", re.compile(r"for each (?P<x>\{\w+\})(?: in (?P<y>.+))?:")),
    ("count", re.compile(r"count (?P<x>\{\w+\}) from (?P<y>.+?) (?P<way>up|down) to (?P<z>.+):")),
    ("while", re.compile(r"while (?P<x>.+):")),
    ("until", re.compile(r"repeat until (?P<x>.+):")),
    ("elif", re.compile(r"else if (?P<x>.+):")),
    ("if", re.compile(r"if (?P<x>.+):")),
    ("else", re.compile(r"else:")),
    ("return", re.compile(r"return (?P<x>.+)")),
    ("print", re.compile(r"print (?P<x>.+)")),
]
# the fields of a step that take an article where the hand writes any
ARTICLES = {"set": "x", "add": "x", "raise": "x", "lower": "x", "for": "y", "return": "x", "print": "x"}
# words of conditions and values -> signs, for the hands that look like code
CODE = [
    *((" is greater than ", " > "), (" is less than ", " < "), (" is at least ", " >= "), (" is at most ", " <= ")),
    *((" differs from ", " != "), (" equals ", " == "), (" plus ", " + "), (" minus ", " - "), (" times ", " * ")),
    *((" divided by ", " / "), (" modulo ", " mod "), ("zero", "0"), ("minus one", "-1")),
]
_PROSE = {
    "set": "set {x} to {y}|set {x} to {y}|let {x} be {y}|make {x} equal to {y}|put {y} into {x}|store {y} in {x}"
    "|{x} becomes {y}|take {y} as {x}|{x} is now {y}|keep {y} as {x}|record {y} as {x}|assign {y} to {x}",
    "add": "add {y} to {x}|increase {x} by {y}|put {y} on top of {x}|{x} grows by {y}|let {x} grow by {y}",
    "raise": "increase {x} by {y}|raise {x} by {y}|add {y} to {x}|move {x} up by {y}",
    "lower": "decrease {x} by {y}|lower {x} by {y}|take {y} from {x}|reduce {x} by {y}|subtract {y} from {x}",
    "for": "for each {x}{of}|for every {x}{of}|take each {x}{of} in turn|go through every {x}{of}"
    "|walk over each {x}{of}|visit every {x}{of} once|with each {x}{of}|loop over every {x}{of}",
    "count": "for {x} from {y} {way} to {z}|let {x} run from {y} {way} to {z}|count {x} {way} from {y} to {z}"
    "|with {x} going from {y} {way} to {z}|for each {x} between {y} and {z}",
    "while": "while {x}|as long as {x}|keep going while {x}|for as long as {x}|repeat while {x}|so long as {x}",
    "until": "repeat until {x}|until {x}, repeat|keep repeating until {x}|do the following until {x}"
    "|carry on until {x}",
    "if": "if {x}|when {x}|in case {x}|where {x}|should it be that {x}|provided that {x}",
    "elif": "otherwise, if {x}|or else, when {x}|failing that, if {x}|else if {x}",
    "else": "otherwise|else|in any other case|if not|in the other case",
    "return": "return {x}|give back {x}|answer {x}|hand back {x}|the result is {x}|deliver {x}|the answer is {x}"
    "|report {x} to the caller|finish with {x}|yield {x}",
    "print": "print {x}|show {x}|display {x}|write out {x}|output {x}|report {x}",
}
_UPPER = {
    "set": "SET {x} TO {y}|SET {x} TO {y}|LET {x} BE {y}|LET {x} = {y}|INITIALISE {x} WITH {y}|STORE {y} IN {x}",
    "add": "ADD {y} TO {x}|INCREASE {x} BY {y}",
    "raise": "INCREMENT {x} BY {y}|ADD {y} TO {x}|RAISE {x} BY {y}",
    "lower": "DECREMENT {x} BY {y}|SUBTRACT {y} FROM {x}|REDUCE {x} BY {y}",
    "for": "FOR EACH {x}{of}|FOR EVERY {x}{of}|FOR ALL {x}{of} DO|FOREACH {x}{of}",
    "count": "FOR {x} FROM {y} {way} TO {z}|FOR {x} = {y} {way} TO {z}|LOOP {x} FROM {y} {way} TO {z}",
    "while": "WHILE {x}|WHILE {x} DO|AS LONG AS {x}",
    "until": "REPEAT UNTIL {x}|UNTIL {x} REPEAT|LOOP UNTIL {x}",
    "if": "IF {x}|IF {x} THEN|WHEN {x}",
    "elif": "ELSE IF {x}|ELSEIF {x} THEN|OTHERWISE IF {x}",
    "else": "ELSE|OTHERWISE",
    "return": "RETURN {x}|RETURN {x}|ANSWER {x}|RESULT {x}",
    "print": "PRINT {x}|OUTPUT {x}|DISPLAY {x}|WRITE {x}",
}
_FUNCTION = {
    **_UPPER,
    **{"set": "{x} := {y}|{x} = {y}|SET {x} = {y}", "add": "{x} := {x} + {y}", "raise": "{x} := {x} + {y}"},
    **{"lower": "{x} := {x} - {y}", "for": "FOR EACH {x}{of} DO", "while": "WHILE {x} DO", "if": "IF {x} THEN"},
    **{"count": "FOR {x} := {y} {way} TO {z} DO", "elif": "ELSE IF {x} THEN", "return": "RETURN {x}"},
    **{"else": "ELSE", "until": "REPEAT UNTIL {x}", "print": "PRINT {x}|WRITELN({x})"},
}
_ARROWS = {
    **{"set": "{x} ← {y}", "add": "{x} ← {x} + {y}", "raise": "{x} ← {x} + {y}", "lower": "{x} ← {x} − {y}"},
    **{
        "for": "for each {x}{of} do|for all {x}{of} do",
        "count": "for {x} ← {y} {way} to {z} do",
        "while": "while {x} do",
    },
    **{"until": "repeat until {x}", "if": "if {x} then", "elif": "else if {x} then", "else": "else"},
    **{"return": "return {x}", "print": "print {x}|output {x}"},
}
_PYTHON = {
    **{"set": "{x} = {y}", "add": "{x} += {y}", "raise": "{x} += {y}", "lower": "{x} -= {y}", "for": "for {x}{of}"},
    **{"count": "for {x} in range({y}, {z})", "while": "while {x}", "until": "while not ({x})", "if": "if {x}"},
    **{"elif": "elif {x}", "else": "else", "return": "return {x}", "print": "print({x})"},
}


@dataclass(frozen=True)
class Hand:
    """One way to write pseudocode down; `drawn` settles what varies within it."""

    name: str
    weight: int
    forms: dict[str, str]
    code: bool = False
    numbered: bool = False
    ends: bool = False
    opening: str = ""
    closing: str = ""
    colon: str = ""
    indent: str = "    "
    capitals: bool = False
    stop: str = ""
    joins: bool = False
    letters: bool = False
    mark: str = "."
    between: str = "\n"
    articles: bool = False
    camel: bool = False

    def drawn(self, rng: random.Random) -> Hand:
        """The hand with its free settings drawn."""
        prose = self.forms is _PROSE
        capitals = prose and rng.random() < 0.6
        return replace(
            self,
            ends=self.ends or (self.forms is _UPPER and rng.random() < 0.3),
            indent=rng.choice(("    ", "  ", "   ")),
            capitals=capitals,
            stop="." if capitals and rng.random() < 0.5 else "",
            colon=rng.choice((":", "", ",")) if prose else self.colon,
            joins=rng.random() < 0.6,
            letters=rng.random() < 0.5,
            mark=rng.choice((".", ")", ":", ".")),
            between=rng.choice(("\n", "\n\n")),
            articles=prose and rng.random() < 0.75,
            camel=rng.random() < 0.3,
        )

    def identifier(self, words: str) -> str:
        """A phrase as one name: snake or camel case."""
        parts = words.replace("_", " ").replace("-", " ").replace("'", "").split()
        if self.camel:
            return parts[0] + "".join(part.capitalize() for part in parts[1:])
        return "_".join(parts)

    def sentence(self, text: str, ends: bool = True) -> str:
        """A line of this hand; with its full stop where it has one and the line ends there."""
        text = text[0].upper() + text[1:] if self.capitals else text
        return text + self.stop if ends and not text.endswith((":", ".", "?", ",")) else text

    def end_of(self, kind: str) -> str:
        """The line that closes a block of this kind."""
        word = {"for": "FOR", "count": "FOR", "while": "WHILE", "until": "REPEAT"}.get(kind, "IF")
        return f"END {word}"


HANDS = [
    Hand("prose", 30, _PROSE),
    Hand("numbered", 18, _PROSE, numbered=True),
    Hand("upper", 22, _UPPER),
    Hand("function", 10, _FUNCTION, True, ends=True, opening="FUNCTION {name}({inputs})", closing="END FUNCTION"),
    Hand("arrows", 10, _ARROWS, True, opening="procedure {name}({inputs})"),
    Hand("python", 10, _PYTHON, True, opening="def {name}({inputs}):", colon=":"),
]


def form(kind: str, fields: dict[str, str], hand: Hand, rng: random.Random) -> str:
    """A step in one of the hand's forms."""
    joint = rng.choice((" in ", " of ")) if hand.forms is _PROSE else (" in " if hand.code else " IN ")
    of = joint + fields["y"] if kind == "for" and "y" in fields else ""
    if kind in ("raise", "lower"):
        fields.setdefault("y", "1" if hand.code else "one")
    if fields.get("way") == "up" and rng.random() < 0.7:
        fields["way"] = ""
    elif hand.forms in (_UPPER, _FUNCTION) and "way" in fields:
        fields["way"] = fields["way"].upper()
    return re.sub(" +", " ", rng.choice(hand.forms[kind].split("|")).format(of=of, **fields))
