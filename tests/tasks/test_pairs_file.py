import json
import os
import tracemalloc

import pytest

from mindgap.errors import CallerError
from mindgap.evaluation.protocol import make_trial
from mindgap.tasks import pairs_file
from mindgap.tasks.pairs_file import MAX_TEXT, distinct_pairs, read_pairs


def write(tmp_path, name, text, encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def refusal(tmp_path, name, text):
    """The one sentence that a file is refused with."""
    with pytest.raises(CallerError) as caught:
        read_pairs(write(tmp_path, name, text))
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert ". " not in sentence, "one sentence"
    assert "\n" not in sentence
    assert len(sentence) < 300
    return sentence


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", 'query,document,label\nq1,"d, ""one""",1\nq2,"two\nlines",0\n'),
        ("a.tsv", 'query\tdocument\tlabel\nq1\t"d, ""one"""\t1\nq2\t"two\nlines"\t0\n'),
        (
            "a.jsonl",
            '{"query":"q1","document":"d, \\"one\\"","label":1}\n\n{"query":"q2","document":"two\\nlines","label":0}\n',
        ),
        (
            "a.ndjson",
            '{" Query ":"q1","DOCUMENT":"d, \\"one\\""}\r{"query":"q2","document":"two\\nlines","label":false}\r',
        ),
        ("B.CSV", '\ufeffDocument , Query,LABEL\r\n"d, ""one""",q1,\r\n"two\r\nlines",q2,0\r\n'),
        ("mac.csv", 'query,document,label\rq1,"d, ""one""",1.0\rq2,"two\rlines",0.0\r'),
        ("blank.csv", '\n\nquery,document,label,\n\n  \nq1,"d, ""one""",TRUE,\n\n\nq2,"two\nlines",False,x\n\n'),
    ],
)
def test_formats(tmp_path, name, text):
    pairs = read_pairs(write(tmp_path, name, text))
    assert [(p.query, p.document, p.label) for p in pairs] == [("q1", 'd, "one"', 1), ("q2", "two\nlines", 0)]


def test_indentation_of_code_is_kept_and_lines_are_counted(tmp_path):
    pairs = read_pairs(
        write(tmp_path, "a.jsonl", '{"query":" q ","document":"  if x:\\n    y\\n"}\n{"query":"r","document":"e"}\n')
    )
    assert (pairs[0].query, pairs[0].document) == ("q", "  if x:\n    y")
    assert [p.line for p in pairs] == [1, 2]


def test_line_separators_inside_a_json_string_are_text(tmp_path):
    (pair,) = read_pairs(write(tmp_path, "a.jsonl", '{"query":"a\u2028b","document":"c\x85d"}'))
    assert (pair.query, pair.document) == ("a\u2028b", "c\x85d")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_line_number_is_where_the_row_starts_in_an_editor(tmp_path, end):
    rows = ["query,document", "a,b", "", '"c', "", 'd",e', "f,g", '"h', 'i","j', 'k"', "l,m"]
    pairs = read_pairs(write(tmp_path, "a.csv", end.join(rows)))
    assert [(p.query, p.line) for p in pairs] == [("a", 2), ("c\n\nd", 4), ("f", 7), ("h\ni", 8), ("l", 11)]
    wrong = end.join([*rows, '"n', 'o",p,q'])
    assert refusal(tmp_path, "b.csv", wrong).startswith("Line 12 of b.csv has 3 cells, the header 2;")


@pytest.mark.parametrize("label", ["1", "1.0", "1.", " 1 ", "true", "TRUE", ""])
def test_true_labels(tmp_path, label):
    assert read_pairs(write(tmp_path, "a.csv", f"query,document,label\na,b,{label}\n"))[0].label == 1


@pytest.mark.parametrize("label", ["0", "0.0", '"0"', "false", '" 0.0 "'])
def test_false_labels_in_json(tmp_path, label):
    assert read_pairs(write(tmp_path, "a.jsonl", f'{{"query":"a","document":"b","label":{label}}}'))[0].label == 0


HEAD = "query,document\n"
JSON = '{"query":"a","document":"b"}\n'


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        # nothing there
        ("a.csv", "", "a.csv is empty (0 bytes): it needs a line for each pair"),
        ("a.jsonl", b"\xef\xbb\xbf \r\n", "a.jsonl is empty (6 bytes)"),
        ("a.csv", "query,document\n", "a.csv has no pairs"),
        ("a.csv", '""\n', "Line 1 of a.csv lacks the column query and document: it names nothing."),
        ("a.jsonl", "\n\n{}", "Line 3 of a.jsonl lacks query and document: it names nothing."),
        # another encoding
        ("a.csv", (HEAD + "é,b\n").encode("utf-16"), "Line 1 of a.csv begins as UTF-16, not UTF-8: save the file as"),
        ("a.csv", "\ufeffquery".encode("utf-16-be"), "Line 1 of a.csv begins as UTF-16"),
        ("a.csv", HEAD.encode("utf-16-le"), "Line 1 of a.csv has a NUL byte"),
        ("a.csv", (HEAD + "a,b\r\né,b\n").encode("latin-1"), "Line 3 of a.csv is not UTF-8 (byte 0xE9), perhaps Latin-1"),
        ("a.jsonl", b"\xef\xbb\xbf" + (JSON + "\xff").encode("latin-1"), "Line 2 of a.jsonl is not UTF-8 (byte 0xFF)"),
        ("a.csv", HEAD.encode() + b"\xed\xa0\x80,b\n", "Line 2 of a.csv is not UTF-8 (byte 0xED)"),
        ("a.csv", HEAD + "a,b\nc\0,d\n", "Line 3 of a.csv has a NUL byte"),
        # columns
        ("a.csv", "query,text\na,b\n", "Line 1 of a.csv lacks the column document: it names query, text."),
        ("a.csv", "\nquery;document\na;b\n", "Line 2 of a.csv lacks the column query and document: it names"),
        ("a.csv", "query;document\na;b\n", "separate the cells by commas"),
        ("a.csv", "query\tdocument\na\tb\n", "name the file .tsv"),
        ("a.tsv", HEAD + "a,b\n", "name the file .csv"),
        ("a.csv", "query,document, Query\na,b,c\n", "Line 1 of a.csv names the column query twice"),
        ("a.jsonl", JSON + '{"query":"a"}', "Line 2 of a.jsonl lacks document: it names query."),
        ("a.jsonl", '{"query":"a","document":"b","Query":"c"}', "Line 1 of a.jsonl names query twice"),
        # rows
        ("a.csv", HEAD + "a,b\n\na, b, c\n", "Line 4 of a.csv has 3 cells, the header 2; put a text that holds a comma"),
        ("a.tsv", "query\tdocument\na\tb\tc\n", "Line 2 of a.tsv has 3 cells, the header 2; put a text that holds a tab"),
        ("a.csv", "query,document,label\na,b\n", "Line 2 of a.csv has 2 cells, the header 3; give every column a cell"),
        ("a.csv", HEAD + "a\n", "Line 2 of a.csv has 1 cell, the header 2"),
        # quotes
        ("a.csv", HEAD + 'a,b\n"c,d\ne,f\n', "Line 3 of a.csv opens a double quote that is never closed"),
        ("a.csv", HEAD + '"a,b\n"c",d\n', "Line 2 of a.csv has text behind a closing double quote"),
        ("a.csv", HEAD + 'a,b\n"c' + ",d\n" * 50_000, "Line 3 of a.csv begins a text of more than 100,000 characters"),
        # JSON
        ("a.jsonl", JSON + '{"query":', "Line 2 of a.jsonl is not JSON"),
        ("a.jsonl", JSON + '["a","b"]', "Line 2 of a.jsonl is a list, not a JSON object"),
        ("a.jsonl", "[\n" + JSON + "]", "Line 1 of a.jsonl is not JSON"),
        ("a.jsonl", JSON + "NaN", "Line 2 of a.jsonl is NaN, not a JSON object"),
        ("a.jsonl", '{"query":' + "[" * 100_000, "Line 1 of a.jsonl is nested too deeply"),
        ("a.jsonl", '{"query":' + "9" * 5_000 + "}", "Line 1 of a.jsonl is not JSON"),
        # values
        ("a.csv", HEAD + "a,\n", "Line 2 of a.csv: document is empty"),
        ("a.csv", HEAD + '"\n ",b\n', "Line 2 of a.csv: query is empty"),
        ("a.csv", HEAD + ",\n", "Line 2 of a.csv: query is empty"),
        ("a.jsonl", '{"query":3,"document":"b"}', "Line 1 of a.jsonl: query must be text, not a number"),
        ("a.jsonl", '{"query":"a","document":null}', "document must be text, not null"),
        ("a.jsonl", '{"query":["a"],"document":"b"}', "query must be text, not a list"),
        ("a.jsonl", '{"query":{"a":1},"document":"b"}', "query must be text, not an object"),
        ("a.jsonl", '{"query":NaN,"document":"b"}', "query must be text, not NaN"),
        ("a.jsonl", '{"query":true,"document":"b"}', "query must be text, not true"),
        ("a.jsonl", '{"query":"a","document":"b","topic":0}', "topic must be text, not a number"),
        ("a.jsonl", '{"query":"a\\u0000","document":"b"}', "Line 1 of a.jsonl: query has a NUL character"),
        ("a.jsonl", '{"query":"a","document":"\\ud83d"}', "Line 1 of a.jsonl: document has half a character"),
        ("a.csv", HEAD + f"a,b\nc,{'d' * (MAX_TEXT + 1)}\n", "Line 3 of a.csv: document has 100,001 characters"),
        ("a.csv", HEAD + f"a,b\nc,{'d' * 140_000}\n", "Line 3 of a.csv begins a text of more than 100,000 characters"),
        ("a.jsonl", JSON + json.dumps({"query": "q" * 140_000, "document": "d"}), "query has 140,000 characters"),
        # labels
        ("a.csv", "query,document,label\na,b,1\nc,d,2\n", "Line 3 of a.csv: label must be 1 or 0, not '2'."),
        ("a.csv", "query,document,label\na,b,yes\n", "label must be 1 or 0, not 'yes'."),
        ("a.csv", "query,document,label\na,b,0.5\n", "label must be 1 or 0, not '0.5'."),
        ("a.jsonl", '{"query":"a","document":"b","label":2}', "label must be 1 or 0, not 2."),
        ("a.jsonl", '{"query":"a","document":"b","label":NaN}', "label must be 1 or 0, not nan."),
        ("a.jsonl", '{"query":"a","document":"b","label":[1]}', "label must be 1 or 0, not a list."),
        ("a.xlsx", b"PK\0", "neither .csv, .tsv nor .jsonl"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(tmp_path, name, text, message):
    assert message in refusal(tmp_path, name, text)


def test_what_is_long_but_not_too_long_is_read(tmp_path):
    longest = "é" * MAX_TEXT
    (pair,) = read_pairs(write(tmp_path, "a.jsonl", json.dumps({"query": longest, "document": longest})))
    assert pair.query == longest
    (pair,) = read_pairs(write(tmp_path, "a.csv", HEAD + f"{longest},{longest}"))
    assert pair.document == longest


def test_other_columns_may_hold_anything(tmp_path):
    row = {"query": "a", "document": "b", "notes": [1, {"x": None}], "score": 0.5, "description": None, "label": None}
    (pair,) = read_pairs(write(tmp_path, "a.jsonl", json.dumps(row)))
    assert (pair.description, pair.label, pair.id) == ("", 1, "line-1")


def test_sizes_are_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(pairs_file, "MAX_BYTES", 1_000_000)
    assert "larger than 1 MB" in refusal(tmp_path, "a.csv", HEAD + "a,b\n" * 300_000)
    monkeypatch.setattr(pairs_file, "MAX_PAIRS", 3)
    assert len(read_pairs(write(tmp_path, "a.csv", HEAD + "a,b\n" * 3))) == 3
    assert "more than 3 pairs" in refusal(tmp_path, "a.csv", HEAD + "a,b\n" * 4)
    monkeypatch.setattr(pairs_file, "MAX_LINES", 20)
    for name, first in (("a.csv", HEAD), ("a.jsonl", JSON)):
        assert len(read_pairs(write(tmp_path, name, first + "\n" * 18 + (JSON if name == "a.jsonl" else "a,b\n")))) < 3
        assert "more than 20 lines" in refusal(tmp_path, name, first + "\n" * 20)
    monkeypatch.setattr(pairs_file, "MAX_LINE", 100)
    for name, first in (("a.csv", HEAD), ("a.jsonl", JSON)):
        assert f"Line 2 of {name} has 401 characters" in refusal(tmp_path, name, first + "a" * 400 + "\n")


def test_a_file_that_grows_or_has_no_size_is_read_no_further_than_the_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(pairs_file, "MAX_BYTES", 1_000)
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        file.truncate(200_000_000)
    tracemalloc.start()
    with pytest.raises(CallerError, match="larger than"):
        read_pairs(path)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_what_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    for name in ("none.csv", "pipe.csv", ".", "x" * 300 + ".csv"):
        with pytest.raises(CallerError, match="cannot be read"):
            read_pairs(tmp_path / name)


def test_repeated_pairs_are_left_out_and_named_as_evaluate_names_them(tmp_path):
    text = 'query,document,label\na,b,1\n"a\nlong",c,1\n a ,b,\na,b,0\n"a\nlong",c,1\n'
    pairs = read_pairs(write(tmp_path, "a.csv", text))
    kept, repeated = distinct_pairs(pairs)
    assert [(p.query, p.line) for p in kept] == [("a", 2), ("a\nlong", 3), ("a", 6)]
    assert repeated == ("line 5: the same pair as line 2", "line 7: the same pair as line 3")
    assert make_trial(pairs).warnings[:2] == repeated


def test_a_number_as_id_is_read_as_text(tmp_path):
    path = tmp_path / "pairs.jsonl"
    path.write_text('{"id": 17, "query": "a", "document": "b"}\n', "utf-8")
    assert read_pairs(path)[0].id == "17"
