"""Is English English and French French: function words and letters, enough to catch swapped or untranslated sides."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mindgap.tasks.checks.base import Check, Finding, Splits, every
from mindgap.tasks.checks.near import WORDS

_ENGLISH = frozenset(
    """
    the a an is are was were of to and in that it for on with as at by from this not you he she we they have
    has had be will can my your his her our their do does did if but what how where when who which please
    there no yes i me us them or so up out all more than would could should been being its into about
    """.split()
)
_FRENCH = frozenset(
    """
    le la les un une des est sont était étaient de du à au aux et en que qui il elle on nous vous ils elles
    je tu ne pas pour sur avec dans par ce cet cette ces se sa son ses leur leurs mon ma mes ton ta tes notre
    nos votre vos plus si mais où quand comment quoi quel quelle a ont fait été sans y
    """.split()
)
_LONG_ENOUGH = 7
_ELISION = re.compile(r"\b(?:[ldnscjmt]|qu)'(?=\w)")
_SPACE_BEFORE = re.compile(r"[^\s\d][?!;:»](\s|$)")


def language_votes(text: str) -> tuple[int, int]:
    """How many words of a text are English and how many are French function words, elisions (l', qu') included."""
    words = WORDS.findall(text.casefold())
    french = sum(word in _FRENCH for word in words) + len(_ELISION.findall(text.casefold()))
    return sum(word in _ENGLISH for word in words), french


def _english(splits: Splits) -> Iterator[Finding]:
    for where, pair in every(splits):
        for name in ("query", "question"):
            english, french = language_votes(getattr(pair, name))
            if len(WORDS.findall(getattr(pair, name))) >= _LONG_ENOUGH and english < french:
                yield Finding(where, f"{name} does not look English: {getattr(pair, name)[:60]!r}")
        if pair.question and not pair.question.endswith("?"):
            yield Finding(where, "question does not end with a question mark")


def _french(splits: Splits) -> Iterator[Finding]:
    for where, pair in every(splits):
        english, french = language_votes(pair.document)
        if len(WORDS.findall(pair.document)) >= _LONG_ENOUGH and french < english:
            yield Finding(where, f"document does not look French: {pair.document[:60]!r}")
        if _SPACE_BEFORE.search(pair.document):
            yield Finding(where, f"French has a space before ? ! ; : and »: {pair.document[-60:]!r}")
        if re.search("[’\u00a0\u202f]", pair.document + pair.query):
            yield Finding(where, "curly apostrophe or special space; the data has ' and plain spaces")


def _length(splits: Splits) -> Iterator[Finding]:
    for where, pair in every(splits):
        english, french = len(WORDS.findall(pair.query)), len(WORDS.findall(pair.document))
        if not 2 <= english <= 50 or not 1 <= french <= 65:
            yield Finding(where, f"{english} English and {french} French words (2 to 50, 1 to 65)")
        elif english >= 12 and not 0.4 <= french / english <= 2.5:
            yield Finding(where, f"{english} English words against {french} French ones: is a part missing?")


ENGLISH = Check("English", "queries and questions have more English than French function words", _english)
FRENCH = Check("French", "documents have more French than English function words; French spacing", _french)
SENTENCE_LENGTH = Check("length", "2 to 50 English words, 1 to 65 French ones, no part left out", _length)
