import json

import numpy as np
import pytest

from mindgap.efficiency_report import draw_documents, efficiency_curve
from mindgap.method_report import MethodData, method_table, scores_of, unseen_topics
from mindgap.projections import METHODS
from mindgap.projections.identity import IdentityProjection
from mindgap.training.pairs import top1_accuracy
from mindgap.training.trainer import train_projection
from tests.training.test_trainer import rotated_pairs

FAST = ["identity", "centred", "procrustes", "cca"]


class Named:
    label = "a made-up encoder"


@pytest.fixture(scope="module")
def data():
    train = rotated_pairs(200)
    topics = tuple(f"topic-{i % 10}" for i in range(200))
    seen = topics[:80], topics[:60]
    return MethodData(
        "made-up", Named(), train, rotated_pairs(80, seed=1), {"query": rotated_pairs(60, seed=2)}, topics, *seen
    )


def test_the_table_has_every_measure_of_every_method_and_is_strict_json(data):
    table = method_table(data, FAST)
    json.dumps(table, allow_nan=False)
    assert [row["method"] for row in table["rows"]] == FAST
    for row in table["rows"]:
        figure = row["test"]["query"]["accuracy"]
        assert 0 <= figure["low"] <= figure["value"] <= figure["high"] <= 1
        assert set(row["test"]["query"]) == {"accuracy", "recall_at_10", "mrr_at_10", "ndcg_at_10"}
    raw, turned = table["rows"][0], table["rows"][2]
    assert raw["test"]["query"]["accuracy"]["value"] == top1_accuracy(IdentityProjection(), data.tests["query"])
    assert turned["test"]["query"]["accuracy"]["value"] > 0.9
    assert turned["p"]["query"]["identity"] < 0.001


def test_learned_methods_are_averaged_over_their_seeds(data, monkeypatch):
    import mindgap.method_report as report

    seeds = []
    real = report.train_projection
    monkeypatch.setattr(
        report, "train_projection", lambda *a, seed=0, **k: (seeds.append(seed), real(*a, seed=seed, **k))[1]
    )
    monkeypatch.setattr(report, "unseen_topics", lambda data, method: {"query": np.ones(60)})
    row = method_table(data, ["residual"], seeds=(0, 1, 2))["rows"][0]
    assert seeds == [0, 1, 2]
    assert row["spread"] is not None
    seeds.clear()
    assert method_table(data, ["ridge"], seeds=(0, 1, 2))["rows"][0]["spread"] is None
    assert seeds == [0]


def test_a_query_of_an_unseen_topic_never_meets_its_topic_in_training_or_in_the_choice_of_settings(data, monkeypatch):
    import mindgap.method_report as report

    def topics_of(pairs, whole, topics):
        place = {tuple(document): i for i, document in enumerate(whole.documents)}
        return {topics[place[tuple(document)]] for document in pairs.documents}

    seen = []

    def watched(method, train, validation, seed=0):
        shown = topics_of(train, data.train, data.train_topics)
        assert shown == topics_of(validation, data.validation, data.validation_topics)
        seen.append(shown)
        return real(method, train, validation, seed=seed)

    def scores(projection, test):
        held = set(data.train_topics) - seen[-1]
        return {"accuracy": np.array([float(topic in held) for topic in data.test_topics])}

    real = train_projection
    monkeypatch.setattr(report, "train_projection", watched)
    monkeypatch.setattr(report, "scores_of", scores)
    found = unseen_topics(data, METHODS.get("procrustes"))
    assert len(seen) == 3
    # each query was scored by the one projection that had not seen its topic
    assert found["query"].tolist() == [1.0] * 60


def test_csls_is_reported_beside_the_cosine_and_may_differ(data):
    projection = METHODS.get("centred").solve(data.train.queries, data.train.documents)
    plain, csls = (scores_of(projection, data.tests["query"], source) for source in (None, data.train))
    assert plain["accuracy"].shape == csls["accuracy"].shape == (60,)
    assert not np.array_equal(plain["mrr_at_10"], csls["mrr_at_10"])


def test_the_curve_draws_whole_documents_and_ends_with_all_of_them(data):
    curve = efficiency_curve(data, ["identity", "procrustes"], sizes=(3, 50, 1_000), seeds=(0, 1))
    json.dumps(curve, allow_nan=False)
    for row in curve["rows"]:
        assert [point["pairs"] for point in row["points"]] == [3, 50, 200]
        assert all(point["low"] <= point["accuracy"] <= point["high"] for point in row["points"])
    flat, rising = ([point["accuracy"] for point in row["points"]] for row in curve["rows"])
    assert len(set(flat)) == 1
    assert rising[0] < rising[-1]


def test_drawing_keeps_queries_with_their_documents(data):
    drawn = draw_documents(data.train, 7, seed=3)
    assert len(drawn.documents) == 7
    place = {tuple(document): i for i, document in enumerate(data.train.documents)}
    for query, of in zip(drawn.queries, drawn.document_of, strict=True):
        whole = place[tuple(drawn.documents[of])]
        np.testing.assert_array_equal(data.train.queries[data.train.document_of == whole][0], query)
