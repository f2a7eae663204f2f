"""The printed numbers: what must hold between them if they were read correctly, and where the paper contradicts itself."""

import pytest

from mindgap.evaluation.metrics import harmonic_mean
from mindgap.evaluation.paper import GALLERY, PAPER_ROWS, TABLES, computed, contradictions

TABLE = {table.number: table for table in TABLES}
ROWS = list(PAPER_ROWS)


def test_six_tables_each_with_every_row_and_column():
    assert list(TABLE) == [1, 2, 3, 4, 5, 6]
    assert [table.task for table in TABLES] == ["english-french", "pseudocode-c"] * 3
    for table in TABLES:
        assert list(table.published) == ROWS
        assert all(len(row) == len(table.columns) for row in table.published.values())


def test_a_value_is_found_by_row_and_column():
    assert TABLE[1].value("projection", "f1") == 0.9653
    assert TABLE[4].value("bm25", "latency_s") == 0.0148
    assert TABLE[6].value("projection", "harmonic_mean") == 1.4233
    assert TABLE[1].value("projection-st", "f1") is None


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("name", ROWS)
def test_recall_is_accuracy_and_accuracy_a_whole_number_of_queries(number, name):
    accuracy = TABLE[number].value(name, "accuracy")
    assert TABLE[number].value(name, "recall") == accuracy
    assert accuracy * GALLERY == pytest.approx(round(accuracy * GALLERY), abs=1e-9)


@pytest.mark.parametrize("number", [3, 4])
@pytest.mark.parametrize("name", ROWS)
def test_throughput_is_one_over_the_time(number, name):
    seconds, throughput = TABLE[number].published[name]
    assert throughput == pytest.approx(1 / seconds, abs=0.0051)


@pytest.mark.parametrize("name", ROWS)
def test_table_6_follows_its_formula(name):
    f1, throughput = TABLE[2].value(name, "f1"), TABLE[4].value(name, "queries_per_second")
    assert computed(TABLE[6], name, "harmonic_mean") == harmonic_mean(f1, throughput)
    assert harmonic_mean(f1, throughput) == pytest.approx(TABLE[6].published[name][0], abs=1.5e-4)
    assert contradictions(TABLE[6]) == []


def test_table_5_does_not_follow_its_formula():
    found = {c.retriever: (c.published, round(c.computed, 4)) for c in contradictions(TABLE[5])}
    assert found == {
        "bm25": (1.3116, 1.3170),
        "dpr": (1.1098, 1.1127),
        "sentence-transformer": (1.6822, 1.7338),
        "projection": (1.8706, 1.8554),
    }


def test_a_difference_that_rounding_explains_is_no_contradiction():
    # 0.1102 and 24.10 give 0.21940, printed 0.2195; an F1 of 0.11024, printed 0.1102, gives 0.21948
    assert computed(TABLE[5], "codebert", "harmonic_mean") == pytest.approx(0.21940, abs=5e-6)
    assert "codebert" not in {c.retriever for c in contradictions(TABLE[5])}


def test_only_harmonic_means_of_the_paper_are_computed():
    assert computed(TABLE[1], "bm25", "f1") is None
    assert computed(TABLE[3], "bm25", "queries_per_second") is None
    assert computed(TABLE[5], "projection-st", "harmonic_mean") is None
    assert contradictions(TABLE[1]) == []
