"""Monolingual sentences, drawn from a lexicon and a grammar, for masked language modelling."""

from __future__ import annotations

from random import Random

from mindgap.errors import CallerError
from mindgap.pretraining.sentences.english import English
from mindgap.pretraining.sentences.french import French

WRITERS: dict[str, type[English] | type[French]] = {"english": English, "french": French}


def sentences(language: str, count: int, seed: int) -> list[str]:
    """`count` sentences of one language, the same for the same language and seed, none of them twice.

    The languages are drawn apart: row i of one has nothing to do with row i of the other. The first n of a longer
    list are the list of n. Most are sentences with a capital and a full stop, question mark or exclamation mark;
    about one in twenty is a short phrase without a full stop. A language that is neither "english" nor "french", or a
    count below 0, is a CallerError.
    """
    if language not in WRITERS:
        raise CallerError(f"There are no sentences in {language!r}: ask for one of {', '.join(sorted(WRITERS))}.")
    if count < 0:
        raise CallerError(f"The number of sentences is {count}: give 0 or more.")
    writer = WRITERS[language](Random(f"{language} sentences {seed}"))
    found: dict[str, None] = {}
    while len(found) < count:
        found[writer.sentence()] = None
    return list(found)
