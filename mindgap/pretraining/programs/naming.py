"""Gives the roles of one program their names: one name a role, no name twice."""

from __future__ import annotations

import random
import re

from mindgap.errors import Failure
from mindgap.pretraining.programs.catalogue import Domain, Pool, Skeleton, domains, vocabulary, word_lists

_TAKEN = frozenset(word_lists()["reserved"])


def pool(skeleton: Skeleton, role: str) -> Pool:
    """The names for a role; a figure at its end only tells two of a kind apart.

    Raises:
        Failure: neither the skeleton nor the vocabulary knows the role.
    """
    for key in (role, role.rstrip("0123456789"), role.rstrip("0123456789").lower()):
        found = skeleton.pools.get(key) or vocabulary().get(key)
        if found:
            return found
    raise Failure(f"The skeleton {skeleton.topic}/{skeleton.name} uses the role {role!r}, which has no names.")


def draw_domain(skeleton: Skeleton, rng: random.Random) -> Domain | None:
    """What this program is about, or nothing where the skeleton needs no domain."""
    return None if skeleton.domain == "none" else rng.choice(domains()[skeleton.domain])


class Identifiers:
    """C identifiers in one naming style; shared by all skeletons of a program, so that none clashes."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.camel = rng.random() < 0.25
        self.used: set[str] = set()

    def fresh(self, skeleton: Skeleton, role: str, domain: Domain | None) -> str:
        """A name for the role that is not taken yet in this program."""
        names = list(pool(skeleton, role).identifiers)
        if role in ("a", "item") and domain:
            nouns = domain.identifiers if role == "a" else (domain.singular.replace(" ", "_"),)
            names = list(nouns) * 2 + names[:3]
        for _ in range(12):
            name = self._styled(role, self._decorated(role, self.rng.choice(names), domain))
            if name not in self.used and name not in _TAKEN:
                break
        else:
            name = self._numbered(name)
        self.used.add(name)
        return name

    def _decorated(self, role: str, name: str, domain: Domain | None) -> str:
        if not role.startswith("fn"):
            return name
        if domain and self.rng.random() < 0.3:
            return f"{name}_{self.rng.choice((domain.singular, domain.plural)).replace(' ', '_')}"
        return f"{self.rng.choice(word_lists()['prefixes'])}_{name}" if self.rng.random() < 0.1 else name

    def _styled(self, role: str, name: str) -> str:
        if role.isupper():
            return name.upper()
        if role[0].isupper():
            parts = name.split("_")
            return "".join(part.capitalize() for part in parts) if self.camel else name
        return re.sub(r"_(\w)", lambda m: m[1].upper(), name) if self.camel else name

    def _numbered(self, name: str) -> str:
        at = 2
        while f"{name}{at}" in self.used:
            at += 1
        return f"{name}{at}"


class Phrases:
    """The words for the roles of one piece of pseudocode."""

    def __init__(self, skeleton: Skeleton, rng: random.Random) -> None:
        self.skeleton = skeleton
        self.rng = rng
        self.domain = draw_domain(skeleton, rng)
        self.known: dict[str, str] = {}
        if self.domain:
            self.known = {"item": self.domain.singular, "items": self.domain.plural}

    def __getitem__(self, role: str) -> str:
        """The phrase for the role, the same one each time."""
        if role not in self.known:
            phrases = [p for p in pool(self.skeleton, role).phrases if p not in self.known.values()]
            self.known[role] = self.rng.choice(phrases) if phrases else f"other {pool(self.skeleton, role).phrases[0]}"
        return self.known[role]
