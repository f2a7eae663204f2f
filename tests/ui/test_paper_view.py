"""The paper's tables and the progress of a run, without a browser."""

import copy
import csv
import io
import re
from datetime import UTC, datetime
from urllib.parse import unquote

import pytest
from markupsafe import escape

from mindgap import paper_tables as tables_module
from mindgap.evaluation.paper import GALLERY, TABLES
from mindgap.models import Models
from mindgap.paper_tables import paper_tables, to_csv
from mindgap.retrievers import RETRIEVERS
from mindgap.runs import Finished, Status
from mindgap.tasks import TASKS
from mindgap.ui.paper_view import (
    TablesJob,
    all_documents,
    blank_report,
    csv_link,
    render_progress,
    render_tables,
    run_share,
)
from tests.ui import measurement_files
from tests.ui.conftest import ATTACK

JOB = TablesJob("offline", GALLERY)


@pytest.fixture
def report(monkeypatch):
    """The JSON of `paper_tables` with invented numbers."""
    monkeypatch.setattr(tables_module, "evaluate", measurement_files.slow_evaluate(0, 2))
    return paper_tables(Models(), "offline")


def finished(report):
    return Finished(report, datetime(2026, 11, 21, 14, 3, 7, tzinfo=UTC), 61.4)


def text_of(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def cells(html, kind):
    return [re.sub(r"<small.*?</small>", "", c) for c in re.findall(rf'<td class="{kind}[^"]*">(.*?)</td>', html)]


def csv_rows(html):
    link = re.search(r'href="data:text/csv;charset=utf-8,([^"]*)"', html)[1]
    return list(csv.DictReader(io.StringIO(unquote(link).removeprefix("\ufeff"))))


def test_before_a_run_the_papers_numbers_stand_beside_dashes():
    html = render_tables(JOB, None)
    printed = [value for table in TABLES for values in table.published.values() for value in values]
    shown = [float(c) for c in cells(html, "paper") if c]
    assert sorted(shown) == sorted(printed)
    assert set(cells(html, "here")) == {"–"}
    assert "Nothing has been measured" in html
    assert 'data-measured=""' in html
    for table in TABLES:
        assert escape(table.title) in html
        assert escape(table.units) in html


def test_the_digits_are_those_of_the_paper(report):
    html = render_tables(JOB, finished(report))
    for shown in ("0.6800", "714.29", "0.0014", "1.8706"):
        assert f">{shown}<" in html
    # 0.02 ms is not nothing
    assert "&lt;0.0001" in html
    assert ">0.0000</td>" not in re.sub(r'<td class="paper">0.0000</td>', "", html)


def test_what_was_measured_stands_beside_the_papers_number_with_time_and_machine(report):
    html = render_tables(JOB, finished(report))
    shown = [cell for row in report["tables"][0]["rows"] for cell in row["cells"].values()]
    here = cells(html, "here")[: len(shown)]
    assert here == ["–" if cell["here"] is None else f"{cell['here']:.4f}" for cell in shown]
    text = text_of(html)
    assert "14:03 UTC, 21 November 2026" in text
    assert "in 61 s" in text
    assert str(escape(report["hardware"]["name"])) in text
    assert "7 English → French, 7 Pseudocode → C queries" in text
    # the longest name is the most accurate in the invented numbers
    assert "most accurate here Sentence Transformer, 0.7000 ; in the paper Projection Model (Ours), 0.9720" in text
    assert "in the paper Sentence Transformer and Projection Model (Ours), 0.7840" in text


def test_the_best_of_a_column_is_marked_the_smallest_time_among_them(report):
    best = re.findall(r'<td class="here best">(.*?)</td>', render_tables(JOB, finished(report)))
    assert best.count("0.7000") == 10
    assert best.count("&lt;0.0001") == 2
    assert "0.0200" not in best


def test_a_retriever_that_is_not_there_says_so_with_the_reason_once(report):
    html = render_tables(JOB, finished(report))
    assert html.count("not available here") == 6
    assert html.count("<code>fetch &lt;it&gt;</code>") == 1
    assert "<b>DPR</b>: It is not here" in html


def test_each_note_stands_once_under_a_number_that_its_tables_name(report):
    html = render_tables(JOB, finished(report))
    listed = [text_of(note).strip() for note in re.findall(r"<li>(.*?)</li>", html)]
    notes = list(dict.fromkeys(note for table in report["tables"] for note in table["notes"]))
    assert listed == [str(escape(note)) for note in notes]
    assert sum("the paper prints" in note for note in listed) == 4
    named = [[int(n) for n in found.split(", ")] for found in re.findall(r"Notes ([\d, ]+)\.", html)]
    assert named == [sorted(notes.index(note) + 1 for note in table["notes"]) for table in report["tables"]]


def test_where_the_paper_contradicts_its_own_formula_both_numbers_stand():
    html = render_tables(JOB, None)
    assert re.findall(r"† (\d\.\d{4})", html) == ["1.3170", "1.1127", "1.7338", "1.8554"]
    assert html.count("where the paper prints another number") == 1


@pytest.mark.parametrize("measured", [False, True])
def test_the_csv_holds_what_is_on_screen(report, measured):
    html = render_tables(JOB, finished(report) if measured else None)
    shown = report if measured else blank_report(JOB)
    rows = csv_rows(html)
    assert rows == list(csv.DictReader(io.StringIO(to_csv(shown))))
    assert len(rows) == len(cells(html, "here")) == len(cells(html, "paper"))
    assert {bool(row["here"]) for row in rows} == ({True, False} if measured else {False})
    assert 'download="paper-tables-offline-250.csv"' in html


def test_the_blank_report_has_the_structure_of_a_measured_one(report):
    blank = blank_report(JOB)
    assert list(blank) == list(report)
    for mine, measured in zip(blank["tables"], report["tables"], strict=True):
        assert list(mine) == list(measured)
        assert list(mine["rows"][0]) == list(measured["rows"][0])
        assert mine["columns"] == measured["columns"]
        assert [row["retriever"] for row in mine["rows"]] == RETRIEVERS.names()


def test_nothing_in_a_report_is_markup(report):
    attacked = copy.deepcopy(report)
    for table in attacked["tables"]:
        table["notes"] = [ATTACK]
        table["units"] = table["title"] = ATTACK
        for row in table["rows"]:
            row |= {"label": ATTACK, "model": ATTACK, "unavailable": ATTACK}
    attacked["hardware"]["name"] = ATTACK
    html = render_tables(JOB, finished(attacked))
    assert "<img" not in html
    assert "<script" not in html
    assert html.count(str(escape("<script>window.hacked=2</script>"))) > 20


def test_all_documents_cut_nothing():
    assert all_documents() == max(len(TASKS.get(table.task).gallery) for table in TABLES)


def status(*headings, done=0, total=0, **more):
    return Status(
        "running", JOB, heading=headings[-1] if headings else "", done=done, total=total, headings=headings, **more
    )


def test_the_share_of_a_run_only_grows():
    once = [spec.label for spec in RETRIEVERS]
    again = [spec.label for spec in RETRIEVERS if spec.projected and spec.embeds]
    seen, shares = [], [run_share(status())]

    def look(heading, done, total):
        shares.append(run_share(Status("running", JOB, 0, heading, done, total, tuple(seen))))

    for task in dict.fromkeys(table.task for table in TABLES):
        for i, label in enumerate([*once, *again]):
            own = f"{task}: {label}"
            # as a measurement goes: its documents (BM25, which comes first, has none), then its queries, then itself
            for heading in (["encoding documents"] if i else []) + [own, f"{task}: encoding queries"]:
                seen.append(heading)
                look(heading, 0, 0)
            for done in (5, 10):
                look(f"{task}: encoding queries", done, 10)
            for done in (1, 5, 10):
                look(own, done, 10)
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[-1] == 1


def test_the_share_of_a_run_by_hand():
    steps = 2 * (len(RETRIEVERS) + sum(spec.projected and spec.embeds for spec in RETRIEVERS))
    assert run_share(status("english-french: BM25", done=1, total=4)) == 0.25 / steps
    assert run_share(status("english-french: BM25", "english-french: DPR")) == 1 / steps
    assert run_share(status("english-french: BM25", "encoding documents", done=3, total=9)) == 1 / steps
    assert run_share(status("pseudocode-c: BM25", done=2, total=2)) == (steps / 2 + 1) / steps


def test_progress_says_what_is_done_and_who_waits():
    html = render_progress(
        status("english-french: BM25", "english-french: Sentence Transformer", done=1200, total=2400)
    )
    assert "English → French · Sentence Transformer · 1,200 of 2,400" in html
    assert 'role="progressbar"' in html
    assert "English → French · encoding documents" in render_progress(
        status("english-french: BM25", "encoding documents")
    )
    assert "Another visitor waits" in render_progress(status("english-french: BM25", company=1))
    assert "Starting" in render_progress(status())
    waiting = render_progress(Status("waiting", JOB, ahead=1))
    assert "Another measurement is under way" in waiting
    assert "progressbar" not in waiting
    assert "3 other measurements are under way" in render_progress(Status("waiting", JOB, ahead=3))
    assert render_progress(Status("none")) == ""
    failed = render_progress(Status("failed", JOB, message=ATTACK))
    assert "<img" not in failed
    assert "mg-notice" in failed


def test_a_csv_link_is_one_attribute_whatever_the_labels_hold(report):
    attacked = copy.deepcopy(report)
    attacked["tables"][0]["rows"][0]["label"] = '"><script>'
    assert re.fullmatch(r"data:text/csv;charset=utf-8,[\w%./~-]+", csv_link(attacked))
