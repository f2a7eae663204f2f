"""Mind the Gap: see what aligning the embeddings of two text modalities does to retrieval."""

__version__ = "0.1.0"
