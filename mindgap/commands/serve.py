"""serve: the page."""

from __future__ import annotations

import argparse

from mindgap.commands.base import Command, positive


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help="address to listen on (default: GRADIO_SERVER_NAME, else 127.0.0.1)")
    parser.add_argument("--port", type=positive, help="port (default: PORT, else GRADIO_SERVER_PORT, else 7860)")
    parser.add_argument("--preset", metavar="P", help="offline or paper")


def _run(asked: argparse.Namespace) -> int:
    from mindgap.ui.page import launch

    launch(asked.preset, asked.host, asked.port)
    return 0


SERVE = Command("serve", "Open the page.", _arguments, _run)
