"""Does the C compile, does it run clean, and do pseudocode and description say it in other words."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mindgap.tasks.checks.base import Check, Finding, Splits, every
from mindgap.tasks.checks.near import overlap_share

FEWEST_LINES, MOST_LINES = 5, 60
MOST_PSEUDOCODE_OVERLAP = 0.34
MOST_DESCRIPTION_OVERLAP = 0.5
RUN_SECONDS = 10
_MAIN = re.compile(r"\bmain\s*\(")
_COMPILE = ["gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]
_SANITIZE = ["gcc", "-std=c11", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
# words that pseudocode and code share whatever they are about
_STOP = frozenset(
    """
    the and for with from that this each its not are was has have than then into when while until return else
    end begin every one two all any are set let out off over take give back call there does done has
    otherwise whether which where what how but only also use using used can may will just them they their our
    your you his her after before again between both during per via yes none some such same other more most
    less least own too very input output number numbers value values int char void main print printf
    """.split()
)


def content_words(text: str) -> set[str]:
    """Words of three letters and more, identifiers taken apart at capitals and underscores, common words left out."""
    apart = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", text).lower().replace("_", " ")
    return {word for word in re.findall(r"[a-z]{3,}", apart) if word not in _STOP}


def code_words(code: str) -> set[str]:
    """Content words of a C program's identifiers, keywords and literals; comments and preprocessor lines left out."""
    bare = re.sub(r"/\*.*?\*/|//[^\n]*", " ", code, flags=re.DOTALL)
    return content_words("\n".join(line for line in bare.split("\n") if not line.strip().startswith("#")))


def _other_words(splits: Splits) -> Iterator[Finding]:
    limits = (("query", MOST_PSEUDOCODE_OVERLAP), ("description", MOST_DESCRIPTION_OVERLAP))
    for where, pair in every(splits):
        words = code_words(pair.document)
        for name, limit in limits:
            share = overlap_share(getattr(pair, name), words, content_words)
            if share > limit:
                yield Finding(where, f"{name} shares {share:.0%} of its words with the code (at most {limit:.0%})")


def _shape(splits: Splits) -> Iterator[Finding]:
    for where, pair in every(splits):
        lines = sum(bool(line.strip()) for line in pair.document.split("\n"))
        if not FEWEST_LINES <= lines <= MOST_LINES:
            yield Finding(where, f"{lines} lines of C ({FEWEST_LINES} to {MOST_LINES})")
        if not pair.description:
            yield Finding(where, "description is empty")
        if not 1 <= len(pair.negatives) <= 3:
            yield Finding(where, f"{len(pair.negatives)} negatives (1 to 3)")


def _compiles(splits: Splits) -> Iterator[Finding]:
    if not shutil.which("gcc"):
        yield Finding("gcc", "is not installed: no program was compiled or run", not_run=True)
        return
    named = list(every(splits))
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        problems = pool.map(compile_and_run, [pair.document for _, pair in named])
        for (where, _), problem in zip(named, problems, strict=True):
            if problem:
                yield Finding(where, problem)


def compile_and_run(code: str) -> str:
    """What is wrong with a C program, or "".

    It must compile without a warning; one with a `main` must also link, end within 10 seconds on empty standard input,
    not crash, and be clean under the address and undefined-behaviour sanitizers.
    """
    with tempfile.TemporaryDirectory() as folder:
        source, binary = Path(folder, "program.c"), Path(folder, "program")
        source.write_text(code + "\n", "utf-8")
        compiled = subprocess.run([*_COMPILE, source], capture_output=True, text=True)
        if compiled.returncode:
            return "does not compile: " + _first_error(compiled.stderr, folder)
        if not _MAIN.search(code):
            return ""
        linked = subprocess.run([*_SANITIZE, source, "-o", binary, "-lm", "-lpthread"], capture_output=True, text=True)
        if linked.returncode:
            return "does not link: " + _first_error(linked.stderr, folder)
        return _run(binary, folder)


def _run(binary: Path, folder: str) -> str:
    try:
        ran = subprocess.run(
            [binary],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=RUN_SECONDS,
            cwd=folder,
            env={"PATH": "/usr/bin:/bin"},
        )
    except subprocess.TimeoutExpired:
        return f"ran for more than {RUN_SECONDS} s"
    complaint = ran.stderr.decode("utf-8", "replace")
    if ran.returncode < 0 or "Sanitizer" in complaint or "runtime error" in complaint:
        return f"crashed or was caught by a sanitizer: {complaint[:160]!r}"
    return ""


def _first_error(message: str, folder: str) -> str:
    lines = [line for line in message.replace(folder + "/", "").splitlines() if "error" in line]
    return (lines or ["unknown"])[0][:160]


OTHER_WORDS = Check(
    "other words", "little lexical overlap of pseudocode (34 %) and description (50 %) with the code", _other_words
)
C_SHAPE = Check("shape", "5 to 60 lines of C, a description, 1 to 3 negatives", _shape)
COMPILES = Check("gcc", "C11 without a warning; those with main run clean under two sanitizers", _compiles)
