"""The README.md of an exported model, as the Hugging Face Hub reads it.

What comes out of a checkpoint's card is data: one line, of limited length, with every character that Markdown, HTML or
YAML could take for its own escaped; the front matter holds checked names alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mindgap.encoders.spec import Hub, ModelSpec

_LONGEST = 160
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#!|~$])")
_LICENCE = re.compile(r"[a-z0-9][a-z0-9.-]{0,39}")
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)
_TAGS = ("sentence-transformers", "sentence-similarity", "feature-extraction", "cross-modal-retrieval", "mindgap")

_USE = """## Use

```python
from sentence_transformers import SentenceTransformer

model = SentenceTransformer("path/to/this/folder")
queries = model.encode_query(["..."])
documents = model.encode_document(["..."])
scores = model.similarity(queries, documents)  # cosine
```

Ask with `encode_query` and encode what is searched with `encode_document`. Plain `encode` takes the document route: a
query that goes through it is not projected. Needs sentence-transformers 6 or newer and no code of its own."""

_LIMITS = """## Limits

- Made for the two kinds of text it was trained on; on other topics the encoder without projection may find more.
- Texts are cut after {tokens} tokens.
- Scores are cosines. CSLS scoring, which lowers documents that are near to everything, is not part of this model.
- Validation accuracy is the share of validation queries whose own document came first, measured when the projection was
  trained. It says nothing about other data."""


def export_card(card: Mapping[str, Any], spec: ModelSpec, max_length: int) -> str:
    """Markdown with front matter. `card` is the checkpoint's, `spec` the encoder's."""
    parts = [
        _front(spec),
        "# A projection between two kinds of text",
        "Queries and documents go through one encoder; a learned projection then brings queries to their documents, "
        "after *Mind the Gap: A Generalized Approach for Cross-Modal Embedding Alignment* "
        "([arXiv 2410.23437](https://arxiv.org/abs/2410.23437)). This folder holds the encoder and the projection as "
        "plain sentence-transformers modules.",
        _table(_facts(card, spec)),
        _USE,
        _LIMITS.format(tokens=f"{max_length:,}"),
        _licence_note(spec),
    ]
    return "\n\n".join(parts) + "\n"


def _front(spec: ModelSpec) -> str:
    lines = ["library_name: sentence-transformers", "pipeline_tag: sentence-similarity"]
    if licence := _licence(spec):
        lines.append(f"license: {licence}")
    if isinstance(spec.source, Hub) and _REPOSITORY.fullmatch(spec.source.repository):
        lines.append(f"base_model: {spec.source.repository}")
    return "\n".join(["---", *lines, "tags:", *(f"  - {tag}" for tag in _TAGS), "---"])


def _licence(spec: ModelSpec) -> str:
    name = spec.licence.lower()
    return name if _LICENCE.fullmatch(name) else ""


def _licence_note(spec: ModelSpec) -> str:
    if _licence(spec):
        return f"## Licence\n\nThe encoder's: {plain(spec.licence)}."
    return "## Licence\n\nThe encoder's licence is not known here; look it up before the model is passed on."


def _facts(card: Mapping[str, Any], spec: ModelSpec) -> dict[str, Any]:
    label, about = plain(spec.label), plain(spec.about)
    facts = {
        "encoder": f"{label} ({about})" if about else label,
        "task": plain(card.get("task") or "own pairs"),
        "method": _both(card.get("method"), card.get("label")),
        "training data": plain(_part(card, "data").get("source")),
        "training pairs": _number(card.get("pairs"), ",d"),
        "seed": _number(card.get("seed"), "d"),
        "validation accuracy": _accuracy(_part(_part(card, "metrics"), "validation")),
    }
    return {name: value for name, value in facts.items() if value}


def _both(name: Any, label: Any) -> str:
    return f"{plain(name)} ({plain(label)})" if label else plain(name)


def _accuracy(measured: Mapping[str, Any]) -> str:
    accuracy = _number(measured.get("accuracy"), ".3f")
    queries, documents = (_number(measured.get(name), ",d") for name in ("queries", "documents"))
    return f"{accuracy} ({queries} queries, {documents} documents)" if accuracy and queries and documents else accuracy


def _part(card: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = card.get(name)
    return part if isinstance(part, Mapping) else {}


def _number(value: Any, form: str) -> str:
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or (form.endswith("d") and isinstance(value, float))
    ):
        return ""
    return format(value, form)


def plain(value: Any) -> str:
    """`value` as one line of text that Markdown and HTML show as it is, at most 160 characters before escaping."""
    if value is None:
        return ""
    printable = "".join(c if c.isprintable() else " " for c in str(value))
    line = " ".join(printable.split())
    short = line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
    safe = _SPECIAL.sub(r"\\\1", short).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return safe.replace("://", ":&#47;&#47;")


def _table(facts: Mapping[str, str]) -> str:
    return "\n".join(["| what | value |", "|---|---|", *(f"| {name} | {value} |" for name, value in facts.items())])
