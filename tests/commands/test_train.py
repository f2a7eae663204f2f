"""train on one's own pairs: what is said about repeated ones, and that they count once."""

import json
import shlex

import pytest

from mindgap.cli import main, parser
from mindgap.commands.train import _options
from mindgap.models import Models
from mindgap.tasks.base import data_fingerprint
from mindgap.tasks.pairs_file import read_pairs
from mindgap.training.run import pairs_data

ROWS = [f"What colour is thing {i}?,La chose {i}" for i in range(20)]


@pytest.fixture
def train(own_folders, encoder, monkeypatch, tmp_path, capsys):
    """Trains on rows of CSV; gives the report, the messages and the checkpoint's card."""
    monkeypatch.setattr(Models, "encoder", lambda self, spec: encoder)

    def run(rows, name):
        pairs, output = tmp_path / f"{name}.csv", tmp_path / name
        pairs.write_text("query,document\n" + "\n".join(rows) + "\n", "utf-8")
        asked = ["--pairs", pairs, "--encoder", "minilm", "--method", "ridge", "--output", output, "--json"]
        assert main(["train", *map(str, asked)]) == 0
        out = capsys.readouterr()
        return json.loads(out.out), out.err, json.loads((output / "card.json").read_text())

    return run


def test_a_repeated_pair_is_warned_of_and_counts_once(train, tmp_path):
    once, quiet, card = train(ROWS, "once")
    twice, warned, card_again = train([*ROWS, "", ROWS[0], ROWS[3]], "twice")
    assert "warning" not in quiet
    assert warned.splitlines().count("warning: line 23: the same pair as line 2, left out") == 1
    assert warned.splitlines().count("warning: line 24: the same pair as line 5, left out") == 1
    assert once["pairs"] == twice["pairs"] == 14
    assert card["data"]["train"] == card_again["data"]["train"]
    expected = pairs_data(read_pairs(tmp_path / "once.csv"), "once.csv", 0)
    assert card["data"]["train"] == data_fingerprint(expected.train)


def test_many_repeated_pairs_do_not_flood_the_terminal(train):
    _, warned, _ = train([*ROWS, *ROWS, *ROWS], "thrice")
    assert warned.count("the same pair as line") == 20
    assert "warning: 20 more repeated pairs left out" in warned


def test_the_command_in_the_card_keeps_the_columns():
    asked = ["train", "--task", "english-french", "--data", "paper", "--columns", "query=my text,document=b"]
    more = ["--encoder", "minilm", "--limit", "5", "--output", "out"]
    kept = shlex.split(_options(parser().parse_args([*asked, *more])))
    assert kept == [*asked[1:], "--limit", "5"]
