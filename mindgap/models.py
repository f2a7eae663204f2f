"""Loaded models, shared by everybody: encoders, document embeddings, projections, and retrievers built from them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mindgap import paths
from mindgap.encoders.base import Encoder
from mindgap.encoders.spec import Folder, Hub, ModelSpec
from mindgap.encoders.store import EmbeddingStore
from mindgap.errors import CallerError, Unavailable
from mindgap.lazy import Once
from mindgap.presets import PRESETS, Preset, Role, known_models
from mindgap.projections import DEFAULT_METHOD, METHODS
from mindgap.projections.base import Projection
from mindgap.projections.checkpoint import CARD, Checkpoint, CheckpointError, read_checkpoint
from mindgap.registry import suggestion
from mindgap.retrievers import RETRIEVERS
from mindgap.retrievers.base import Retriever, RetrieverSpec
from mindgap.text import printable
from mindgap.types import Gallery, Vectors

SCORINGS = ("cosine", "csls")


@dataclass(frozen=True)
class Choice:
    """What a retriever is built for.

    `checkpoint` takes the place of the shipped projection of `method`. `scoring` is "cosine" or "csls"; it only matters
    to a retriever that projects.
    """

    preset: str
    task: str | None
    method: str = DEFAULT_METHOD
    checkpoint: Checkpoint | None = None
    scoring: str = SCORINGS[0]


class Models:
    """Loads lazily, keeps what it has loaded, never downloads. Safe to call from several threads."""

    def __init__(self, store: EmbeddingStore | None = None) -> None:
        self.store = store or EmbeddingStore()
        self._encoders: Once[Encoder] = Once()
        self._checkpoints: Once[Checkpoint] = Once()
        self._retrievers: Once[Retriever] = Once()

    def encoder(self, spec: ModelSpec) -> Encoder:
        """The loaded encoder. Raises Unavailable with the reason and the cure."""

        def load() -> Encoder:
            from mindgap.encoders.transformer import load_encoder

            return load_encoder(spec)

        return self._encoders.get(spec, load)

    def checkpoint(self, preset: str, task: str, encoder: Encoder, method: str) -> Checkpoint:
        """The verified checkpoint of that name. Raises Unavailable where there is none or it does not fit."""
        folder = checkpoint_folder(preset, task, encoder.name, method)
        names = f"--task {task} --encoder {encoder.name} --method {method}"
        train = f"`python -m mindgap train {names} --output {_shown(folder)}`"
        if not (folder / CARD).is_file():
            raise Unavailable(
                f"No {method} projection has been trained on {encoder.label} for this task", f"run {train}"
            )
        key = (str(folder), (folder / CARD).stat().st_mtime_ns)
        try:
            found = self._checkpoints.get(key, lambda: read_checkpoint(folder))
            found.require_encoder(encoder.fingerprint, encoder.label)
        except CheckpointError as error:
            raise Unavailable(str(error).rstrip("."), f"remove {_shown(folder)}, then run {train}") from error
        return found

    def retriever(self, name: str, choice: Choice, gallery: Gallery, keep: bool = True) -> Retriever:
        """A retriever over `gallery`; kept for the next who asks unless `keep` is off (a user's own file).

        Raises CallerError for an unknown name, Unavailable where a model is not there.
        """
        spec = RETRIEVERS.get(name)
        # the method only matters to a retriever that projects
        method = (choice.method, choice.scoring) if spec.projected else ()
        context = _RetrieverContext(self, choice, gallery)
        if not keep or (choice.checkpoint and spec.projected):
            return spec.build(context)
        return self._retrievers.get(
            (name, choice.preset, choice.task, method, gallery.fingerprint), lambda: spec.build(context)
        )


@dataclass(frozen=True)
class _RetrieverContext:
    """See `mindgap.retrievers.base.Context`."""

    models: Models
    choice: Choice
    gallery: Gallery

    def encoder(self, role: Role) -> Encoder:
        return self.models.encoder(PRESETS.get(self.choice.preset).models[role])

    def projection(self, role: Role) -> Projection:
        return self._checkpoint(role).projection

    def _checkpoint(self, role: Role) -> Checkpoint:
        encoder, own = self.encoder(role), self.choice.checkpoint
        if own is not None and own.encoder_fingerprint == encoder.fingerprint:
            return own
        if self.choice.task is None:
            raise Unavailable("Without a task it is not known which projection to take", "add --task or --checkpoint.")
        return self.models.checkpoint(self.choice.preset, self.choice.task, encoder, self.choice.method)

    def hub_queries(self, role: Role) -> Vectors | None:
        if self.choice.scoring != "csls":
            return None
        return csls_queries(self._checkpoint(role))

    def embed_documents(self, encoder: Encoder) -> Vectors:
        return self.models.store.embed(encoder, self.gallery.texts)


def checkpoint_folder(preset: str, task: str, encoder: str, method: str) -> Path:
    """checkpoints/<preset>/<task>/<encoder>-<method>."""
    return paths.checkpoints() / preset / task / f"{encoder}-{method}"


def shipped_methods(preset: Preset, task: str) -> list[str]:
    """Methods with a checkpoint for some encoder of the preset, the default first, then as registered."""
    names = {spec.name for spec in preset.models.values()}
    found = [
        m for m in METHODS.names() if any((checkpoint_folder(preset.name, task, n, m) / CARD).is_file() for n in names)
    ]
    return sorted(found, key=lambda method: method != DEFAULT_METHOD)


def resolve_model(name: str) -> ModelSpec:
    """The model that `--encoder` means: a short name, a folder, or a Hub id (owner/name).

    Raises CallerError for anything else.
    """
    models = known_models()
    if name in models:
        return models[name]
    folder = Path(name).expanduser()
    if folder.is_dir():
        return ModelSpec(folder.resolve().name, folder.resolve().name, Folder(str(folder.resolve())))
    if name.count("/") == 1 and all(name.split("/")):
        owner_known = next(
            (m for m in models.values() if isinstance(m.source, Hub) and m.source.repository == name), None
        )
        return owner_known or ModelSpec(name.split("/")[1], name, Hub(name))
    raise CallerError(
        f"There is no encoder {name[:60]!r}: not a short name, a folder or a Hub id.{suggestion(name, list(models))}"
    )


def card_model(checkpoint: Checkpoint) -> ModelSpec:
    """The encoder that a checkpoint's card names. Raises CheckpointError where it names none that can be."""
    card = checkpoint.card["encoder"]
    source = str(card.get("source") or card.get("name"))
    try:
        if source.startswith("../"):
            # an encoder that was written beside its projection is found wherever both are moved to
            return resolve_model(str((checkpoint.folder / source).resolve()))
        return resolve_model(source)
    except CallerError as error:
        raise CheckpointError(f"The encoder of {checkpoint.folder} cannot be loaded. {error}") from error
    except (ValueError, OSError, RuntimeError) as error:  # no path at all, too long a one, links in a circle
        raise CheckpointError(
            f"The card of {checkpoint.folder} names an encoder that cannot be ({printable(source)!r}). "
            "Train the projection again."
        ) from error


def card_encoder(checkpoint: Checkpoint, models: Models) -> Encoder:
    """The encoder that a checkpoint was trained on, loaded. Raises CheckpointError where it is not to be had here."""
    spec = card_model(checkpoint)
    try:
        encoder = models.encoder(spec)
    except (Unavailable, CallerError) as error:
        raise CheckpointError(f"The encoder of {checkpoint.folder} cannot be loaded. {error}") from error
    except (ValueError, OSError) as error:
        reason = printable(error, 200).rstrip(".")
        raise CheckpointError(
            f"The encoder of {checkpoint.folder} cannot be loaded ({reason}). Fetch it again."
        ) from error
    checkpoint.require_encoder(encoder.fingerprint, encoder.label)
    return encoder


def csls_queries(checkpoint: Checkpoint) -> Vectors:
    """The training queries that a checkpoint keeps for CSLS. Raises Unavailable where it keeps none."""
    if checkpoint.hub_queries is None:
        raise Unavailable(f"{_shown(checkpoint.folder)} keeps no training queries for CSLS", "train it again.")
    return checkpoint.hub_queries


def fitting_retriever(models: Models, preset: str, checkpoint: Checkpoint) -> RetrieverSpec | None:
    """The preset's first projecting retriever whose encoder the checkpoint was trained on; None where none has it.

    Retrievers whose encoder is not there are passed over.
    """
    for spec in RETRIEVERS:
        if not spec.projected or spec.role is None:
            continue
        try:
            encoder = models.encoder(PRESETS.get(preset).models[spec.role])
        except Unavailable:
            continue
        if encoder.fingerprint == checkpoint.encoder_fingerprint:
            return spec
    return None


def _shown(folder: Path) -> str:
    try:
        return str(folder.relative_to(paths.ROOT))
    except ValueError:
        return str(folder)
