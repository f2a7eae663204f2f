"""The Space's entry: builds the page and launches it."""

import sys

from mindgap.cli import main
from mindgap.space import zero

if __name__ == "__main__":
    zero.prepare()
    sys.exit(main(["serve"]))
