"""The authors' data sets, from a local Hub to the commands that read them."""

import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from server import MAIN, Fault

from mindgap.cli import main
from mindgap.commands.paper_source import data_folder
from mindgap.errors import Unavailable
from mindgap.tasks.paper_data import DATASETS, paper_test

TRAIN, TEST = DATASETS.get("english-french").repositories
(CODE,) = DATASETS.get("pseudocode-c").repositories
WORDS = ("sun", "rain", "wind", "snow", "fog", "hail", "heat", "dew", "ice", "storm")


def parquet(**columns):
    raw = io.BytesIO()
    pq.write_table(pa.table(columns), raw)
    return raw.getvalue()


def translations(first, count):
    texts = [f"{WORDS[i % 10]} {WORDS[i // 10 % 10]} {WORDS[i // 100]}" for i in range(first, first + count)]
    return {"english": [f"the {t}" for t in texts], "french": [f"le {t}" for t in texts]}


@pytest.fixture
def data_hub(empty_hub):
    """The three repositories, rows made up."""
    train = translations(300, 60)
    halves = [{name: values[at : at + 30] for name, values in train.items()} for at in (0, 30)]
    files = {f"data/train-0000{i}-of-00002.parquet": parquet(**half, label=[1] * 30) for i, half in enumerate(halves)}
    empty_hub.add(TRAIN, {**files, "README.md": b"# x", "script.py": b"raise SystemExit"}, repo_type="dataset")
    labels = [int(i % 10 != 0) for i in range(260)]
    rows = parquet(**translations(0, 260), label=labels)
    empty_hub.add(TEST, {"data/train-00000-of-00001.parquet": rows}, repo_type="dataset")
    code = parquet(c_code=[f"int f{i}();" for i in range(40)], pseudocode=[f"declare f{i}" for i in range(40)])
    empty_hub.add(CODE, {"data/train-00000-of-00001.parquet": code}, repo_type="dataset")
    return empty_hub


def called(capsys, *arguments):
    status = main([str(a) for a in arguments])
    out = capsys.readouterr()
    assert "Traceback" not in out.err
    return status, out.out, out.err


def test_without_a_download_each_command_names_the_one_that_brings_the_data(own_cache, tmp_path, capsys):
    for command in (
        ("evaluate", "--retriever", "bm25"), ("gap", "--retriever", "sentence-transformer"),
        ("train", "--encoder", "minilm", "--output", tmp_path / "out"),
    ):  # fmt: skip
        status, out, err = called(capsys, *command, "--task", "english-french", "--data", "paper")
        assert (status, out) == (1, "")
        assert "python -m mindgap download --data paper" in err


def test_from_the_download_to_figures(data_hub, capsys):
    status, out, _ = called(capsys, "download", "--data", "paper", "--dry-run")
    assert status == 0
    assert TRAIN in out
    assert "To fetch: " in out
    assert not any("/resolve/" in path for _, path in data_hub.requests)
    status, out, _ = called(capsys, "download", "--data", "paper", "--json")
    assert status == 0
    rows = json.loads(out)["data"]
    assert [(row["task"], row["repository"]) for row in rows] == [
        ("english-french", TRAIN),
        ("english-french", TEST),
        ("pseudocode-c", CODE),
    ]
    assert all(row["commit"] == MAIN and row["bytes"] == row["bytes_here"] > 0 for row in rows)
    assert not any("script.py" in path for _, path in data_hub.requests)
    # from here on nothing is asked for
    asked = len(data_hub.requests)
    assert called(capsys, "download", "--data", "paper")[0] == 0
    assert len(data_hub.requests) == asked

    evaluate = ("evaluate", "--data", "paper", "--retriever", "bm25", "--json")
    status, out, _ = called(capsys, *evaluate, "--task", "english-french")
    report = json.loads(out)
    assert status == 0
    assert (report["task"], report["split"], report["queries"], report["documents"]) == (
        "english-french",
        "test",
        225,
        250,
    )
    assert report["warnings"][0].startswith(f"{TEST} at {MAIN[:12]}: columns found: english, french, label; taken as")
    assert report["results"][0]["accuracy"] > 0.1
    status, out, _ = called(capsys, *evaluate, "--task", "pseudocode-c")
    report = json.loads(out)
    assert (report["queries"], report["documents"]) == (12, 12)
    assert any("12 of its 40 rows, drawn with seed 42, are held back" in warning for warning in report["warnings"])
    status, out, _ = called(
        capsys, *evaluate, "--task", "pseudocode-c", "--columns", "query=c_code,document=pseudocode"
    )
    assert "taken as query: c_code, as document: pseudocode" in json.loads(out)["warnings"][0]
    assert len(data_hub.requests) == asked


def test_train_reads_the_authors_pairs(data_hub, tmp_path, capsys, monkeypatch):
    from mindgap.models import Models
    from tests.conftest import HashEncoder

    monkeypatch.setattr(Models, "encoder", lambda self, spec: HashEncoder())
    assert called(capsys, "download", "--data", "paper")[0] == 0
    status, out, err = called(
        capsys, "train", "--task", "english-french", "--data", "paper", "--encoder", "minilm", "--method", "ridge",
        "--output", tmp_path / "out", "--json",
    )  # fmt: skip
    assert status == 0
    assert json.loads(out)["pairs"] == 42
    assert f"note: {TRAIN} at {MAIN[:12]}: columns found: english, french, label" in err
    card = json.loads((tmp_path / "out" / "card.json").read_text())
    assert card["task"] == "english-french"
    assert card["data"]["source"] == f"{TRAIN} at {MAIN[:12]}"


def test_a_half_fetched_data_set_is_said_and_goes_on(data_hub, capsys):
    data_hub.faults["train-00001"] = Fault(status=503, times=1)
    status, _, err = called(capsys, "download", "--data", "paper")
    assert status == 1
    assert TRAIN in err
    # the others are there all the same
    assert data_folder(TEST).name == MAIN
    with pytest.raises(Unavailable, match="download --data paper"):
        data_folder(TRAIN)
    assert called(capsys, "download", "--data", "paper")[0] == 0
    assert data_folder(TRAIN).name == MAIN


def test_a_damaged_data_set_is_not_read(data_hub, capsys):
    assert called(capsys, "download", "--data", "paper")[0] == 0
    file = next(data_folder(TEST).rglob("*.parquet")).resolve()
    raw = bytearray(file.read_bytes())
    raw[20] ^= 0xFF
    file.write_bytes(raw)
    with pytest.raises(Unavailable, match=r"not whole.*download --data paper"):
        paper_test("english-french", data_folder)


def test_no_hub_is_one_sentence(own_cache, monkeypatch, capsys):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    status, _, err = called(capsys, "download", "--data", "paper", "--json")
    assert status == 1
    assert err.count("mindgap: aircrypto/") == 3


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("evaluate", "--data", "paper"), "--data paper needs --task"),
        (("evaluate", "--data", "paper", "--task", "english-french", "--split", "train"), "measured on its test"),
        (("evaluate", "--data", "paper", "--task", "english-french", "--pairs", "x.csv"), "two sources of pairs"),
        (("evaluate", "--task", "english-french", "--columns", "query=a,document=b"), "add --data paper"),
        (("evaluate", "--data", "paper", "--task", "english-french", "--columns", "a"), "--columns must read"),
        (("evaluate", "--data", "paper", "--paper-tables"), "does not go with --data"),
        (("gap", "--data", "paper"), "--data paper needs --task"),
        (("train", "--pairs", "x.csv", "--data", "paper", "--encoder", "minilm", "--output", "out"), "two sources"),
        (("download", "--data", "paper", "--preset", "paper"), "--data fetches data sets alone"),
    ],
)
def test_what_does_not_go_together_is_refused(own_cache, capsys, arguments, sentence):
    status, out, err = called(capsys, *arguments)
    assert (status, out) == (2, "")
    assert sentence in err
