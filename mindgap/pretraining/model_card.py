"""The README.md of a model's folder, out of its card: what it is, what it was trained on, what it finds, its limits."""

from __future__ import annotations

from typing import Any


def model_card(card: dict[str, Any]) -> str:
    """Markdown with front matter, as the Hugging Face Hub reads it."""
    parts = [
        _front(card),
        f"# {card['label']}",
        card["about"],
        "## How it was made",
        _table(card["made"]),
        "Again, on a machine with this project installed:",
        "\n".join(["```bash", *card["commands"], "```"]),
        "## Loss",
        _curve(card["curve"]),
        "## What it finds",
        card["measured"],
        _metrics(card["metrics"]),
        "## Limits",
        "\n".join(card["limits"]),
    ]
    return "\n\n".join(parts) + "\n"


def _front(card: dict[str, Any]) -> str:
    lines = [f"license: {card['licence']}", "language:", *(f"  - {name}" for name in card["languages"])]
    if card.get("base_model"):
        lines.append(f"base_model: {card['base_model']}")
    lines += ["library_name: transformers", "tags:", *(f"  - {tag}" for tag in card["tags"])]
    return "\n".join(["---", *lines, "---"])


def _table(rows: dict[str, Any]) -> str:
    return "\n".join(["| what | value |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows.items())])


def _curve(points: list[dict[str, float]]) -> str:
    """About ten of the points; training.json has all of them."""
    stride = max(1, len(points) // 10)
    chosen = [p for i, p in enumerate(points) if i % stride == 0 or i == len(points) - 1]
    rows = [f"| {p['step']:,.0f} | {p['loss']:.3f} | {p['held_out_loss']:.3f} |" for p in chosen]
    head = ["| step | loss in training | loss on held-out text |", "|---|---|---|"]
    return "\n".join([*head, *rows, "", "All points are in `training.json` (`curve`)."])


def _metrics(metrics: dict[str, dict[str, float]]) -> str:
    rows = [
        f"| {name} | {row['accuracy']:.3f} | {row['queries']:,} | {row['documents']:,} |"
        for name, row in metrics.items()
    ]
    return "\n".join(["| validation split | found first | queries | gallery |", "|---|---|---|---|", *rows])
