"""A model of the Hub on this machine: whether it is there, what it weighs, and the folder that it is loaded from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from mindgap.errors import Unavailable
from mindgap.hub import cache
from mindgap.hub.choice import CONFIG, SAFETENSORS_INDEX, TOKENIZERS, model_files, weights_of
from mindgap.hub.convert import convert, converted_folder, is_converted
from mindgap.hub.faults import tidy
from mindgap.hub.fetch import Progress, fetch
from mindgap.hub.listing import HubFile, Listing, check_name, list_files

_MODEL = "model"


class State(Enum):
    """How much of a model is on this machine."""

    PRESENT = "present"
    PARTLY = "partly"
    DAMAGED = "damaged"
    MISSING = "missing"


@dataclass(frozen=True)
class Found:
    """What is on this machine of a model at a revision.

    Attributes:
        commit: 40 hexadecimal digits; None where a branch has never been fetched.
        bytes_here: of the files that loading needs.
        bytes_total: None where their sizes are not known without asking the Hub.
        folder: the snapshot; None unless it is there.
        problem: what is missing or damaged, as the rest of a sentence about it; "" where the model is present.
    """

    state: State
    commit: str | None
    bytes_here: int
    bytes_total: int | None
    folder: Path | None
    problem: str


@dataclass(frozen=True)
class Plan:
    """What fetching a model takes: the files that loading needs, and how many of their bytes are here already."""

    listing: Listing
    revision: str
    files: tuple[HubFile, ...]
    bytes_total: int
    bytes_here: int


def plan(repository: str, revision: str) -> Plan:
    """Ask the Hub what a model weighs. Raises CallerError or Unavailable as `list_files` does."""
    listing = list_files(repository, revision, _MODEL)
    needed = set(model_files([file.path for file in listing.files], repository))
    files = tuple(file for file in listing.files if file.path in needed)
    here = sum(cache.bytes_here(listing, file) for file in files)
    return Plan(listing, revision, files, sum(file.size for file in files), here)


def fetch_model(wanted: Plan, progress: Progress | None = None) -> Path:
    """Bring a model here, verify it, and return the folder it is loaded from. Raises Unavailable with the cause."""
    fetch(wanted.listing, wanted.files, wanted.revision, progress)
    return model_folder(wanted.listing.repository, wanted.revision, "name another model.")


def look(repository: str, revision: str, sums: bool = False) -> Found:
    """What is here of a model, without any request. `sums` also reads every file, to find damage within."""
    check_name(repository, revision, _MODEL)
    commit = cache.commit_of(repository, revision, _MODEL)
    if commit is None:
        return Found(State.MISSING, None, 0, None, None, "has not been downloaded to this machine")
    folder = cache.storage(repository, _MODEL) / "snapshots" / commit
    listing = cache.read_record(repository, commit, _MODEL)
    if listing is None:
        return _look_without_record(commit, folder, sums)
    return _look_with_record(listing, folder, sums)


def _look_with_record(listing: Listing, folder: Path, sums: bool) -> Found:
    needed = set(model_files([file.path for file in listing.files], listing.repository))
    files = [file for file in listing.files if file.path in needed]
    total, here = sum(file.size for file in files), sum(cache.bytes_here(listing, file) for file in files)
    missing = [file.path for file in files if not (folder / file.path).is_file()]
    damaged = [file.path for file in files if file.path not in missing and not _fits(folder / file.path, file, sums)]
    if damaged:
        state, problem = State.DAMAGED, f"is damaged ({tidy(damaged[0])} is not as the Hub lists it)"
    elif missing and not here and len(missing) == len(files):
        state, problem = State.MISSING, "has not been downloaded to this machine"
    elif missing:
        megabytes = f"{here / 1e6:,.1f} of {total / 1e6:,.1f} MB"
        state, problem = State.PARTLY, f"is half downloaded ({megabytes}; {tidy(missing[0])} is missing)"
    else:
        return Found(State.PRESENT, listing.commit, here, total, folder, "")
    return Found(state, listing.commit, here, total, None, problem)


def _fits(path: Path, file: HubFile, sums: bool) -> bool:
    return cache.is_whole(path, file) if sums else cache.has_size(path, file)


def _look_without_record(commit: str, folder: Path, sums: bool) -> Found:
    """A cache that another program filled: whole if it has what loading needs and nothing contradicts itself."""
    if not folder.is_dir():
        return Found(State.MISSING, commit, 0, None, None, "has not been downloaded to this machine")
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    weights = weights_of(names)
    here = sum((folder / name).stat().st_size for name in names)
    shards = [] if len(weights) < 2 else _shards(folder / weights[0])
    lacking = [name for name in (CONFIG, *shards) if name not in names]
    lacking += ["the tokenizer"] * (not names.intersection(TOKENIZERS)) + ["the file of its weights"] * (not weights)
    if lacking:
        problem = f"is half downloaded ({lacking[0]} is missing)"
        return Found(State.PARTLY, commit, here, None, None, problem)
    for name in sorted(names):
        if damage := _contradiction(folder / name, sums):
            return Found(State.DAMAGED, commit, here, None, None, f"is damaged ({tidy(name)} {damage})")
    return Found(State.PRESENT, commit, here, here, folder, "")


def _shards(index: Path) -> list[str]:
    try:
        return sorted(set(json.loads(index.read_text("utf-8"))["weight_map"].values()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return [index.name]


def _contradiction(path: Path, sums: bool) -> str:
    if path.suffix == ".safetensors":
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, framework="np"):
                pass
        except (SafetensorError, OSError):
            return "is not whole"
    blob = path.resolve()
    # the cache names contents by their sum, so a link says what its file ought to hash to
    if sums and path.is_symlink() and blob.parent.name == "blobs" and len(blob.name) in (40, 64):
        return "" if cache.sum_of(blob, len(blob.name)) == blob.name else "does not hash to its name"
    return ""


def model_folder(repository: str, revision: str, cure: str) -> Path:
    """The verified folder that a model is loaded from: the snapshot, or its weights converted to safetensors.

    Raises Unavailable with the reason and `cure`. No request is made.
    """
    check_name(repository, revision, _MODEL)
    commit = cache.commit_of(repository, revision, _MODEL)
    if commit and (cache.storage(repository, _MODEL) / "snapshots" / commit).is_dir():
        folder = converted_folder(repository, commit)
        if is_converted(folder):
            return folder
    found = look(repository, revision, sums=True)
    if found.folder is None or found.commit is None:
        raise Unavailable(f"{repository} {found.problem}", cure)
    _refuse_code(found.folder / CONFIG, repository)
    names = [path.relative_to(found.folder).as_posix() for path in sorted(found.folder.rglob("*")) if path.is_file()]
    weights = weights_of(names)
    if weights[0] == SAFETENSORS_INDEX or weights[0].endswith(".safetensors"):
        return found.folder
    others = [path for path in model_files(names, repository) if path not in weights]
    binaries: Sequence[str] = [name for name in weights if name.endswith(".bin")]
    return convert(repository, found.commit, found.folder, binaries, others)


def _refuse_code(config: Path, repository: str) -> None:
    """Raises Unavailable for a model that is defined by Python files of its repository."""
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

    try:
        settings = json.loads(config.read_text("utf-8"))
        own_code = "auto_map" in settings and settings.get("model_type") not in CONFIG_MAPPING_NAMES
    except (OSError, ValueError, TypeError, AttributeError):
        raise Unavailable(f"{CONFIG} of {repository} cannot be read", "fetch it again.") from None
    if own_code:
        raise Unavailable(f"{repository} needs code of its own, which is never run here", "name another model.")
