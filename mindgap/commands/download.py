"""download: the models of a preset, from the Hugging Face Hub."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from mindgap.commands.base import Command, add_json, print_json, print_table, say
from mindgap.encoders.base import Progress
from mindgap.encoders.spec import Hub, ModelSpec
from mindgap.errors import CallerError, MindGapError
from mindgap.presets import PRESETS, Role

if TYPE_CHECKING:
    from mindgap.hub.models import Plan

_DEFAULT = "paper"


class HasError(Protocol):
    """A line of the report: what it is called in a sentence, and what went wrong with it."""

    error: str | None

    @property
    def shown(self) -> str: ...


Row = TypeVar("Row", bound=HasError)


@dataclass
class _Row:
    """What becomes of one model while the command runs."""

    spec: ModelSpec
    source: Hub
    state: str = "missing"
    plan: Plan | None = None
    bytes_total: int | None = None
    bytes_here: int = 0
    folder: Path | None = None
    error: str | None = None

    @property
    def shown(self) -> str:
        return self.spec.name

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.spec.name,
            "repository": self.source.repository,
            "revision": self.source.revision,
            "state": self.state,
            "bytes": self.bytes_total,
            "bytes_here": self.bytes_here,
            "folder": str(self.folder) if self.folder else None,
            "error": self.error,
        }


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--preset", metavar="P", help="the preset whose models are fetched (default paper)")
    parser.add_argument("--retriever", action="append", metavar="R", help="only what these retrievers need (repeat)")
    parser.add_argument("--model", action="append", metavar="M", help="a model by its name or Hub id (repeat)")
    parser.add_argument("--data", choices=("paper",), help="the data sets of the paper's authors, and no models")
    parser.add_argument("--dry-run", action="store_true", help="say what would be fetched, and fetch nothing")
    add_json(parser)


def _run(asked: argparse.Namespace) -> int:
    if asked.data:
        from mindgap.commands.download_data import download_data

        return download_data(asked)
    specs = _wanted(asked.preset, asked.retriever, asked.model)
    rows = [_Row(spec, spec.source) for spec in specs if isinstance(spec.source, Hub)]
    for spec in specs:
        if not isinstance(spec.source, Hub):
            say(f"{spec.label}: nothing to download, it does not come from the Hub.")
    if not rows:
        say("There is nothing to download.")
    _look(rows)
    _plan([row for row in rows if row.folder is None and not row.error])
    if not asked.json:
        _print_plan(rows)
    if not asked.dry_run:
        one_by_one([row for row in rows if row.plan], _fetch, is_alive)
    if asked.json:
        print_json(_report(rows))
    return 1 if any(row.error for row in rows) else 0


def _wanted(preset: str | None, retrievers: list[str] | None, models: list[str] | None) -> list[ModelSpec]:
    """The models asked for, each once. Raises CallerError for an unknown name."""
    from mindgap.models import resolve_model
    from mindgap.retrievers import RETRIEVERS

    if any(not name.strip() for name in models or ()):
        raise CallerError("--model is empty; write the name of a model or its id on the Hub, such as owner/name.")
    found = [resolve_model(name) for name in models or ()]
    if preset or retrievers or not models:
        of_role = PRESETS.get(preset or _DEFAULT).models
        roles = set(of_role) if not retrievers else {RETRIEVERS.get(name).role for name in retrievers}
        if Role.DPR_QUESTION in roles:
            roles.add(Role.DPR_CONTEXT)
        found += [spec for role, spec in of_role.items() if role in roles]
    return list(dict.fromkeys(found))


def _look(rows: list[_Row]) -> None:
    from mindgap.hub.models import State, look, model_folder

    for row in rows:
        found = look(row.source.repository, row.source.revision)
        row.state, row.bytes_total, row.bytes_here = found.state.value, found.bytes_total, found.bytes_here
        if found.folder is None:
            continue
        try:
            row.folder = model_folder(row.source.repository, row.source.revision, "fetch it again.")
        except MindGapError as error:
            row.state = look(row.source.repository, row.source.revision, sums=True).state.value
            if row.state == State.PRESENT.value:  # intact, so fetching it again would change nothing
                tell(row, error)


def tell(row: HasError, error: object) -> None:
    """Keep what went wrong, and say it at once: a later row may take its time."""
    row.error = str(error)
    say(f"mindgap: {row.shown}: {row.error}")


def one_by_one(rows: Iterable[Row], work: Callable[[Row], None], is_alive: Callable[[], bool]) -> None:
    """Do the work for each row, a fault of one leaving the others; CallerError is passed on.

    Where the Hub gave no answer and is not alive, the rows that are left get the same error without being asked for.
    """
    from mindgap.hub.faults import NoAnswer

    silence: MindGapError | None = None
    for row in rows:
        if silence is not None:
            tell(row, silence)
            continue
        try:
            work(row)
        except CallerError:
            raise
        except MindGapError as error:
            tell(row, error)
            if isinstance(error, NoAnswer) and not is_alive():
                silence = error


def is_alive() -> bool:
    """Whether the Hub gives a sign of life."""
    from mindgap.hub.listing import probe

    try:
        probe()
    except MindGapError:
        return False
    return True


def is_reached(rows: Iterable[HasError]) -> bool:
    """Whether the Hub gives a sign of life; where not, each row gets the reason, and is not asked for.

    Raises CallerError for a wrong MINDGAP_HUB_TIMEOUT.
    """
    from mindgap.hub.listing import probe

    try:
        probe()
    except CallerError:
        raise
    except MindGapError as error:
        for row in rows:
            tell(row, error)
        return False
    return True


def _plan(rows: list[_Row]) -> None:
    """Ask the Hub for the sizes of what is not here; a Hub that gives no sign of life is asked only once."""
    from mindgap.hub.models import plan

    def ask(row: _Row) -> None:
        row.plan = plan(row.source.repository, row.source.revision)
        row.bytes_total, row.bytes_here = row.plan.bytes_total, row.plan.bytes_here

    if rows and is_reached(rows):
        one_by_one(rows, ask, lambda: False)


def _fetch(row: _Row) -> None:
    from mindgap.hub.models import fetch_model

    if row.plan is None:
        return
    row.folder = fetch_model(row.plan, _bytes_bar(row.spec.name))
    row.state, row.bytes_here = "present", row.plan.bytes_total
    say(f"{row.source.repository}: {row.folder}")


def _bytes_bar(heading: str) -> Progress:
    """A bar of bytes on standard error; nothing where standard error is no terminal."""
    from tqdm import tqdm

    bar = tqdm(desc=heading, unit="B", unit_scale=True, leave=False, file=sys.stderr, disable=None)

    def update(done: int, total: int) -> None:
        bar.total = total
        bar.update(done - bar.n)
        if done >= total:
            bar.close()

    return update


def _report(rows: list[_Row]) -> dict[str, Any]:
    known = [row.bytes_total for row in rows if row.bytes_total is not None]
    here = sum(row.bytes_here for row in rows)
    return {"models": [row.to_json() for row in rows], "bytes": sum(known), "bytes_here": here}


def _print_plan(rows: list[_Row]) -> None:
    if not rows:
        return
    cells = [
        (
            row.spec.name,
            row.source.repository,
            row.source.revision[:12],
            *map(megabytes, (row.bytes_total, row.bytes_here)),
        )
        for row in rows
    ]
    print_table(cells, ("model", "repository", "revision", "size", "here"))
    total, here = _report(rows)["bytes"], _report(rows)["bytes_here"]
    if all(row.folder for row in rows):
        print(f"Everything is here: {megabytes(total)}.")
    else:
        unknown = sum(row.bytes_total is None for row in rows)
        more = f" and {unknown} of unknown size" if unknown else ""
        print(f"In all {megabytes(total)}; here {megabytes(here)}; to fetch {megabytes(max(0, total - here))}{more}.")


def megabytes(count: int | None) -> str:
    """A number of bytes for people, in MB of a million bytes."""
    return "unknown" if count is None else f"{count / 1e6:,.1f} MB"


DOWNLOAD = Command("download", "Fetch the models of a preset from the Hugging Face Hub.", _arguments, _run)
