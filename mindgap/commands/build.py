"""build: makes shipped artefacts again from the data."""

from __future__ import annotations

import argparse

from mindgap.builders import BUILDERS
from mindgap.commands.base import Command, progress_bar, say


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--only",
        action="append",
        metavar="NAME",
        help=f"one of: {', '.join(BUILDERS.names())} (repeat; all unless given)",
    )


def _run(asked: argparse.Namespace) -> int:
    for builder in [BUILDERS.get(name) for name in asked.only or BUILDERS.names()]:
        say(f"{builder.name}: {builder.about}")
        for made in builder.run(progress_bar):
            print(made)
    return 0


BUILD = Command("build", "Make shipped artefacts again from the data.", _arguments, _run)
