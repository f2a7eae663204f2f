"""Turns the skeletons' loops (`for $i in 0..$n {`, `for $i down 0..$n {`, `each $x in $a, $n {`) into C's forms."""

from __future__ import annotations

import random
import re

from mindgap.pretraining.programs.catalogue import Node

_CHOICE = re.compile(r"«([^»]*)»")
_NUMBER = re.compile(r"\$\[(\d+)-(\d+)\]")
_FOR = re.compile(r"for (?:(?P<type>\w+) )?(?P<i>\$\w+) (?P<way>in|down) (?P<first>.+?)\.\.(?P<last>=?)(?P<end>.+) \{")
_EACH = re.compile(r"each (\$\w+) in (\$\w+), (\S+) \{")


def choose(text: str, rng: random.Random) -> str:
    """Settles every «a¦b» and every $[1-9] of a line."""
    if "«" in text:
        text = _CHOICE.sub(lambda m: rng.choice(m[1].split("¦")), text)
    return _NUMBER.sub(lambda m: str(rng.randint(int(m[1]), int(m[2]))), text) if "$[" in text else text


def expand(nodes: tuple[Node, ...], rng: random.Random) -> tuple[Node, ...]:
    """The same nodes with choices settled and loops written out; a line that a choice leaves empty goes."""
    done: list[Node] = []
    counters = [match["i"] for match in (_FOR.match(node.text) for node in nodes) if match]
    for node in nodes:
        text = choose(node.text, rng)
        if not text:
            continue
        if each := _EACH.match(text):
            done.append(_each(each, node.children, rng))
        elif loop := _FOR.match(text):
            # a counter declared before its loop would clash with a second loop's beside it
            free = counters.count(loop["i"]) == 1
            done += _for(loop, expand(node.children, rng), free, rng)
        else:
            done.append(Node(text, expand(node.children, rng)))
    return tuple(done)


def _each(match: re.Match[str], children: tuple[Node, ...], rng: random.Random) -> Node:
    element, array, length = match.groups()
    form = rng.choices(("index", "local", "pointer"), (60, 15, 25))[0]
    if form == "index":
        inner = _renamed(children, element, f"{array}[$ei]")
    elif form == "local":
        inner = (Node(f"$T {element} = {array}[$ei];"), *children)
    else:
        inner = _renamed(children, element, "*$ep")
        head = f"for (const $T *$ep = {array}; $ep {rng.choice(('<', '!='))} {array} + {length}; $ep++) {{"
        return Node(head, expand(inner, rng))
    return Node(f"for ($N $ei = 0; $ei < {length}; $ei++) {{", expand(inner, rng))


def _renamed(nodes: tuple[Node, ...], name: str, by: str) -> tuple[Node, ...]:
    word = re.compile(re.escape(name) + r"\b")
    return tuple(Node(word.sub(lambda _: by, node.text), _renamed(node.children, name, by)) for node in nodes)


def _for(match: re.Match[str], body: tuple[Node, ...], free: bool, rng: random.Random) -> list[Node]:
    kind, i, first, end = match["type"] or "$N", match["i"], match["first"], match["end"]
    if match["way"] == "down":
        return [_down(kind, i, first, end, body, rng)]
    test = f"{i} <{match['last']} {end}"
    if not free or _continues(body):
        return [Node(f"for ({kind} {i} = {first}; {test}; {i}++) {{", body)]
    form = rng.choices(("for", "while", "before", "do"), (68, 16, 12, 4))[0]
    if form == "while":
        return [Node(f"{kind} {i} = {first};"), Node(f"while ({test}) {{", (*body, Node(f"{i}++;")))]
    if form == "before":
        return [Node(f"{kind} {i};"), Node(f"for ({i} = {first}; {test}; {i}++) {{", body)]
    if form == "do":
        inner = (Node("do {", (*body, Node(f"{i}++;"))), Node(f"}} while ({test});"))
        return [Node(f"{kind} {i} = {first};"), Node(f"if ({test}) {{", inner)]
    return [Node(f"for ({kind} {i} = {first}; {test}; {i}++) {{", body)]


def _down(kind: str, i: str, first: str, end: str, body: tuple[Node, ...], rng: random.Random) -> Node:
    # only a signed counter may be tested with >=
    if kind in ("int", "long") and rng.random() < 0.6:
        return Node(f"for ({kind} {i} = {end} - 1; {i} >= {first}; {i}--) {{", body)
    return Node(f"for ({kind} {i} = {end}; {i}-- > {first};) {{", body)


def _continues(nodes: tuple[Node, ...]) -> bool:
    return any(node.text.startswith("continue") or _continues(node.children) for node in nodes)
