"""The Space's entry: builds the page and launches it."""

import sys

from mindgap.cli import main

if __name__ == "__main__":
    sys.exit(main(["serve"]))
