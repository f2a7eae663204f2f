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
    measured = measure(BM25Retriever(trial.gallery.texts), trial, lambda retriever, queries: None)
    result = measured.metrics
    assert list(result) == list(METRICS)
    assert all(list(scores) == [1] * len(trial.queries) for scores in measured.scores.values())
    for name in ("accuracy", "precision", "recall", "f1", "mrr_at_10", "ndcg_at_10", "recall_at_10"):
        assert result[name] == 1
    assert result["queries_per_second"] == pytest.approx(1000 / result["latency_ms"])


def test_scores_are_those_of_the_queries_in_their_order(pairs):
    pairs = [*pairs[:3], Pair("x", "unrelated words", "gamma delta")]
    trial = make_trial(pairs)
    measured = measure(BM25Retriever(trial.gallery.texts), trial, lambda retriever, queries: None)
    assert list(measured.scores["accuracy"]) == [1, 1, 1, 0]
    assert measured.metrics["accuracy"] == 0.75


def test_progress_runs_once_over_ranking_and_timing(pairs, monkeypatch):
    monkeypatch.setattr("mindgap.evaluation.protocol.TIMED_QUERIES", 3)
    trial = make_trial(pairs)
    seen = []
    measure(BM25Retriever(trial.gallery.texts), trial, lambda retriever, queries: None, lambda *step: seen.append(step))
    assert seen == [(40, 43), (41, 43), (42, 43), (43, 43)]
