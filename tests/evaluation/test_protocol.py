import pytest

from mindgap.errors import CallerError
from mindgap.evaluation.protocol import METRICS, make_trial, measure
from mindgap.retrievers.bm25 import BM25Retriever
from mindgap.types import Pair


def test_labels_golds_duplicates_and_limits():
    pairs = [
        Pair("1", "q", "a", line=2),
        Pair("2", "q", "b", line=3),
        Pair("3", "r", "c", label=0, line=4),
        Pair("4", "q", "a", line=5),
        Pair("5", "s", "c", line=6),
    ]
    trial = make_trial(pairs)
    assert trial.queries == ("q", "s")
    assert trial.golds == ((0, 1), (2,))
    assert trial.gallery.texts == ("a", "b", "c")
    assert trial.warnings == ("line 5: the same pair as line 2",)
    assert make_trial(pairs, limit=1).queries == ("q",)
    cut = make_trial(pairs, gallery_limit=2)
    assert (cut.queries, cut.gallery.texts) == (("q",), ("a", "b"))
    assert "1 queries left out" in cut.warnings[-1]


def test_another_field_asks_only_where_it_is_filled():
    pairs = [Pair("1", "q", "a", question="what?"), Pair("2", "r", "b")]
    assert make_trial(pairs, "question").queries == ("what?",)
    with pytest.raises(CallerError, match="no true pair with the field 'description'"):
        make_trial(pairs, "description")


def test_a_perfect_retriever_measures_as_one(pairs):
    trial = make_trial(pairs)
    result = measure(BM25Retriever(trial.gallery.texts), trial, lambda retriever, queries: None)
    assert set(result) == set(METRICS)
    for name in ("accuracy", "precision", "recall", "f1", "mrr_at_10", "ndcg_at_10", "recall_at_10"):
        assert result[name] == 1
    assert result["queries_per_second"] == pytest.approx(1000 / result["latency_ms"])
