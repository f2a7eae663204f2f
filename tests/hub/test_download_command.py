"""`download` and `info`, and the paper preset end to end, against the local Hub."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mindgap.cli import main
from mindgap.presets import CODEBERT, MPNET

ROOT = Path(__file__).parents[2]


def run(capsys, *arguments, status=0):
    assert main(list(arguments)) == status
    captured = capsys.readouterr()
    return captured.out, captured.err


def models(capsys, *arguments, status=0):
    return {m["name"]: m for m in json.loads(run(capsys, "download", "--json", *arguments, status=status)[0])["models"]}


def test_the_size_is_said_first_and_a_dry_run_fetches_nothing(hub, own_cache, capsys):
    out, _ = run(capsys, "download", "--preset", "paper", "--dry-run")
    assert "microsoft/codebert-base" in out
    assert "In all 0." in out
    assert not any("/resolve/" in path for _, path in hub.requests)
    assert not own_cache.exists()


def test_all_is_fetched_and_the_second_start_makes_no_request(hub, capsys):
    first = models(capsys)
    assert set(first) == {"mpnet", "codebert", "dpr-question", "dpr-context"}
    assert all(m["state"] == "present" and m["bytes"] == m["bytes_here"] > 0 and not m["error"] for m in first.values())
    seen = len(hub.requests)
    assert models(capsys) == first
    assert "Everything is here" in run(capsys, "download")[0]
    main(["search", "a cat", "--task", "pseudocode-c", "--preset", "paper", "--retriever", "codebert"])
    assert len(hub.requests) == seen


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["--retriever", "dpr"], {"dpr-question", "dpr-context"}),
        (["--retriever", "projection", "--retriever", "hybrid"], {"codebert", "mpnet"}),
        (["--retriever", "bm25"], set()),
        (["--model", "mpnet"], {"mpnet"}),
        (["--model", "microsoft/codebert-base"], {"codebert"}),
        (["--model", "mpnet", "--retriever", "codebert"], {"mpnet", "codebert"}),
    ],
)
def test_only_what_is_asked_for(hub, capsys, arguments, wanted):
    assert set(models(capsys, "--dry-run", *arguments)) == wanted


def test_the_offline_preset_needs_nothing(empty_hub, capsys):
    _, err = run(capsys, "download", "--preset", "offline")
    assert "There is nothing to download." in err
    assert empty_hub.requests == []


@pytest.mark.parametrize("arguments", [["--preset", "x"], ["--retriever", "x"], ["--model", "x"], ["--model", "a b/c"]])
def test_unknown_names_are_the_callers_mistake(hub, capsys, arguments):
    _, err = run(capsys, "download", *arguments, status=2)
    assert len(err.splitlines()) == 1
    assert hub.requests == []


def test_a_free_id(hub, tiny_models, capsys):
    hub.add("some/one", tiny_models["mpnet"])
    assert models(capsys, "--model", "some/one")["one"]["state"] == "present"
    failed = models(capsys, "--model", "some/none", status=1)["none"]
    assert "404" in failed["error"]


def test_offline_says_so(hub, capsys, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert run(capsys, "download", status=1)[1].count("HF_HUB_OFFLINE forbids") == 4
    assert hub.requests == []


def test_info_tells_what_is_here(hub, capsys, own_cache):
    def told():
        return {m["name"]: m for m in json.loads(run(capsys, "info", "--json")[0])["presets"]["paper"]}

    assert {m["state"] for m in told().values()} == {"missing"}
    models(capsys, "--model", "codebert", "--model", "mpnet")
    (
        own_cache / "models--sentence-transformers--all-mpnet-base-v2/snapshots" / MPNET.source.revision / "vocab.txt"
    ).unlink()
    seen, found = len(hub.requests), told()
    assert found["codebert"]["state"] == "present"
    assert found["codebert"]["revision"] == CODEBERT.source.revision
    assert found["codebert"]["bytes"] == found["codebert"]["bytes_here"] > 0
    assert found["mpnet"]["state"] == "partly"
    assert "python -m mindgap download --preset paper" in found["mpnet"]["unavailable"]
    assert found["dpr-question"]["state"] == "missing"
    assert "present  codebert" in run(capsys, "info")[0]
    assert len(hub.requests) == seen


COMMANDS = """
import json, sys
from mindgap.cli import main

for arguments in json.loads(sys.argv[1]):
    status = main([*arguments, "--json"])
    assert status == 0, (arguments, status)
    print(chr(12), flush=True)
"""


def test_in_a_process_of_its_own_with_nothing_but_the_environment(hub, tmp_path):
    """Download, search, evaluate, train and evaluate the checkpoint, as a person would."""
    environment = {k: v for k, v in os.environ.items() if "proxy" not in k.lower()} | {
        "HF_HOME": str(tmp_path / "home"),
        "HF_ENDPOINT": hub.url,
        "MINDGAP_PRESET": "paper",
        "MINDGAP_DEVICE": "cpu",
    }
    pairs, output = tmp_path / "pairs.csv", tmp_path / "mine"
    rows = [f"set x{i} to {i},int x{i} = {i};" for i in range(30)]
    pairs.write_text("\n".join(["query,document", *rows]), "utf-8")
    commands = [
        ["download", "--preset", "paper"],
        ["search", "sort", "--task", "pseudocode-c", "--top-k", "2"],
        ["evaluate", "--task", "english-french", "--limit", "5", "--gallery", "40"],
        ["train", "--pairs", str(pairs), "--encoder", "codebert", "--method", "ridge", "--output", str(output)],
        ["evaluate", "--pairs", str(pairs), "--checkpoint", str(output), "--limit", "5"],
    ]
    done = subprocess.run(
        [sys.executable, "-c", COMMANDS, json.dumps(commands)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    fetched, found, report, trained, projected = map(json.loads, done.stdout.split("\f")[:-1])
    assert fetched["bytes"] == fetched["bytes_here"] > 0
    assert (tmp_path / "home" / "hub" / "models--microsoft--codebert-base").is_dir()
    rankings = {row["name"]: row for row in found["retrievers"]}
    for name in ("bm25", "dpr", "codebert", "sentence-transformer"):
        assert rankings[name]["unavailable"] is None
        assert len(rankings[name]["hits"]) == 2
    assert "No " in rankings["projection"]["unavailable"]
    measured = {row["name"] for row in report["results"] if row["unavailable"] is None}
    assert {"bm25", "dpr", "codebert", "sentence-transformer"} <= measured
    assert trained["method"] == "ridge"
    (row,) = [row for row in projected["results"] if row["name"] == "projection"]
    assert row["unavailable"] is None
    assert row["accuracy"] is not None
    # each model was listed once, and each large file sent once: nothing was asked after the first command
    asked = [path for _, path in hub.requests]
    assert sum(path.startswith("/api/") for path in asked) == 4
    assert sum(path.startswith("/storage/") for path in asked) == 4
    assert len(asked) == len(set(asked))
