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


def comparison(*rankings, golds=("d",)):
    return Comparison("english-french", "a query", "offline", rankings, 1000, golds)


def test_agreement_counts_common_documents_among_the_first_k():
    found = agreement([BM25, ST, PROJECTED], 3)
    assert found == {"reference": "Projection on ST", "shared": [("BM25", 1), ("Sentence Transformer", 2)]}
    assert agreement([BM25, ST, PROJECTED], 1)["shared"] == [("BM25", 0), ("Sentence Transformer", 0)]
    assert agreement([BM25], 3) is None


def test_verdict_says_who_found_it_and_what_the_projection_did():
    html = render_comparison(comparison(BM25, ST, PROJECTED), ViewOptions(3), "offline")
    assert "found first by <em>1 of 3</em>: Projection on ST." in html
    assert "a model ranks it 214th of 1,000 without projection, 1st with it." in html
    assert "true match at rank 40 of 1,000" in html


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


def test_everything_is_escaped():
    assert str(backticks("<b> `x<y`")) == "&lt;b&gt; <code>x&lt;y</code>"
    painted = str(highlight('printf("<script>");', "c"))
    assert "<script>" not in painted
    assert "&lt;script&gt;" in painted
