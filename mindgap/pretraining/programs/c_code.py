"""Renders skeletons as C11: loop forms, brace and indentation style, names, types, sample data, includes."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, replace

from mindgap.pretraining.programs.c_loops import expand
from mindgap.pretraining.programs.catalogue import Domain, Node, Skeleton, word_lists
from mindgap.pretraining.programs.naming import Identifiers, draw_domain

_FORMATS = {
    **{"int": "%d", "long": "%ld", "unsigned": "%u", "short": "%d", "size_t": "%zu", "long long": "%lld"},
    **{"double": "%g", "float": "%g"},
}
_SLOT = re.compile(r"\$([TNFDWS]|FN)\b|\$([VQ])(\d+)|\$([A-Za-z_]+\d?)")
_STRING = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])+\'')


def _header_of(lists: str) -> dict[str, str]:
    """Name -> the header that declares it; a hyphen in a list's name stands for the stroke."""
    return {name: f"{key.replace('-', '/')}.h" for key in lists.split() for name in word_lists()[key]}


_HEADERS = _header_of("stdio stdlib string ctype math stdbool stdint limits float time errno")
_POSIX = _header_of("unistd sys-wait sys-stat fcntl signal sys-mman sys-socket sys-time dirent poll")
_WITH_SIZE = {"stdio.h", "stdlib.h", "string.h", "time.h"}


@dataclass(frozen=True)
class _Style:
    """How one programmer sets out the code."""

    indent: str
    own_line: bool
    function_own_line: bool
    bare: bool
    flat_case: bool
    increment: str
    left_star: bool


class _Writer:
    """Fills the slots of one skeleton within one program."""

    def __init__(self, skeleton: Skeleton, identifiers: Identifiers, rng: random.Random) -> None:
        self.skeleton, self.identifiers, self.rng = skeleton, identifiers, rng
        self.domain: Domain | None = draw_domain(skeleton, rng)
        self.element = rng.choice(skeleton.types)
        self.size = skeleton.size or rng.choices(("int", "size_t", "unsigned", "long"), (5, 3, 1, 1))[0]
        self.names: dict[str, str] = {}

    def fill(self, text: str) -> str:
        return _SLOT.sub(self._slot, text)

    def _slot(self, match: re.Match[str]) -> str:
        mark, series, length, role = match.groups()
        if series:
            return ", ".join(self._sample(series) for _ in range(int(length)))
        if mark:
            return self._mark(mark)
        if role not in self.names:
            self.names[role] = self.identifiers.fresh(self.skeleton, role, self.domain)
        return self.names[role]

    def _mark(self, mark: str) -> str:
        if mark in ("T", "N"):
            return self.element if mark == "T" else self.size
        if mark in ("F", "FN"):
            return _FORMATS[self.element if mark == "F" else self.size]
        if mark == "D":
            return self.domain.plural if self.domain else self.rng.choice(word_lists()["labels"])
        words = word_lists()["samples"]
        return self.rng.choice(words) if mark == "W" else " ".join(self.rng.sample(words, self.rng.randint(2, 5)))

    def _sample(self, series: str) -> str:
        if series == "Q":
            return f'"{self.rng.choice(word_lists()["samples"])}"'
        number = self.rng.randint(0, self.rng.choice((9, 60, 100, 500)))
        return f"{number}.{self.rng.choice('05257')}" if self.element in ("double", "float") else str(number)


def render(skeletons: list[Skeleton], rng: random.Random) -> str:
    """One program of the skeletons' functions, with or without a main that calls them."""
    style = _draw_style(rng)
    identifiers = Identifiers(rng)
    whole = rng.random() < 0.55
    top: list[str] = []
    body: list[str] = []
    for skeleton in skeletons:
        writer = _Writer(skeleton, identifiers, rng)
        functions, main = _parts(skeleton, whole, rng)
        if functions:
            top.append(writer.fill(_top_level(expand(functions, rng), style, bool(main), rng)))
        if main:
            body.append(writer.fill("\n".join(_lines(expand(main, rng), style, 1))))
    if body:
        top.append(_main("\n".join(body), style, rng))
    text = _finish("\n\n".join(top), style)
    return f"{_includes(text, rng)}{text}"


def _parts(
    skeleton: Skeleton, whole: bool, rng: random.Random
) -> tuple[tuple[Node, ...] | None, tuple[Node, ...] | None]:
    inline = skeleton.inlines and (not skeleton.functions or rng.random() < 0.3)
    if inline:
        return None, rng.choice(skeleton.inlines)
    main = rng.choice(skeleton.mains) if whole and skeleton.mains else None
    return rng.choice(skeleton.functions), main


def _draw_style(rng: random.Random) -> _Style:
    own_line = rng.random() < 0.15
    return _Style(
        indent=rng.choices(("    ", "  ", "   ", "\t", "        "), (60, 20, 4, 11, 5))[0],
        own_line=own_line,
        function_own_line=own_line or rng.random() < 0.6,
        bare=rng.random() < 0.7,
        flat_case=rng.random() < 0.5,
        increment=rng.choices(("{}++", "++{}", "{} += 1", "{} = {} + 1"), (70, 15, 10, 5))[0],
        left_star=rng.random() < 0.12,
    )


def _top_level(nodes: tuple[Node, ...], style: _Style, called: bool, rng: random.Random) -> str:
    blocks: list[str] = []
    static = rng.random() < (0.7 if called else 0.2)
    own = replace(style, own_line=style.own_line or style.function_own_line)
    for at, node in enumerate(nodes):
        if node.text.startswith("}"):
            continue
        function = node.text.endswith("{") and "(" in node.text and "=" not in node.text
        if function and static and not node.text.startswith("static "):
            node = Node(f"static {node.text}", node.children)
        closer = _closer(nodes, at)
        lines = _block(node, closer, own if function else style, style, 0)
        joined = "\n".join(lines)
        if blocks and not node.children and not nodes[at - 1].children and "\n" not in joined and at:
            blocks[-1] += f"\n{joined}"
        else:
            blocks.append(joined)
    return "\n\n".join(blocks)


def _closer(nodes: tuple[Node, ...], at: int) -> str:
    following = nodes[at + 1].text if at + 1 < len(nodes) else ""
    return following if following.startswith("}") else "}"


def _lines(nodes: tuple[Node, ...], style: _Style, depth: int) -> list[str]:
    lines: list[str] = []
    for at, node in enumerate(nodes):
        if node.text.startswith("}"):
            continue
        block = _block(node, _closer(nodes, at), style, style, depth)
        # "} else {" stands on the line of the closing brace unless braces have lines of their own
        if node.text.startswith("else") and lines and lines[-1].strip() == "}" and not style.own_line:
            lines[-1] += f" {block.pop(0).strip()}"
        lines += block
    return lines


def _block(node: Node, closer: str, head: _Style, style: _Style, depth: int) -> list[str]:
    pad = style.indent * depth
    if not node.text.endswith("{"):
        return [pad + node.text, *_lines(node.children, style, depth + 1)]
    flat = node.text.startswith("switch") and style.flat_case
    inner = _lines(node.children, style, depth + (0 if flat else 1))
    if style.bare and _may_be_bare(node):
        return [pad + node.text[:-2], *inner]
    data = "=" in node.text and "(" not in node.text.split("=")[0]
    if head.own_line and not data:
        return [pad + node.text[:-2], f"{pad}{{", *inner, pad + closer]
    return [pad + node.text, *inner, pad + closer]


def _may_be_bare(node: Node) -> bool:
    """Braces go where one statement stands in them and no `else` could then find the wrong `if`."""
    if len(node.children) != 1 or not re.match(r"(if|else|for|while)\b", node.text):
        return False
    child = node.children[0]
    return not child.children or (not node.text.startswith(("if", "else")) and not child.text.startswith("do"))


def _main(body: str, style: _Style, rng: random.Random) -> str:
    arguments = "int argc, char *argv[]" if "argv" in body else rng.choices(("void", ""), (9, 1))[0]
    brace = "\n{" if style.own_line or style.function_own_line else " {"
    end = "" if rng.random() < 0.08 else f"\n{style.indent}return {rng.choices(('0', 'EXIT_SUCCESS'), (9, 1))[0]};"
    return f"int main({arguments}){brace}\n{body}{end}\n}}"


def _finish(text: str, style: _Style) -> str:
    if style.increment != "{}++":
        text = re.sub(r"^(\s*)(\w+)\+\+;$", lambda m: m[1] + style.increment.format(m[2], m[2]) + ";", text, flags=re.M)
    if style.left_star:
        text = re.sub(r"\b(int|char|long|double|void|float|FILE|unsigned|short) \*(?=\w)", r"\1* ", text)
    return text


def _includes(text: str, rng: random.Random) -> str:
    words = set(re.findall(r"[A-Za-z_]\w*", _STRING.sub("", text)))
    posix = {_POSIX[word] for word in words if word in _POSIX}
    headers = {_HEADERS[word] for word in words if word in _HEADERS} | posix
    if words & {"size_t", "NULL"} and not headers & _WITH_SIZE:
        headers.add("stddef.h")
    lines = [f"#include <{header}>" for header in sorted(headers)]
    if rng.random() < 0.35:
        rng.shuffle(lines)
    if posix or words & set(word_lists()["posix"]):
        lines.insert(0, "#define _POSIX_C_SOURCE 200809L")
    return "\n".join(lines) + "\n\n" if lines else ""
