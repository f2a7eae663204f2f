"""Near-duplicates: two texts whose word 3-grams overlap too much (Jaccard index), within and across splits."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence

from mindgap.tasks.checks.base import Check, Finding, Splits, every

WORDS = re.compile(r"[^\W_]+")
CODE_TOKENS = re.compile(r"\w+|[^\w\s]")
Gram = tuple[str, ...]


def grams(text: str, tokens: re.Pattern[str]) -> set[Gram]:
    """The set of 3-grams of a text's tokens; one shorter gram for a text of one or two tokens."""
    found = tokens.findall(text.casefold())
    return {tuple(found[i : i + 3]) for i in range(max(1, len(found) - 2))}


def near_pairs(texts: Sequence[str], tokens: re.Pattern[str], limit: float) -> Iterator[tuple[int, int, float]]:
    """Places (earlier, later) of texts whose Jaccard index is at least `limit`, and the index; 0 < limit <= 1.

    An inverted index over grams finds the candidates, so that not every two texts are compared.
    """
    seen: list[set[Gram]] = []
    holders: defaultdict[Gram, list[int]] = defaultdict(list)
    for place, text in enumerate(texts):
        own = grams(text, tokens)
        shared = Counter(other for gram in own for other in holders[gram])
        for other, common in shared.items():
            index = common / (len(own) + len(seen[other]) - common)
            if index >= limit:
                yield other, place, index
        seen.append(own)
        for gram in own:
            holders[gram].append(place)


def no_near_duplicates(field: str, limit: float, tokens: re.Pattern[str] = WORDS) -> Check:
    """A check over one field of all splits."""

    def run(splits: Splits) -> Iterator[Finding]:
        filled = [(where, getattr(pair, field)) for where, pair in every(splits) if getattr(pair, field)]
        for first, second, index in near_pairs([text for _, text in filled], tokens, limit):
            yield Finding(filled[second][0], f"{field} is a near-duplicate of {filled[first][0]} (Jaccard {index:.2f})")

    what = "token" if tokens is CODE_TOKENS else "word"
    return Check(f"near-duplicates of {field}", f"Jaccard index of {what} 3-grams below {limit}", run)


def overlap_share(text: str, other: set[str], words: Callable[[str], set[str]]) -> float:
    """Share of the distinct content words of `text` that are in `other`; 0 for a text without any."""
    own = words(text)
    return len(own & other) / len(own) if own else 0.0
