"""The paper's encoder as it is, without projection."""

from mindgap.presets import Role
from mindgap.retrievers.base import RetrieverSpec
from mindgap.retrievers.dense import build_dense

CODEBERT = RetrieverSpec(
    name="codebert",
    label="Encoder, no projection",
    role=Role.CODE,
    projected=False,
    about="A masked-language-model encoder, mean of its token vectors, nothing trained for retrieval.",
    build=lambda context: build_dense(context, Role.CODE, projected=False),
)
