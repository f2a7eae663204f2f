"""A projection on top of the Sentence Transformer, beyond the paper."""

from mindgap.presets import Role
from mindgap.retrievers.base import RetrieverSpec
from mindgap.retrievers.dense import build_dense

PROJECTION_ST = RetrieverSpec(
    name="projection-st",
    label="Projection on ST",
    role=Role.SENTENCE,
    projected=True,
    about="The Sentence Transformer, its queries projected into the document space.",
    build=lambda context: build_dense(context, Role.SENTENCE, projected=True),
)
