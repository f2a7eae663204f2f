"""The command line: python -m mindgap COMMAND. Each command is a file in mindgap/commands."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from mindgap import __version__
from mindgap.commands import COMMANDS
from mindgap.errors import CallerError, MindGapError

EXIT_FAILURE, EXIT_CALLER = 1, 2


class _Parser(argparse.ArgumentParser):
    """argparse with its message as one sentence, not a page of usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(EXIT_CALLER, f"{self.prog}: {message}. See `{self.prog} --help`.\n")


def parser() -> argparse.ArgumentParser:
    """The parser with all commands."""
    top = _Parser(prog="python -m mindgap", description="See what aligning embeddings does to cross-modal retrieval.")
    top.add_argument("--version", action="version", version=f"mindgap {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Parser)
    for command in COMMANDS:
        sub = commands.add_parser(command.name, help=command.help, description=command.help)
        command.add_arguments(sub)
        sub.set_defaults(run=command.run)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status: 0, 1 for a failure, 2 for a mistake of the caller."""
    for stream in (sys.stdout, sys.stderr):
        # a terminal that cannot show a character shows "?" instead of failing
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    asked = parser().parse_args(arguments)
    try:
        return int(asked.run(asked))
    except CallerError as error:
        print(f"mindgap: {error}", file=sys.stderr)
        return EXIT_CALLER
    except MindGapError as error:
        print(f"mindgap: {error}", file=sys.stderr)
        return EXIT_FAILURE
    except BrokenPipeError:
        # the reader (head, less) has seen enough; keep the interpreter from complaining at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("mindgap: stopped.", file=sys.stderr)
        return 130
