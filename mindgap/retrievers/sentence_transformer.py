"""A Sentence Transformer as it is."""

from mindgap.presets import Role
from mindgap.retrievers.base import RetrieverSpec
from mindgap.retrievers.dense import build_dense

SENTENCE_TRANSFORMER = RetrieverSpec(
    name="sentence-transformer",
    label="Sentence Transformer",
    role=Role.SENTENCE,
    projected=False,
    about="An encoder trained on sentence pairs, mostly English.",
    build=lambda context: build_dense(context, Role.SENTENCE, projected=False),
)
