import dataclasses
import re
from urllib.parse import parse_qs

from mindgap.types import Comparison, Hit, Ranking
from mindgap.ui.comparison_view import ViewOptions, agreement, permalink, render_comparison
from mindgap.ui.templating import backticks, highlight


def ranking(name, label, ids, gold_rank=None, scores=None):
    scores = scores or [1 / (i + 1) for i in range(len(ids))]
    hits = tuple(Hit(i + 1, d, s, f"text of {d}") for i, (d, s) in enumerate(zip(ids, scores, strict=True)))
    return Ranking(name, label, "a model", 2.0, 0.5, gold_rank, None, hits)


BM25 = ranking("bm25", "BM25", ["a", "b", "c"], 40)
ST = ranking("sentence-transformer", "Sentence Transformer", ["b", "d", "a"], 214)
PROJECTED = ranking("projection-st", "Projection on ST", ["d", "b", "e"], 1)
HYBRID = ranking("hybrid", "Hybrid", ["d", "a", "b"], 2)


def comparison(*rankings, golds=("d",)):
    return Comparison("english-french", "a query", "offline", rankings, 1000, golds)


def test_agreement_counts_common_documents_among_the_first_k():
    found = agreement([BM25, ST, PROJECTED], 3)
    assert found == {"reference": "Projection on ST", "shared": [("BM25", 1), ("Sentence Transformer", 2)]}
    assert agreement([BM25, ST, PROJECTED], 1)["shared"] == [("BM25", 0), ("Sentence Transformer", 0)]
    assert agreement([BM25], 3) is None


def test_the_columns_are_compared_with_the_projection_not_with_a_fusion_that_has_it_inside():
    found = agreement([BM25, PROJECTED, HYBRID], 3)
    assert found == {"reference": "Projection on ST", "shared": [("BM25", 1), ("Hybrid", 2)]}
    html = render_comparison(comparison(ST, PROJECTED, HYBRID), ViewOptions(3), "offline")
    assert html.count("without projection") == 1


def test_a_fusion_says_so_where_no_word_is_in_common():
    wordless = ranking("bm25", "BM25", ["a", "b"], None, [0.0, 0.0])
    html = render_comparison(comparison(wordless, HYBRID), ViewOptions(3), "offline")
    assert "No word in common with any document; the order is that of the file." in html
    assert "No word in common with any document; the order is the projection&#39;s." in html
    for others in ((HYBRID,), (BM25, HYBRID)):
        assert "No word in common" not in render_comparison(comparison(*others), ViewOptions(3), "offline")


def test_small_scores_keep_digits_that_tell_them_apart():
    html = render_comparison(
        comparison(ranking("hybrid", "Hybrid", ["a", "b", "c"], None, [0.0512, 0.0508, 0.0])), ViewOptions(3), "offline"
    )
    for shown in ("0.0512", "0.0508", "0.000"):
        assert f">{shown}<" in html


def test_verdict_says_who_found_it_and_what_the_projection_did():
    html = render_comparison(comparison(BM25, ST, PROJECTED), ViewOptions(3), "offline")
    assert "found first by <em>1 of 3</em>: Projection on ST." in html
    assert "a model ranks it 214th of 1,000 without projection, 1st with it." in html
    assert "true match at rank 40 of 1,000" in html


def test_a_model_that_is_described_and_not_named_gets_its_article():
    compact = [dataclasses.replace(r, model="compact encoder (stands in for CodeBERT)") for r in (ST, PROJECTED)]
    html = render_comparison(comparison(*compact), ViewOptions(3), "offline")
    assert "The compact encoder ranks it 214th of 1,000 without projection" in html


def test_unknown_query_marks_nothing():
    html = render_comparison(comparison(BM25, golds=()), ViewOptions(3), "offline")
    assert "No test query reads like this" in html
    assert "gold" not in html


def test_a_query_without_a_common_word_says_so():
    html = render_comparison(comparison(ranking("bm25", "BM25", ["a"], None, [0.0])), ViewOptions(1), "offline")
    assert "No word in common" in html


def test_permalink_leaves_out_what_is_as_usual_and_keeps_the_rest():
    assert permalink(comparison(BM25), ViewOptions(5), "offline") == "?task=english-french&q=a+query&k=5"
    full = permalink(comparison(BM25), ViewOptions(7, ("bm25",), "n-pairs"), "paper")
    assert parse_qs(full[1:]) == {
        "task": ["english-french"], "q": ["a query"], "k": ["7"], "method": ["n-pairs"], "preset": ["offline"], "r": ["bm25"],
    }  # fmt: skip


def places(html):
    """Retriever -> (column, row) of its lane in the grid."""
    lanes = re.findall(r'data-retriever="([^"]*)" style="grid-column:(\d+);grid-row:([^"]*)"', html)
    return {name: (int(column), row) for name, column, row in lanes}


def missing(name):
    return Ranking(name, name.upper(), "a model", unavailable="not here: run `this`")


def test_columns_that_answer_stand_side_by_side_and_the_others_are_stacked_behind_them():
    rankings = (BM25, missing("dpr"), missing("codebert"), ST, missing("projection"), PROJECTED, HYBRID)
    html = render_comparison(comparison(*rankings), ViewOptions(3), "offline")
    assert places(html) == {
        "bm25": (1, "1/-1"), "sentence-transformer": (2, "1/-1"), "projection-st": (3, "1/-1"), "hybrid": (4, "1/-1"),
        "dpr": (5, "1"), "codebert": (5, "2"), "projection": (5, "3"),
    }  # fmt: skip
    assert list(places(html)) == [r.name for r in rankings], "read aloud in the order of the registry"
    assert "--rows: auto auto 1fr" in html
    assert html.count("minmax(170px,1fr)") == 4
    assert html.count("minmax(0,.8fr)") == 1


def test_where_few_answer_the_others_take_two_columns():
    names = ("dpr", "codebert", "sentence-transformer", "projection", "projection-st", "hybrid")
    html = render_comparison(comparison(BM25, *map(missing, names)), ViewOptions(3), "offline")
    assert list(places(html).values()) == [(1, "1/-1"), (2, "1"), (2, "2"), (2, "3"), (3, "1"), (3, "2"), (3, "3")]


def test_where_all_answer_or_none_there_is_a_grid_all_the_same():
    html = render_comparison(comparison(BM25, ST), ViewOptions(3), "offline")
    assert places(html) == {"bm25": (1, "1/-1"), "sentence-transformer": (2, "1/-1")}
    assert "minmax(0,.8fr)" not in html
    html = render_comparison(comparison(missing("dpr")), ViewOptions(3), "offline")
    assert places(html) == {"dpr": (1, "1")}


def test_everything_is_escaped():
    assert str(backticks("<b> `x<y`")) == "&lt;b&gt; <code>x&lt;y</code>"
    painted = str(highlight('printf("<script>");', "c"))
    assert "<script>" not in painted
    assert "&lt;script&gt;" in painted
