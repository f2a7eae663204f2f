"""Query -> ranking. A new retriever is one file here and one line below; the order is that of the columns."""

from mindgap.registry import Registry
from mindgap.retrievers.base import Context, Retriever, RetrieverSpec
from mindgap.retrievers.bm25 import BM25
from mindgap.retrievers.codebert import CODEBERT
from mindgap.retrievers.dpr import DPR
from mindgap.retrievers.hybrid import HYBRID
from mindgap.retrievers.projection import PROJECTION
from mindgap.retrievers.projection_st import PROJECTION_ST
from mindgap.retrievers.sentence_transformer import SENTENCE_TRANSFORMER

RETRIEVERS: Registry[RetrieverSpec] = Registry("retriever")
RETRIEVERS.register(BM25)
RETRIEVERS.register(DPR)
RETRIEVERS.register(CODEBERT)
RETRIEVERS.register(SENTENCE_TRANSFORMER)
RETRIEVERS.register(PROJECTION)
RETRIEVERS.register(PROJECTION_ST)
RETRIEVERS.register(HYBRID)

__all__ = ["RETRIEVERS", "Context", "Retriever", "RetrieverSpec"]
