"""Every registered retriever keeps one contract, on every registered task, with models that need no download."""

import numpy as np
import pytest

from mindgap.errors import CallerError, Unavailable
from mindgap.indexes import normalise
from mindgap.models import Choice, Models
from mindgap.presets import PRESETS
from mindgap.projections import DEFAULT_METHOD
from mindgap.projections.identity import IdentityProjection
from mindgap.retrievers import RETRIEVERS
from mindgap.retrievers.bm25 import BM25Retriever
from mindgap.retrievers.dense import DenseRetriever
from mindgap.tasks import TASKS
from mindgap.types import Gallery
from tests.conftest import HashEncoder

TEXTS = tuple(f"document {i} about topic{i % 7} and word{i}" for i in range(60)) + ("alone",)
GALLERY = Gallery(tuple(f"d{i}" for i in range(len(TEXTS))), TEXTS)
QUERIES = ["topic3 word10", "alone", "nothing of the kind", "👩‍💻 \u202e", "document"]


class FakeContext:
    """Gives every role a model that needs no weights."""

    gallery = GALLERY

    def encoder(self, role):
        return HashEncoder(role.value)

    def projection(self, role):
        return IdentityProjection()

    def hub_queries(self, role):
        return None

    def embed_documents(self, encoder):
        return encoder.encode(self.gallery.texts)


@pytest.fixture(params=RETRIEVERS.names())
def retriever(request):
    return RETRIEVERS.get(request.param).build(FakeContext())


def prepared(retriever, queries):
    return retriever.prepare(queries, retriever.encoder.encode(queries) if retriever.encoder else None)


@pytest.mark.parametrize("k", [1, 5, 61, 1000])
def test_best_first_each_document_once_ties_in_file_order(retriever, k):
    scores, places = retriever.search(prepared(retriever, QUERIES), k)
    assert scores.shape == places.shape == (len(QUERIES), min(k, len(TEXTS)))
    for row_scores, row in zip(scores, places, strict=True):
        assert len(set(row.tolist())) == len(row)
        for i in range(len(row) - 1):
            assert row_scores[i] > row_scores[i + 1] or (row_scores[i] == row_scores[i + 1] and row[i] < row[i + 1])


def test_many_queries_at_once_rank_as_one_at_a_time(retriever):
    _, together = retriever.search(prepared(retriever, QUERIES), 10)
    alone = [retriever.search(prepared(retriever, [query]), 10)[1][0] for query in QUERIES]
    np.testing.assert_array_equal(together, np.stack(alone))


def test_fewer_hits_are_the_first_of_more(retriever):
    many = prepared(retriever, QUERIES)
    np.testing.assert_array_equal(retriever.search(many, 3)[1], retriever.search(many, 20)[1][:, :3])


@pytest.mark.parametrize("task", TASKS.names())
@pytest.mark.parametrize("name", RETRIEVERS.names())
@pytest.mark.parametrize("preset", PRESETS.names())
def test_a_retriever_answers_or_says_why_not_and_what_to_do(name, task, preset, models):
    try:
        built = models.retriever(name, Choice(preset, task), TASKS.get(task).gallery)
    except Unavailable as missing:
        assert "`" in str(missing), "the cure is a command"
        assert len(str(missing)) < 500
    else:
        assert built.search(prepared(built, ["hello"]), 5)[1].shape == (1, 5)


@pytest.mark.parametrize("spec", RETRIEVERS, ids=lambda s: s.name)
@pytest.mark.parametrize("preset", PRESETS, ids=lambda p: p.name)
def test_the_real_model_is_named(spec, preset):
    model = spec.model(preset)
    assert model
    if spec.role is not None:
        assert preset.models[spec.role].label in model
    if preset.name == "offline" and spec.name in ("dpr", "codebert", "projection"):
        assert "compact" in model


def test_bm25_is_rank_bm25_over_white_space():
    from rank_bm25 import BM25Okapi

    reference = BM25Okapi([text.split() for text in TEXTS])
    scores, places = BM25Retriever(TEXTS).search(["topic3 Topic3 word10"], len(TEXTS))
    expected = reference.get_scores("topic3 Topic3 word10".split())
    np.testing.assert_allclose(scores[0], np.sort(expected)[::-1], rtol=1e-6)
    assert places[0, 0] == int(np.argmax(expected))


def test_a_projection_is_applied_to_both_sides():
    class Doubling(IdentityProjection):
        def map_queries(self, embeddings):
            return embeddings[:, ::-1]

        def map_documents(self, embeddings):
            return embeddings[:, ::-1]

    encoder = HashEncoder()
    documents = encoder.encode(TEXTS)
    plain = DenseRetriever(encoder, documents)
    turned = DenseRetriever(encoder, documents, Doubling())
    for retriever in (plain, turned):
        assert retriever.search(prepared(retriever, [TEXTS[5]]), 1)[1].tolist() == [[5]]


def test_a_dot_product_model_is_not_normalised():
    encoder = HashEncoder()
    documents = encoder.encode(TEXTS) * np.arange(1, len(TEXTS) + 1, dtype=np.float32)[:, None]
    query = encoder.encode(["topic3"])
    by_dot, by_cosine = DenseRetriever(encoder, documents, cosine=False), DenseRetriever(encoder, documents)
    assert by_dot.search(by_dot.prepare(["topic3"], query), 1)[1][0, 0] == int(np.argmax(documents @ query[0]))
    assert by_cosine.search(by_cosine.prepare(["topic3"], query), 1)[1][0, 0] == int(
        np.argmax(normalise(documents) @ query[0])
    )


def test_unknown_retriever(models):
    with pytest.raises(CallerError, match="Did you mean 'bm25'"):
        models.retriever("bm52", Choice("offline", None), GALLERY)


def test_a_projection_for_another_encoder_is_unavailable_not_used(own_folders, encoder):
    from mindgap.models import checkpoint_folder
    from mindgap.projections.checkpoint import write_checkpoint

    card = {
        "method": "identity",
        "encoder": {"name": "minilm", "label": "Other", "fingerprint": "0" * 64},
        "settings": {},
    }
    folder = checkpoint_folder("offline", "english-french", encoder.name, DEFAULT_METHOD)
    write_checkpoint(folder, IdentityProjection(), card)
    with pytest.raises(Unavailable, match="trained on embeddings of Other"):
        Models().checkpoint("offline", "english-french", encoder, DEFAULT_METHOD)


def test_csls_moves_hubs_back_and_keeps_one_number_a_document():
    from mindgap.indexes import normalise
    from mindgap.projections.csls import document_offsets
    from mindgap.retrievers.dense import DenseRetriever

    encoder = HashEncoder("any")
    documents, training = encoder.encode(TEXTS), normalise(encoder.encode(["topic3", "topic4 word1", "alone"]))
    plain = DenseRetriever(encoder, documents)
    csls = DenseRetriever(encoder, documents, hub_queries=training)
    asked = encoder.encode(QUERIES)
    every = len(TEXTS)
    cosines, places = plain.search(plain.prepare(QUERIES, asked), every)
    scores, reordered = csls.search(csls.prepare(QUERIES, asked), every)
    offsets = document_offsets(normalise(documents), training)
    for row in range(len(QUERIES)):
        expected = dict(zip(places[row].tolist(), cosines[row] - offsets[places[row]], strict=True))
        np.testing.assert_allclose([expected[place] for place in reordered[row].tolist()], scores[row], atol=1e-6)
