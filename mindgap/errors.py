"""The ways in which a request can end without its answer, each with a sentence for the reader."""

from __future__ import annotations


class MindGapError(Exception):
    """Base of every error whose message is meant for a person: what was wrong, what was got, what to do."""


class CallerError(MindGapError):
    """The caller asked for something that cannot be (exit status 2; in the page a sentence)."""


class Failure(MindGapError):
    """The request was right but the work could not be done (exit status 1)."""


class Unavailable(MindGapError):
    """A model that is not there.

    The message is one sentence that holds the reason and the cure, so that a retriever can be shown with it.
    """

    def __init__(self, reason: str, cure: str) -> None:
        super().__init__(f"{reason}: {cure}")
        self.reason = reason
        self.cure = cure


class Stopped(MindGapError):
    """Long work that ended because the one who asked for it said so."""
