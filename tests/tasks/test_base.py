import json

import pytest

from mindgap import paths
from mindgap.errors import CallerError, Failure
from mindgap.tasks import QUERY_FIELDS, SPLITS, TASKS
from mindgap.tasks.base import Task, load_jsonl


@pytest.mark.parametrize("task", TASKS, ids=lambda t: t.name)
def test_every_task_keeps_the_contract(task):
    assert isinstance(task, Task)
    assert set(task.query_fields) <= set(QUERY_FIELDS)
    assert task.query_fields[0] == "query"
    for split in SPLITS:
        pairs = task.pairs(split)
        assert pairs
        assert all(pair.query and pair.document and pair.topic for pair in pairs)
    assert len(task.gallery) == len({pair.document for pair in task.pairs("test")})
    assert task.hint
    assert task.title
    assert len(task.examples) >= 4


@pytest.mark.parametrize("task", TASKS, ids=lambda t: t.name)
def test_query_description_and_question_of_a_test_pair_are_known(task):
    for pair in task.pairs("test")[:50]:
        place = task.gallery.position[pair.document]
        for text in (pair.query, pair.description, pair.question):
            if text:
                assert place in task.known[text.strip()]


def test_the_files_have_the_agreed_keys():
    allowed = {"id", "query", "document", "description", "question", "topic", "negatives"}
    for task in TASKS:
        for split in SPLITS:
            for line in (paths.data(task.name) / f"{split}.jsonl").read_text("utf-8").split("\n"):
                assert not line or set(json.loads(line)) <= allowed


def test_unknown_split():
    with pytest.raises(CallerError, match="Did you mean 'test'"):
        TASKS.get("english-french").pairs("tset")


@pytest.mark.parametrize("line", ["{", "[]", '{"id": "1"}', '{"id": "1", "query": "q", "document": "d", "odd": 1}'])
def test_a_broken_line_is_named(tmp_path, line):
    path = tmp_path / "x.jsonl"
    path.write_text('{"id": "1", "query": "q", "document": "d"}\n' + line + "\n")
    with pytest.raises(Failure, match="Line 2"):
        load_jsonl(path)


def test_a_missing_file_is_a_failure(tmp_path):
    with pytest.raises(Failure, match="cannot be read"):
        load_jsonl(tmp_path / "none.jsonl")
