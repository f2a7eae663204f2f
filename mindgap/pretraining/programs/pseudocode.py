"""Renders the steps of skeletons as pseudocode in one of several hands, from plain prose to near code."""

from __future__ import annotations

import random
import re
from functools import cache

from mindgap.pretraining.programs.c_loops import choose
from mindgap.pretraining.programs.catalogue import Node, Skeleton, synonyms, word_lists
from mindgap.pretraining.programs.naming import Phrases
from mindgap.pretraining.programs.step_forms import ARTICLES, CODE, HANDS, STEPS, Hand, form

_ROLE = re.compile(r"(\b[Tt]he |\b[Aa]n? )?\{(\w+)\}")
_OPENERS = (" DO", " THEN", " do", " then", ":")
_FIGURES = {"one": "1", "two": "2", "three": "3", "four": "4", "ten": "10"}
_FIGURE = re.compile(r"^(?:one|two|three|four|ten)(?=$| [=+*/<>-])|(?<=[=+*/<>-] )(?:one|two|three|four|ten)\b")
_ARTICLE = re.compile(r"\b(?:the|a|an) ")


def render(skeletons: list[Skeleton], rng: random.Random) -> str:
    """One text: each skeleton's steps, all in the same hand."""
    hand = rng.choices(HANDS, [hand.weight for hand in HANDS])[0].drawn(rng)
    parts = [_part(skeleton, hand, rng, len(skeletons) > 1) for skeleton in skeletons]
    if hand.numbered:
        return "\n".join(_numbered([line for part in parts for line in part], hand))
    return hand.between.join("\n".join(part) for part in parts)


def _part(skeleton: Skeleton, hand: Hand, rng: random.Random, several: bool) -> list[str]:
    steps = rng.choice(skeleton.steps)
    phrases = Phrases(skeleton, rng)
    title = rng.choice(_names(skeleton) if hand.code and rng.random() < 0.6 else _titles(skeleton))
    inputs = [phrases[role] for role in steps.inputs]
    head, tail = _frame(title, inputs, hand, rng, several)
    # words after the title stand one step in only where a closing line or a colon opened the block
    lines = _lines(steps.nodes, phrases, hand, rng, 1 if head and hand.code else 0)
    return [*head, *lines, *tail]


def _titles(skeleton: Skeleton) -> tuple[str, ...]:
    found = skeleton.pools.get("fn")
    return found.phrases if found else (skeleton.name.replace("_", " "),)


def _names(skeleton: Skeleton) -> tuple[str, ...]:
    found = skeleton.pools.get("fn")
    return found.identifiers if found else (skeleton.name,)


def _frame(title: str, inputs: list[str], hand: Hand, rng: random.Random, several: bool) -> tuple[list[str], list[str]]:
    if hand.code:
        if not several and rng.random() < 0.25:
            return [], []
        name = hand.identifier(title)
        head = hand.opening.format(name=name, inputs=", ".join(hand.identifier(word) for word in inputs))
        return [head], [hand.closing.format(name=name)] if hand.closing else []
    if rng.random() < (0.35 if several else 0.8):
        return [], []
    given = f"{rng.choice(word_lists()['given']).replace('_', ' ')} {', '.join(f'the {word}' for word in inputs)}"
    heading = rng.choice((title, f"{title}, {given}" if inputs else title, given if inputs else title))
    return [f"{hand.sentence(heading, False)}:"], []


def _lines(nodes: tuple[Node, ...], phrases: Phrases, hand: Hand, rng: random.Random, depth: int) -> list[str]:
    lines: list[str] = []
    for at, node in enumerate(nodes):
        text = choose(node.text, rng)
        if not text:
            continue
        text = text.rstrip(" ,;").replace(" ,", ",")
        kind, words = _step(text, phrases, hand, rng, not node.children)
        inner = _lines(node.children, phrases, hand, rng, depth + 1)
        pad = hand.indent * depth
        if len(inner) == 1 and hand.joins and not hand.code and kind != "else" and rng.random() < 0.5:
            joint = " " if words.endswith(_OPENERS) else rng.choice((", ", ": ", ", "))
            lines.append(pad + words + joint + _small(inner[0].strip()))
            continue
        lines += [pad + words + (hand.colon if inner and not words.endswith(_OPENERS) else "")]
        lines += inner
        follows = nodes[at + 1].text if at + 1 < len(nodes) else ""
        if inner and hand.ends and kind != "free" and not follows.startswith("else"):
            lines.append(pad + hand.end_of(kind))
    return lines


def _small(text: str) -> str:
    return text[0].lower() + text[1:] if text[1:2].islower() else text


def _step(text: str, phrases: Phrases, hand: Hand, rng: random.Random, ends: bool) -> tuple[str, str]:
    for kind, pattern in STEPS:
        if match := pattern.fullmatch(text):
            raw = {name: value for name, value in match.groupdict().items() if value}
            for name in ARTICLES.get(kind, "") if hand.articles else "":
                # a bare role is a noun without its article
                raw[name] = re.sub(r"^\{", "the {", raw.get(name, ""))
            fields = {name: _words(value, phrases, hand, rng) for name, value in raw.items() if value}
            return kind, hand.sentence(form(kind, fields, hand, rng), ends)
    return "free", hand.sentence(_words(text, phrases, hand, rng, free=True), ends)


def _words(text: str, phrases: Phrases, hand: Hand, rng: random.Random, free: bool = False) -> str:
    if hand.code:
        text = _ROLE.sub(lambda m: hand.identifier(phrases[m[2]]), text)
        if not free:
            text = _ARTICLE.sub("", text)
            for words, sign in CODE:
                text = text.replace(words, sign)
            text = _FIGURE.sub(lambda m: _FIGURES[m[0]], text)
        return text
    # the synonyms come first, so that the names stay as they were drawn
    if free:
        text = _verb_pattern().sub(lambda m: _other(f"!{m[0]}", rng), text)
    text = _synonym_pattern().sub(lambda m: _other(m[0], rng), text)
    text = _ROLE.sub(lambda m: (m[1] or "") + phrases[m[2]], text)
    text = re.sub(r"\b([Aa])n (?=[^aeiou\W])", r"\1 ", text)
    return re.sub(r"\b([Aa]) (?=[aeio](?!ne\b|nce\b))", r"\1n ", text)


@cache
def _synonym_pattern() -> re.Pattern[str]:
    phrases = sorted((p for p in synonyms() if p[0] not in "!+"), key=len, reverse=True)
    plain = r"(?<![\w{])(?:" + "|".join(map(re.escape, phrases)) + r")(?![\w}])"
    # "plus" may be a sign's name too; only before an operand is it the operation
    signs = "|".join(re.escape(p[1:]) for p in synonyms() if p[0] == "+")
    return re.compile(rf"{plain}|(?<= )(?:{signs})(?= (?:the|that|one|a|half|\{{))")


@cache
def _verb_pattern() -> re.Pattern[str]:
    """Verbs where they begin a clause and an object follows; elsewhere the same word may be a noun."""
    verbs = "|".join(re.escape(p[1:]) for p in sorted(synonyms(), key=len, reverse=True) if p[0] == "!")
    return re.compile(
        rf"(?:^|(?<=and )|(?<=[,;:] ))(?:{verbs})(?= (?:the|a|an|it|them|all|both|each|every|one|its|\{{))"
    )


def _other(phrase: str, rng: random.Random) -> str:
    group = synonyms().get(phrase) or synonyms()[f"+{phrase}"]
    return group[0] if rng.random() < 0.35 else rng.choice(group)


def _numbered(lines: list[str], hand: Hand) -> list[str]:
    done: list[str] = []
    outer = inner = 0
    for line in lines:
        depth = (len(line) - len(line.lstrip())) // len(hand.indent)
        if depth == 0:
            outer, inner = outer + 1, 0
            done.append(f"{outer}{hand.mark} {line}")
        elif depth == 1 and hand.letters:
            inner += 1
            done.append(f"{hand.indent}{outer}{chr(96 + min(inner, 26))}{hand.mark} {line.strip()}")
        else:
            done.append(line)
    return done
