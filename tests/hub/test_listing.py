"""Lists of files that lie: refused as a whole, with one sentence."""

import json

import pytest
from server import MAIN, Fault
from test_faults import LIST, NAME, one_sentence

from mindgap.errors import Unavailable
from mindgap.hub import fetch_files, list_files
from mindgap.hub.faults import tidy
from mindgap.hub.listing import HubFile, check_file

OID = "0" * 40


def answer(size="1", path='"a.csv"', sha=f'"{MAIN}"'):
    return f'{{"sha": {sha}, "siblings": [{{"rfilename": {path}, "size": {size}, "blobId": "{OID}"}}]}}'.encode()


LIES = {
    "endless size": answer(size="1e400"),
    "size of no disk": answer(size="1" + "0" * 400),
    "nested": answer(sha="[" * 100_000),
    "surrogate": answer(path='"a\\ud800.csv"'),
    "escape": answer(path='"a\\u001b[2J.csv"'),
    "line break": answer(path='"a\\nb.csv"'),
    "long name": answer(path=json.dumps("a" * 5000)),
    "long name in bytes": answer(path=json.dumps("é" * 128)),
    "long path": answer(path=json.dumps("a/" * 600 + "a")),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_list_that_lies_is_one_short_sentence(empty_hub, lie):
    empty_hub.faults[LIST] = Fault(body=LIES[lie])
    said = one_sentence(fetch_files, NAME, "main")
    assert "no list of files" in said
    assert said.isprintable()
    assert len(said) < 300


def test_a_list_of_this_kind_that_does_not_lie_is_taken(empty_hub):
    empty_hub.faults[LIST] = Fault(body=answer())
    assert list_files(NAME, "main").files == (HubFile("a.csv", 1, OID),)


@pytest.mark.parametrize("path", ["a" * 255, "é" * 127, "a/" * 499 + "a"])
def test_the_longest_paths_that_a_disk_takes_are_taken(path):
    assert check_file(HubFile(path, 1, OID)).path == path


def test_a_long_path_is_shortened_in_a_sentence(empty_hub):
    empty_hub.add(NAME, {"a" * 200: b"x"})
    empty_hub.faults["resolve"] = Fault(status=503)
    with pytest.raises(Unavailable, match=f" at {'a' * 79}… of owner/name"):
        fetch_files(NAME, "main")


@pytest.mark.parametrize(("text", "shown"), [("abc", "abc"), ("abcd", "abcd"), ("abcde", "abc…"), ("a\x1bb", "a?b")])
def test_tidy(text, shown):
    assert tidy(text, 4) == shown
