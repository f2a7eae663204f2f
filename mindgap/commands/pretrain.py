"""pretrain: the compact models of the offline preset, from text."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mindgap import paths
from mindgap.commands.base import Command, add_json, positive, print_json, progress_bar, say, seed

if TYPE_CHECKING:
    from mindgap.pretraining.state import Curve

_ENCODERS = "offline/encoders"


def _arguments(parser: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(dest="kind", metavar="MODEL", required=True, parser_class=type(parser))
    encoder = kinds.add_parser("encoder", help="the masked-language-model encoder")
    encoder.add_argument("--steps", type=positive, metavar="N", help="optimiser steps (default: the settings')")
    dpr = kinds.add_parser("dpr", help="the two towers for dense passage retrieval, begun from the encoder")
    dpr.add_argument("--epochs", type=positive, metavar="N", help="passes over the pairs (default: the settings')")
    dpr.add_argument(
        "--encoder", type=Path, metavar="DIR", help="folder of the compact encoder (default: the shipped one)"
    )
    for sub, made in ((encoder, "DIR"), (dpr, "DIR-question and DIR-context")):
        sub.add_argument("--config", type=Path, metavar="FILE", help="settings (.toml); without it, the shipped ones")
        sub.add_argument("--seed", type=seed, default=0, metavar="S", help="of text, weights and batches (default 0)")
        sub.add_argument("--output", type=Path, metavar="DIR", help=f"writes {made} (default: where the preset looks)")
        add_json(sub)


def _run(asked: argparse.Namespace) -> int:
    from mindgap.pretraining.config import CONFIGS, DprConfig, EncoderConfig, read_config
    from mindgap.pretraining.run import SIDES, make_dpr, make_encoder

    folder = paths.checkpoints() / _ENCODERS
    file = asked.config or CONFIGS / f"{asked.kind}.toml"
    bar, seen = progress_bar(f"pretrain {asked.kind}"), None if asked.json else _tell
    if asked.kind == "encoder":
        config = read_config(EncoderConfig, file, steps=asked.steps)
        output = asked.output or folder / config.name
        card = make_encoder(config, output, asked.seed, bar, seen)
    else:
        towers = read_config(DprConfig, file, epochs=asked.epochs)
        output = asked.output or folder / towers.name
        card = make_dpr(towers, asked.encoder or folder / "compact", output, asked.seed, bar, seen)
    made = [output] if asked.kind == "encoder" else [output.with_name(f"{output.name}-{side}") for side in SIDES]
    _print(card, made, asked.json)
    return 0


def _tell(curve: Curve) -> None:
    point = curve.points[-1]
    say(f"step {point['step']:,}  loss {point['loss']:.3f}  held-out loss {point['held_out_loss']:.3f}")


def _print(card: dict[str, Any], folders: list[Path], as_json: bool) -> None:
    if as_json:
        print_json({"folders": [str(f) for f in folders], **{k: card[k] for k in ("curve", "seconds", "metrics")}})
        return
    found = ", ".join(f"{name} {row['accuracy']:.3f}" for name, row in card["metrics"].items())
    print(f"{', '.join(map(str, folders))}: {card['seconds']:.0f} s, found first on validation: {found}")


PRETRAIN = Command("pretrain", "Train the compact models of the offline preset.", _arguments, _run)
