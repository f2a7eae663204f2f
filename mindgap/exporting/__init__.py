"""A projection and its encoder as one plain sentence-transformers model: a Router with a query and a document route.

The files are written by hand, so that exporting needs nothing beyond what the page needs. They are JSON of a few keys
and safetensors, and the tests hold them against the library itself, which loads them and writes the same again.
"""
