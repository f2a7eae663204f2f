"""Dense passage retrieval: one encoder for questions, another for passages (Karpukhin et al., 2020)."""

from __future__ import annotations

from mindgap.presets import Role
from mindgap.retrievers.base import Context, RetrieverSpec
from mindgap.retrievers.dense import DenseRetriever


def _build(context: Context) -> DenseRetriever:
    question, passage = context.encoder(Role.DPR_QUESTION), context.encoder(Role.DPR_CONTEXT)
    # the published model is scored by cosine, as in the paper's script; the compact one was trained for the dot product
    return DenseRetriever(question, context.embed_documents(passage), cosine=not question.name.startswith("compact"))


DPR = RetrieverSpec(
    name="dpr",
    label="DPR",
    role=Role.DPR_QUESTION,
    projected=False,
    about="Two encoders trained on English questions and the passages that answer them.",
    build=_build,
)
