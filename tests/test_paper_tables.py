"""The paper's tables beside what is measured here."""

import csv
import io
import json

import pytest

from mindgap import paper_tables as module
from mindgap.errors import CallerError, Stopped
from mindgap.evaluation.metrics import harmonic_mean
from mindgap.evaluation.paper import PAPER_ROWS, TABLES
from mindgap.evaluation.protocol import METRICS
from mindgap.evaluator import EvaluationRequest, evaluate
from mindgap.models import Models
from mindgap.paper_tables import describe_hardware, paper_tables, to_csv
from mindgap.projections import DEFAULT_METHOD, PAPER_METHOD
from mindgap.retrievers import RETRIEVERS

N_PAIRS = f"{PAPER_METHOD} (the paper's method)"
DEFAULT = f"{DEFAULT_METHOD} (default)"


@pytest.fixture(scope="module")
def report(models):
    """Measured for real, on the first 12 documents."""
    return paper_tables(models, "offline", 12)


@pytest.fixture
def pretend(monkeypatch):
    """Measuring without models: every retriever reaches 0.5, in the order asked; returns the requests."""
    asked = []

    def measured(models, preset, request, progress_for):
        asked.append(request)
        row = {"model": f"model with {request.method}", "unavailable": None} | dict.fromkeys(METRICS, 0.5)
        return {"queries": 7, "documents": 9, "results": [{"name": name} | row for name in request.retrievers]}

    monkeypatch.setattr(module, "evaluate", measured)
    return asked


def rows(report, number):
    return {row["label"]: row for row in report["tables"][number - 1]["rows"]}


def checkpoint(folder, preset, task, name):
    path = folder / preset / task / name
    path.mkdir(parents=True)
    (path / "card.json").write_text("{}")


def test_the_report_has_six_tables_and_says_what_was_measured(report):
    assert list(report) == ["preset", "gallery", "queries", "hardware", "tables"]
    assert (report["preset"], report["gallery"]) == ("offline", 12)
    assert report["queries"] == {"english-french": 12, "pseudocode-c": 12}
    assert report["hardware"] == describe_hardware()
    assert report["hardware"]["device"] in ("cpu", "cuda", "mps")
    assert report["hardware"]["cores"] >= 1
    assert report["hardware"]["name"]
    assert [table["number"] for table in report["tables"]] == [1, 2, 3, 4, 5, 6]
    for table, printed in zip(report["tables"], TABLES, strict=True):
        assert set(table) == {"number", "title", "task", "units", "columns", "rows", "notes"}
        for row in table["rows"]:
            assert set(row) == {"retriever", "label", "model", "unavailable", "cells"}
            assert list(row["cells"]) == [column["key"] for column in table["columns"]]
            assert all(set(cell) == {"paper", "paper_computed", "here"} for cell in row["cells"].values())
        assert table["title"] == printed.title
    json.dumps(report, allow_nan=False)


def test_every_registered_retriever_has_a_row_and_each_printed_number_stands_once(report):
    for table, printed in zip(report["tables"], TABLES, strict=True):
        assert list(dict.fromkeys(row["retriever"] for row in table["rows"])) == RETRIEVERS.names()
        for i, column in enumerate(table["columns"]):
            shown = {
                row["retriever"]: row["cells"][column["key"]]["paper"]
                for row in table["rows"]
                if row["cells"][column["key"]]["paper"] is not None
            }
            assert shown == {name: values[i] for name, values in printed.published.items()}


def test_what_is_measured_is_what_evaluate_measures(report, models):
    asked = EvaluationRequest("pseudocode-c", retrievers=["bm25", "projection-st"], gallery=12)
    bm25, residual = evaluate(models, "offline", asked)["results"]
    (n_pairs,) = evaluate(
        models,
        "offline",
        EvaluationRequest("pseudocode-c", retrievers=["projection-st"], method=PAPER_METHOD, gallery=12),
    )["results"]
    found = rows(report, 2)
    for label, result in (
        ("BM25", bm25),
        (f"Projection on ST, {DEFAULT}", residual),
        (f"Projection on ST, {N_PAIRS}", n_pairs),
    ):
        assert {key: cell["here"] for key, cell in found[label]["cells"].items()} == {
            key: result[key] for key in ("accuracy", "precision", "recall", "f1")
        }
        assert found[label]["model"] == result["model"]


@pytest.mark.parametrize("numbers", [(1, 3, 5), (2, 4, 6)])
def test_one_measurement_fills_the_three_tables_of_a_task(report, numbers):
    quality, speed, balance = (rows(report, number) for number in numbers)
    for label, row in quality.items():
        here = {key: cell["here"] for table in (quality, speed, balance) for key, cell in table[label]["cells"].items()}
        if row["unavailable"]:
            assert set(here.values()) == {None}
        else:
            assert here["recall"] == here["accuracy"]
            assert here["latency_s"] == pytest.approx(1 / here["queries_per_second"])
            assert here["harmonic_mean"] == harmonic_mean(here["f1"], here["queries_per_second"])


def test_a_missing_model_keeps_the_printed_number_and_says_why(monkeypatch, models, tmp_path, own_folders):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    found = rows(paper_tables(models, "paper", 3), 1)
    row = found["Sentence Transformer"]
    assert "mindgap download --preset paper" in row["unavailable"]
    assert row["cells"]["accuracy"] == {"paper": 0.928, "paper_computed": None, "here": None}
    assert found["BM25"]["cells"]["accuracy"]["here"] is not None


def test_printed_and_computed_harmonic_means_with_a_footnote_where_they_differ(report):
    cell = rows(report, 5)["Sentence Transformer"]["cells"]["harmonic_mean"]
    assert cell["paper"] == 1.6822
    assert cell["paper_computed"] == pytest.approx(1.7338, abs=5e-5)
    notes = [[note for note in table["notes"] if "the paper prints" in note] for table in report["tables"]]
    assert [len(found) for found in notes] == [0, 0, 0, 0, 4, 0]
    assert any("1.6822" in note and "1.7338" in note and "Sentence Transformer" in note for note in notes[4])
    assert all(cell["paper_computed"] is None for row in report["tables"][0]["rows"] for cell in row["cells"].values())


def test_notes_say_what_cannot_be_compared(report):
    for table in report["tables"]:
        notes = " ".join(table["notes"])
        assert "the first 12 documents" in notes
        assert ("L40" in notes and report["hardware"]["name"] in notes) == (table["number"] > 2)
        (not_in_paper,) = (note for note in table["notes"] if note.startswith("Not in the paper"))
        for row in table["rows"]:
            assert (row["label"] in not_in_paper) == all(cell["paper"] is None for cell in row["cells"].values())


def test_the_printed_number_stands_beside_the_papers_method_where_such_a_projection_is_there(
    pretend, tmp_path, monkeypatch
):
    monkeypatch.setenv("MINDGAP_CHECKPOINTS", str(tmp_path))
    checkpoint(tmp_path, "paper", "english-french", f"codebert-{PAPER_METHOD}")
    found = paper_tables(Models(), "paper")
    first, second = (row for row in found["tables"][0]["rows"] if row["retriever"] == "projection")
    assert (first["label"], first["model"]) == (f"Projection, {N_PAIRS}", f"model with {PAPER_METHOD}")
    assert (second["label"], second["model"]) == (f"Projection, {DEFAULT}", f"model with {DEFAULT_METHOD}")
    assert first["cells"]["accuracy"] == {"paper": 0.972, "paper_computed": None, "here": 0.5}
    assert second["cells"]["accuracy"] == {"paper": None, "paper_computed": None, "here": 0.5}
    # none on the other task: the number moves to the default, and a note says so
    (only,) = (row for row in found["tables"][1]["rows"] if row["retriever"] == "projection")
    assert (only["label"], only["cells"]["accuracy"]["paper"]) == (f"Projection, {DEFAULT}", 0.784)
    moved = [["beside the default method" in note for note in table["notes"]].count(True) for table in found["tables"]]
    assert moved == [0, 1, 0, 1, 0, 1]
    assert found["queries"] == {"english-french": 7, "pseudocode-c": 7}


def test_each_retriever_is_measured_once_for_a_task_and_method(pretend, tmp_path, monkeypatch):
    monkeypatch.setenv("MINDGAP_CHECKPOINTS", str(tmp_path))
    checkpoint(tmp_path, "paper", "pseudocode-c", f"mpnet-{PAPER_METHOD}")
    paper_tables(Models(), "paper", 30)
    assert [(request.task, request.method, request.gallery) for request in pretend] == [
        ("english-french", DEFAULT_METHOD, 30),
        ("pseudocode-c", DEFAULT_METHOD, 30),
        ("pseudocode-c", PAPER_METHOD, 30),
    ]
    assert [request.retrievers for request in pretend] == [RETRIEVERS.names(), RETRIEVERS.names(), ["projection-st"]]


def test_the_gallery_is_that_of_the_authors_scripts_unless_given(pretend):
    assert paper_tables(Models(), "offline")["gallery"] == 250
    assert {request.gallery for request in pretend} == {250}


def test_csv_has_a_line_for_each_cell(report):
    lines = list(csv.DictReader(io.StringIO(to_csv(report))))
    assert list(lines[0]) == [
        "table",
        "task",
        "retriever",
        "label",
        "model",
        "column",
        "paper",
        "paper_computed",
        "here",
    ]
    cells = [
        (table, row, key, cell)
        for table in report["tables"]
        for row in table["rows"]
        for key, cell in row["cells"].items()
    ]
    assert len(lines) == len(cells)
    for line, (table, row, key, cell) in zip(lines, cells, strict=True):
        assert (line["table"], line["label"], line["column"]) == (str(table["number"]), row["label"], key)
        assert {kind: float(line[kind]) if line[kind] else None for kind in cell} == cell


def test_it_stops_before_anything_is_measured():
    models = Models()
    with pytest.raises(Stopped, match="stopped before"):
        paper_tables(models, "offline", 5, stop=lambda: True)


@pytest.mark.parametrize("steps", [1, 4])
def test_it_stops_within_a_measurement(steps):
    seen = []
    with pytest.raises(Stopped):
        paper_tables(
            Models(), "offline", 8,
            progress_for=lambda heading: lambda *step: seen.append((heading, *step)),
            stop=lambda: len(seen) >= steps,
        )  # fmt: skip
    # one step for the ranking of all 8 queries, then one for each that is timed
    assert seen == [("english-french: BM25", 8 + i, 16) for i in range(steps)]


def test_it_stops_while_documents_are_encoded(encoder, monkeypatch, own_folders):
    def encode(texts, progress=None):
        for done in range(len(texts)):
            progress(done + 1, len(texts))
        return type(encoder).encode(encoder, texts)

    models, seen = Models(), []
    monkeypatch.setattr(models, "encoder", lambda spec: encoder)
    monkeypatch.setattr(encoder, "encode", encode)
    with pytest.raises(Stopped):
        paper_tables(
            models, "offline", 8,
            progress_for=lambda heading: lambda *step: seen.append((heading, *step)),
            stop=lambda: seen[-1:] == [("encoding documents", 3, 8)],
        )  # fmt: skip
    assert seen[-1] == ("encoding documents", 3, 8)


def test_mistakes_are_refused_with_a_sentence():
    with pytest.raises(CallerError, match="Did you mean 'offline'"):
        paper_tables(Models(), "offlin")
    for gallery in (0, -3, 2.5, None):
        with pytest.raises(CallerError, match="whole number of documents from 1"):
            paper_tables(Models(), "offline", gallery)


def test_rows_of_the_paper_are_registered_retrievers():
    assert set(PAPER_ROWS) <= set(RETRIEVERS.names())
