"""The benchmark compares like with like: the baseline predicts the documents that ours ranks first."""

import numpy as np
import pytest

from benchmarks import comparison
from mindgap.projections.identity import IdentityProjection
from mindgap.retrievers import RETRIEVERS
from mindgap.tasks import TASKS
from mindgap.types import Gallery
from mindgap.workspace import Workspace
from tests.conftest import HashEncoder

TEXTS = tuple(f"document {i} about topic{i % 7} and word{i}" for i in range(60))
QUERIES = ["topic3 word10", "word41 of topic6", "about document", "word7 topic0 7", "nothing of the kind"]
TURN = np.random.default_rng(0).standard_normal((32, 32)).astype(np.float32)


class Turned(IdentityProjection):
    def map_queries(self, embeddings):
        return embeddings @ TURN


class FakeContext:
    gallery = Gallery(tuple(f"d{i}" for i in range(60)), TEXTS)

    def encoder(self, role):
        return HashEncoder("one")

    def projection(self, role):
        return Turned()

    def hub_queries(self, role):
        return None

    def embed_documents(self, encoder):
        return encoder.encode(self.gallery.texts)


@pytest.mark.parametrize("spec", RETRIEVERS, ids=lambda s: s.name)
def test_the_baseline_predicts_what_ours_ranks_first(spec):
    context = FakeContext()
    ours = spec.build(context)
    projection = context.projection(spec.role) if spec.projected else IdentityProjection()
    encoder = context.encoder(spec.role)
    documents = projection.map_documents(context.embed_documents(encoder))
    predict = comparison.baseline(spec, TEXTS, comparison.Side(encoder, projection, documents) if spec.role else None)
    prepared = ours.prepare(QUERIES, encoder.encode(QUERIES) if spec.role else None)
    assert [predict(query) for query in QUERIES] == ours.search(prepared, 1)[1][:, 0].tolist()


@pytest.mark.parametrize("task", TASKS, ids=lambda t: t.name)
def test_so_it_does_with_the_real_models(task, models):
    found = list(comparison.available(models, task))
    assert {"bm25", "sentence-transformer"} <= {spec.name for spec, _, _ in found}
    # the compact dual encoder was trained for the dot product, the scripts take the cosine
    compared = {spec.name: predict for spec, _, predict in found if spec.name != "dpr"}
    for pair in task.pairs("test")[:5]:
        for ranking in Workspace("offline", models).compare(pair.query, task.name, 1, list(compared)).retrievers:
            place = compared[ranking.name](pair.query)
            assert ranking.hits[0].id == task.gallery.ids[place], ranking.name


def test_every_way_answers_every_query_in_turns():
    seen = []
    times = comparison.in_turns({n: lambda q, n=n: seen.append(n + q) for n in "ab"}, ["1", "2"])
    assert seen == ["a1", "b1", "a1", "b1", "a2", "b2"]
    assert [len(times[name]) for name in "ab"] == [2, 2]


def test_a_batch_encodes_once_for_each_encoder():
    context, encoder = FakeContext(), HashEncoder("shared")
    context.encoder = lambda role: encoder
    retrievers = [spec.build(context) for spec in RETRIEVERS]
    encoder.calls.clear()
    comparison.ask_all(retrievers, QUERIES)
    assert encoder.calls == [QUERIES]
