"""Name -> entry. Menus, tables, command-line choices and contract tests all follow the registries."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar

from mindgap.errors import CallerError


class Named(Protocol):
    """Anything with a name."""

    @property
    def name(self) -> str:
        """The name under which the entry is known on the command line and in files."""


Entry = TypeVar("Entry", bound=Named)


def suggestion(name: str, known: list[str]) -> str:
    """The sentence that ends a refusal of `name`: what was probably meant, and everything that is known."""
    close = difflib.get_close_matches(str(name).casefold(), known, n=1, cutoff=0.5)
    meant = f" Did you mean {close[0]!r}?" if close else ""
    return f"{meant} Known: {', '.join(known)}."


class Registry(Generic[Entry]):
    """An ordered set of named entries; refuses doubles and says what was meant.

    Args:
        kind: what the entries are, as used in messages ("task", "retriever").
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, Entry] = {}

    def register(self, entry: Entry) -> Entry:
        """Add `entry` under its name and return it. Raises ValueError if the name is taken."""
        if entry.name in self._entries:
            raise ValueError(f"a {self.kind} named {entry.name!r} is registered already")
        self._entries[entry.name] = entry
        return entry

    def get(self, name: str) -> Entry:
        """The entry called `name`. Raises CallerError with a "did you mean" for an unknown name."""
        try:
            return self._entries[name]
        except (KeyError, TypeError):
            shown = str(name)[:60]
            raise CallerError(f"There is no {self.kind} {shown!r}.{suggestion(shown, self.names())}") from None

    def names(self) -> list[str]:
        """Every name, in order of registration."""
        return list(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __len__(self) -> int:
        return len(self._entries)
