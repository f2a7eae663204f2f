"""The command line, as a person or a program calls it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mindgap.cli import main
from mindgap.retrievers import RETRIEVERS
from mindgap.tasks import TASKS

ROOT = Path(__file__).parents[1]
HIT = {"rank", "id", "score", "text"}
RANKING = {"name", "label", "model", "encode_ms", "search_ms", "gold_rank", "unavailable", "hits"}
RESULT = {
    "name", "model", "unavailable", "accuracy", "precision", "recall", "f1", "mrr_at_10", "ndcg_at_10", "recall_at_10",
    "latency_ms", "queries_per_second", "harmonic_mean",
}  # fmt: skip
# any attempt to reach another machine ends the process
NO_NETWORK = """
import socket, sys
def refuse(*a, **k):
    sys.stderr.write("NETWORK"); sys.exit(99)
socket.socket.connect = refuse
socket.create_connection = refuse
socket.getaddrinfo = refuse
from mindgap.cli import main
sys.exit(main(sys.argv[1:]))
"""


def run(capsys, *arguments):
    status = main([str(a) for a in arguments])
    out = capsys.readouterr()
    return status, out.out, out.err


def refused(capsys, *arguments):
    """Exit status and message of a call that argparse or mindgap refuses."""
    try:
        status = main([str(a) for a in arguments])
    except SystemExit as end:
        status = end.code
    out = capsys.readouterr()
    assert out.out == ""
    assert "Traceback" not in out.err
    return status, out.err


def test_a_fresh_process_without_a_network_answers():
    done = subprocess.run(
        [sys.executable, "-c", NO_NETWORK, "search", "The cat sleeps on the sofa.", "--task", "english-french", "--json"],
        cwd=ROOT, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "NETWORK" not in done.stderr
    found = json.loads(done.stdout)
    assert set(found) == {"task", "query", "preset", "retrievers"}
    assert found["preset"] == "offline"
    for row in found["retrievers"]:
        assert set(row) == RANKING
        assert row["unavailable"] or all(set(hit) == HIT for hit in row["hits"])
    assert [r["unavailable"] for r in found["retrievers"]] == [None] * len(RETRIEVERS)


@pytest.mark.parametrize("task", TASKS.names())
def test_a_fresh_process_without_a_network_evaluates_every_retriever(task):
    done = subprocess.run(
        [sys.executable, "-c", NO_NETWORK, "evaluate", "--task", task, "--limit", "3", "--json"],
        cwd=ROOT, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "NETWORK" not in done.stderr
    rows = json.loads(done.stdout)["results"]
    assert [row["name"] for row in rows] == RETRIEVERS.names()
    assert all(row["accuracy"] is not None for row in rows)


def test_search_takes_as_many_as_there_are_documents(capsys):
    status, out, _ = run(
        capsys, "search", "cat", "--task", "english-french", "--retriever", "bm25", "--top-k", 900, "--json"
    )
    assert status == 0
    assert len(json.loads(out)["retrievers"][0]["hits"]) == 900


def test_search_for_people(capsys):
    status, out, _ = run(capsys, "search", "cat", "--task", "english-french")
    assert status == 0
    assert "BM25 (Okapi BM25" in out
    assert "compact encoder (stands in for CodeBERT) + projection" in out


def test_search_names_the_commands_that_bring_missing_models(capsys, own_folders):
    status, out, _ = run(
        capsys, *("search", "cat", "--task", "english-french"), *("--retriever", "bm25"), *("--retriever", "dpr"),
        *("--retriever", "codebert"),
    )  # fmt: skip
    assert status == 0
    said = " ".join(out.split())  # long sentences are wrapped
    assert "python -m mindgap pretrain dpr" in said
    assert "python -m mindgap pretrain encoder" in said


def test_only_missing_models_asked_for_is_a_failure_with_clean_json(capsys):
    status, out, err = run(
        capsys,
        "search",
        "cat",
        "--task",
        "english-french",
        "--retriever",
        "sentence-transformer",
        "--preset",
        "paper",
        "--json",
    )
    if "all-mpnet-base-v2" in err or status == 1:
        assert status == 1
        assert json.loads(out)["retrievers"][0]["hits"] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("search", "", "--task", "english-french"), "is empty"),
        (("search", "  \n", "--task", "english-french"), "is empty"),
        (("search", "x" * 100_000, "--task", "english-french"), "100,000 characters"),
        (("search", "cat", "--task", "english-frensh"), "Did you mean 'english-french'"),
        (("search", "cat", "--task", "english-french", "--retriever", "bm52"), "Did you mean 'bm25'"),
        (("search", "cat", "--task", "english-french", "--preset", "offlin"), "Did you mean 'offline'"),
        (("search", "cat", "--task", "english-french", "--top-k", "0"), "from 1 to"),
        (("search", "cat", "--task", "english-french", "--top-k", "-1"), "from 1 to"),
        (("search", "cat", "--task", "english-french", "--top-k", "1000000000"), "from 1 to"),
        (("search", "cat", "--task", "english-french", "--top-k", "many"), "invalid int value"),
        (("search", "cat"), "--task"),
        (("serach", "cat"), "invalid choice"),
        ((), "COMMAND"),
        (("evaluate",), "--task"),
        (("evaluate", "--task", "english-french", "--split", "tset"), "Did you mean 'test'"),
        (("evaluate", "--task", "english-french", "--limit", "0"), "whole number from 1"),
        (("evaluate", "--task", "english-french", "--query-field", "qestion"), "Did you mean 'question'"),
        (("evaluate", "--task", "english-french", "--query-field", "description"), "no true pair with the field"),
        (("evaluate", "--task", "english-french", "--checkpoint", "/nowhere"), "not a checkpoint"),
        (("evaluate", "--pairs", "/nowhere.csv"), "cannot be read"),
        (("evaluate", "--paper-tables", "--task", "english-french"), "does not go with --task"),
        (("evaluate", "--paper-tables", "--pairs", "/nowhere.csv", "--checkpoint", "/nowhere", "--limit", "5"), "does not go with --pairs, --checkpoint, --limit"),
        (("evaluate", "--paper-tables", "--split", "validation", "--intervals", "--retriever", "bm25"), "does not go with --split, --retriever, --intervals"),
        (("evaluate", "--paper-tables", "--query-field", "question", "--method", "ridge"), "does not go with --query-field, --method"),
        (("evaluate", "--paper-tables", "--json", "--csv"), "cannot both be printed"),
        (("evaluate", "--paper-tables", "--preset", "offlin"), "Did you mean 'offline'"),
        (("evaluate", "--paper-tables", "--gallery", "0"), "whole number from 1"),
        (("evaluate", "--task", "english-french", "--csv"), "add --paper-tables"),
        (("train", "--task", "english-french", "--encoder", "minilm", "--method", "magic", "--output", "/tmp/never"), "no method 'magic'"),
        (("train", "--task", "english-french", "--encoder", "minilm", "--method", "ridge", "--epochs", "3", "--output", "/tmp/never"), "closed form"),
        (("train", "--task", "english-french", "--encoder", "minilm", "--batch-size", "1", "--output", "/tmp/never"), "at least 2"),
        (("train", "--task", "english-french", "--encoder", "minilm", "--learning-rate", "nan", "--output", "/tmp/never"), "number above 0"),
        (("train", "--task", "english-french", "--encoder", "nothing", "--output", "/tmp/never"), "no encoder 'nothing'"),
        (("train", "--encoder", "minilm", "--output", "/tmp/never"), "one of the arguments --task --pairs is required"),
        (("build", "--only", "everything"), "no artefact 'everything'"),
        (("data", "chek"), "invalid choice"),
    ],
)  # fmt: skip
def test_a_mistake_of_the_caller_is_one_sentence_and_status_2(capsys, arguments, message):
    status, err = refused(capsys, *arguments)
    assert status == 2
    assert message in err
    assert len(err) < 700


def test_lone_surrogates_and_control_characters_in_arguments(capsys):
    status, out, err = run(
        capsys, "search", "the \udcff cat\x07", "--task", "english-french", "--retriever", "bm25", "--json"
    )
    assert status == 0
    assert json.loads(out)["query"] == "the  cat"
    assert "control character" in err
    assert "lone surrogates" in err


def test_evaluate_gives_the_agreed_json(capsys):
    status, out, _ = run(capsys, "evaluate", "--task", "pseudocode-c", "--limit", 20, "--gallery", 40, "--json")
    assert status == 0
    report = json.loads(out)
    assert set(report) == {"task", "split", "preset", "queries", "documents", "warnings", "results"}
    assert report["documents"] == 40
    assert report["queries"] == 20
    for row in report["results"]:
        assert set(row) == RESULT
        if row["unavailable"]:
            assert all(row[key] is None for key in RESULT - {"name", "model", "unavailable"})
        else:
            assert 0 <= row["accuracy"] == row["recall"] <= 1


def test_evaluate_with_intervals(capsys):
    asked = ("evaluate", "--task", "english-french", "--limit", 60, "--gallery", 80, "--intervals")
    asked += ("--retriever", "bm25", "--retriever", "dpr", "--retriever", "sentence-transformer", "--preset", "offline")
    status, out, _ = run(capsys, *asked, "--json")
    assert status == 0
    report = json.loads(out)
    measures = {"accuracy", "mrr_at_10", "ndcg_at_10", "recall_at_1", "recall_at_5", "recall_at_10"}
    available = [row for row in report["results"] if not row["unavailable"]]
    for row in report["results"]:
        assert set(row) == RESULT | {"recall_at_1", "recall_at_5", "intervals"}
        if row["unavailable"]:
            assert row["intervals"] is row["recall_at_1"] is None
            continue
        assert set(row["intervals"]) == measures
        for measure, (low, high) in row["intervals"].items():
            assert 0 <= low < row[measure] < high <= 1
        assert row["recall_at_1"] == row["accuracy"] <= row["recall_at_5"] <= row["recall_at_10"]
    assert len(report["differences"]) == len(available) * (len(available) - 1) / 2
    accuracy = {row["name"]: row["accuracy"] for row in available}
    for row in report["differences"]:
        assert set(row) == {"a", "b", "metric", "difference", "interval", "p", "p_holm"}
        assert row["metric"] == "accuracy"
        assert row["difference"] == pytest.approx(accuracy[row["a"]] - accuracy[row["b"]])
        assert row["interval"][0] <= row["difference"] <= row["interval"][1]
        assert 0 < row["p"] <= row["p_holm"] <= 1
    status, out, _ = run(capsys, *asked)
    assert status == 0
    assert "95 % intervals" in out
    assert "bm25 - sentence-transformer" in out
    assert " to " in out


def test_the_papers_tables_for_machines_for_sheets_and_for_people(capsys, models, monkeypatch):
    # the three forms share the loaded models, as one process would
    monkeypatch.setattr("mindgap.workspace.Models", lambda: models)
    asked = ("evaluate", "--paper-tables", "--gallery", 6, "--preset", "offline")
    status, out, _ = run(capsys, *asked, "--json")
    assert status == 0
    report = json.loads(out)
    assert set(report) == {"preset", "gallery", "queries", "hardware", "tables"}
    assert report["gallery"] == 6
    status, out, _ = run(capsys, *asked, "--csv")
    lines = out.splitlines()
    assert status == 0
    assert lines[0] == "table,task,retriever,label,model,column,paper,paper_computed,here"
    assert len(lines) == 1 + sum(len(table["rows"]) * len(table["columns"]) for table in report["tables"])
    status, out, _ = run(capsys, *asked)
    assert status == 0
    for table in report["tables"]:
        assert f"Table {table['number']}: {table['title']}" in out
    for text in ("paper | here", "paper | by its own formula | here", "1.6822 | 1.7338 |", "714.29 | ", "L40"):
        assert text in out
    unavailable = any(row["unavailable"] for table in report["tables"] for row in table["rows"])
    assert ("Not available: " in out) == unavailable
    assert ("| not available" in out) == unavailable


def test_evaluate_on_own_pairs_with_own_checkpoint(capsys, tmp_path):
    pairs = tmp_path / "mine.csv"
    rows = [
        f"What colour is thing {i}?,La chose {i} est de couleur {'rouge' if i % 2 else 'bleue'}." for i in range(20)
    ]
    pairs.write_text("query,document\n" + "\n".join(rows) + f"\n{rows[0]}\n", "utf-8")
    out_dir = tmp_path / "mine"
    status, out, _ = run(
        capsys, "train", "--pairs", pairs, "--encoder", "minilm", "--method", "ridge", "--output", out_dir, "--json"
    )
    assert status == 0
    report = json.loads(out)
    assert set(report) == {"checkpoint", "method", "epochs", "seconds", "pairs"}
    assert set(report["epochs"][0]) == {"epoch", "loss", "validation_accuracy"}
    assert report["pairs"] + 6 == 20
    status, out, _ = run(
        capsys, "evaluate", "--pairs", pairs, "--checkpoint", out_dir, "--retriever", "projection-st", "--json"
    )
    report = json.loads(out)
    assert status == 0
    assert (report["task"], report["split"]) == (None, None)
    assert report["warnings"] == ["line 22: the same pair as line 2"]
    assert report["results"][0]["accuracy"] is not None


def test_own_pairs_without_a_task_say_what_the_projection_lacks(capsys, tmp_path):
    pairs = tmp_path / "mine.csv"
    pairs.write_text("query,document\na cat,un chat\na dog,un chien\n")
    status, out, _ = run(capsys, "evaluate", "--pairs", pairs, "--json")
    assert status == 0
    results = {row["name"]: row for row in json.loads(out)["results"]}
    assert "add --task or --checkpoint" in results["projection-st"]["unavailable"]
    assert results["sentence-transformer"]["accuracy"] is not None
    status, out, _ = run(
        capsys, "evaluate", "--pairs", pairs, "--task", "english-french", "--retriever", "projection-st", "--json"
    )
    assert json.loads(out)["results"][0]["accuracy"] is not None


def test_a_checkpoint_that_fits_nothing_here_is_refused(capsys, tmp_path):
    from mindgap.projections.checkpoint import write_checkpoint
    from mindgap.projections.identity import IdentityProjection

    encoder = {"name": "elsewhere", "source": "elsewhere", "label": "Elsewhere", "fingerprint": "0" * 64}
    write_checkpoint(tmp_path / "c", IdentityProjection(), {"method": "identity", "encoder": encoder, "settings": {}})
    status, err = refused(capsys, "evaluate", "--task", "pseudocode-c", "--checkpoint", tmp_path / "c")
    assert status == 2
    assert "cannot be loaded" in err


def test_an_existing_output_is_refused(capsys, tmp_path):
    status, err = refused(capsys, "train", "--task", "pseudocode-c", "--encoder", "minilm", "--output", tmp_path)
    assert status == 2
    assert "nothing was overwritten" in err


def test_training_for_people_shows_epochs(capsys, tmp_path):
    pairs = tmp_path / "mine.tsv"
    pairs.write_text("query\tdocument\n" + "".join(f"word{i} one\tmot{i} un\n" for i in range(12)))
    status, out, err = run(
        capsys,
        "train",
        "--pairs",
        pairs,
        "--encoder",
        "minilm",
        "--method",
        "n-pairs",
        "--epochs",
        2,
        "--output",
        tmp_path / "o",
    )
    assert status == 0
    assert "epoch 2/2" in err
    assert "n-pairs on 8 pairs" in out


def test_info(capsys):
    status, out, _ = run(capsys, "info", "--json")
    assert status == 0
    found = json.loads(out)
    offline = {model["name"]: model for model in found["presets"]["offline"]}
    assert offline["minilm"]["present"]
    assert found["libraries"]["torch"]
    assert found["device"] in ("cpu", "cuda", "mps")
    assert all(row["error"] is None for row in found["checkpoints"])
    status, out, _ = run(capsys, "info")
    assert status == 0
    assert "all-MiniLM-L6-v2" in out


def test_data_stats(capsys):
    status, out, _ = run(capsys, "data", "stats", "--json")
    assert status == 0
    assert {row["task"] for row in json.loads(out)} == {"english-french", "pseudocode-c"}


def test_a_closed_pipe_is_no_traceback():
    command = f"{sys.executable} -m mindgap data stats | head -1"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert "Traceback" not in done.stderr
