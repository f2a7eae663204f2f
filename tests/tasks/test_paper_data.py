"""The authors' data sets, as files that look like theirs."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mindgap.errors import CallerError, Unavailable
from mindgap.tasks import TASKS
from mindgap.tasks.columns import Columns
from mindgap.tasks.paper_data import DATASETS, cached_folder, paper_test, paper_train

COMMIT = "0123456789abcdef" * 2
TRAIN, TEST = DATASETS.get("english-french").repositories
(CODE,) = DATASETS.get("pseudocode-c").repositories


@pytest.fixture
def hub(tmp_path):
    """Writes the rows of a repository's split; `locate` finds its folder, named after the commit."""

    class Folders:
        def write(self, repository, split="train", **columns):
            path = self.folder(repository) / "data" / f"{split}-00000-of-00001.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(pa.table(columns), path)

        def folder(self, repository):
            return tmp_path / repository.replace("/", "--") / COMMIT

        def locate(self, repository):
            return self.folder(repository)

    return Folders()


def translations(hub, repository, first, count, **columns):
    rows = range(first, first + count)
    both = {"english": [f"thing {i}" for i in rows], "french": [f"chose {i}" for i in rows]}
    hub.write(repository, **(both | {"label": [i % 2 for i in rows]} | columns))


def test_every_task_has_the_authors_data():
    assert DATASETS.names() == TASKS.names()


def test_the_test_is_the_first_250_rows_with_their_labels(hub):
    translations(hub, TEST, 0, 300)
    test = paper_test("english-french", hub.locate)
    assert [pair.query for pair in test.pairs] == [f"thing {i}" for i in range(250)]
    assert [pair.document for pair in test.pairs] == [f"chose {i}" for i in range(250)]
    assert [pair.label for pair in test.pairs] == [0, 1] * 125
    assert [pair.line for pair in test.pairs] == list(range(1, 251))
    assert test.source == f"{TEST} at {COMMIT[:12]}"
    assert test.notes == (
        f"{TEST} at {COMMIT[:12]}: columns found: english, french, label; "
        "taken as query: english, as document: french, as label: label",
    )


def test_rows_without_text_are_counted_and_left_out_after_the_cut(hub):
    translations(hub, TEST, 0, 300, french=["  ", None, *(f"chose {i}" for i in range(2, 300))])
    test = paper_test("english-french", hub.locate)
    assert len(test.pairs) == 248
    assert test.pairs[0].line == 3
    assert f"{TEST}: 2 rows without a query or a document left out" in test.notes


def test_training_leaves_out_what_the_test_has(hub):
    translations(hub, TEST, 0, 10)
    translations(hub, TRAIN, 5, 15, english=["thing 3", *(f"thing {i}" for i in range(106, 120))])
    train = paper_train("english-french", hub.locate)
    # documents 5 to 9 are the test's; the query of row 1 too
    assert [pair.document for pair in train.pairs] == [f"chose {i}" for i in range(10, 20)]
    assert "5 rows share a query or a document with the test and are left out of training" in train.notes
    assert train.source.startswith(TRAIN)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([1, 0, 1, 0], [1, 0, 1, 0]),
        ([1.0, 0.0, None, 0.0], [1, 0, 1, 0]),
        ([True, False, True, False], [1, 0, 1, 0]),
        (["true", "False", "1", "0.0"], [1, 0, 1, 0]),
        (None, [1, 1, 1, 1]),
    ],
)
def test_labels_in_every_form(hub, labels, expected):
    both = {"english": list("abcd"), "french": list("efgh")}
    hub.write(TEST, **(both | ({"label": labels} if labels else {})))
    assert [pair.label for pair in paper_test("english-french", hub.locate).pairs] == expected


@pytest.mark.parametrize(("labels", "shown"), [([1, -1], "'-1'"), ([1.0, 0.3], "'0.3'"), (["1", "maybe"], "'maybe'")])
def test_another_label_is_refused_with_row_and_cure(hub, labels, shown):
    hub.write(TEST, english=["a", "b"], french=["c", "d"], label=labels)
    with pytest.raises(CallerError, match=f"Row 2 of {TEST} has {shown}.*--columns query=english,document=french"):
        paper_test("english-french", hub.locate)
    plain = paper_test("english-french", hub.locate, Columns("english", "french"))
    assert [pair.label for pair in plain.pairs] == [1, 1]


def test_code_without_a_test_set_holds_back_250_rows_always_the_same(hub):
    hub.write(CODE, c_code=[f"int f{i};" for i in range(1000)], pseudocode=[f"f {i}" for i in range(1000)])
    test, train = paper_test("pseudocode-c", hub.locate), paper_train("pseudocode-c", hub.locate)
    assert len(test.pairs) == 250
    assert len(train.pairs) == 750
    assert not {p.document for p in test.pairs} & {p.document for p in train.pairs}
    assert [p.line for p in test.pairs] == sorted(p.line for p in test.pairs) != list(range(1, 251))
    assert paper_test("pseudocode-c", hub.locate) == test
    assert any("no test set: 250 of its 1,000 rows, drawn with seed 42" in note for note in test.notes)
    assert any("taken as query: pseudocode, as document: c_code, no label" in note for note in test.notes)


def test_a_text_on_both_sides_of_the_drawn_test_is_left_out_of_training(hub):
    # every document stands twice, as where each has a true and a wrong query
    hub.write(CODE, c_code=[f"int f{i // 2};" for i in range(100)], pseudocode=[f"f {i}" for i in range(100)])
    test, train = paper_test("pseudocode-c", hub.locate), paper_train("pseudocode-c", hub.locate)
    assert len(test.pairs) == 30
    assert not {p.document for p in test.pairs} & {p.document for p in train.pairs}
    assert any("share a query or a document with the test" in note for note in train.notes)


def test_code_with_a_test_split_takes_its_first_rows(hub):
    hub.write(CODE, c_code=["int a;", "int b;"], pseudocode=["a", "b"])
    hub.write(CODE, "test", c_code=[f"int t{i};" for i in range(260)], pseudocode=[f"t {i}" for i in range(260)])
    assert [p.line for p in paper_test("pseudocode-c", hub.locate).pairs] == list(range(1, 251))
    assert len(paper_train("pseudocode-c", hub.locate).pairs) == 2


def test_programs_keep_their_lines_and_indentation(hub):
    hub.write(TEST, english=[" a\r\n"], french=["\n  if (x)\r\n    y();  \n"], label=[1])
    (pair,) = paper_test("english-french", hub.locate).pairs
    assert (pair.query, pair.document) == ("a", "  if (x)\n    y();")


def test_unknown_columns_are_named(hub):
    hub.write(CODE, left=["a"], right=["b"], number=[1])
    with pytest.raises(CallerError, match=r"cannot be told apart .columns: left, right, number"):
        paper_test("pseudocode-c", hub.locate)
    hub.write(CODE, left=list("abcd"), right=list("efgh"))
    train = paper_train("pseudocode-c", hub.locate, Columns("right", "left"))
    assert {p.query for p in train.pairs} < set("efgh")


def test_too_few_or_no_rows_are_sentences(hub):
    hub.write(CODE, c_code=["a", "b"], pseudocode=["c", "d"])
    with pytest.raises(CallerError, match="2 rows, too few"):
        paper_test("pseudocode-c", hub.locate)
    hub.write(TEST, english=[""], french=["x"], label=[1])
    with pytest.raises(CallerError, match="no row with both"):
        paper_test("english-french", hub.locate)


def test_what_is_not_there_is_said_with_the_command_that_brings_it(hub, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    with pytest.raises(Unavailable, match=f"{TEST} has not been downloaded.*python -m mindgap download --data paper"):
        paper_test("english-french")
    hub.folder(TEST).mkdir(parents=True)
    with pytest.raises(Unavailable, match="no file of rows"):
        paper_test("english-french", hub.locate)


def test_the_hubs_cache_is_read_at_the_commit_that_main_was(hub, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    home = tmp_path / "cache" / f"datasets--{TEST.replace('/', '--')}"
    (home / "refs").mkdir(parents=True)
    (home / "refs" / "main").write_text(COMMIT)
    translations(hub, TEST, 0, 4)
    (home / "snapshots").mkdir()
    hub.folder(TEST).rename(home / "snapshots" / COMMIT)
    assert cached_folder(TEST) == home / "snapshots" / COMMIT
    test = paper_test("english-french")
    assert len(test.pairs) == 4
    assert COMMIT[:12] in test.notes[0]
