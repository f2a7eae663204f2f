import pytest

from mindgap.errors import CallerError
from mindgap.tasks.pairs_file import read_pairs


def write(tmp_path, name, text, encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", 'query,document,label\nq1,"d, ""one""",1\nq2,"two\nlines",0\n'),
        ("a.tsv", 'query\tdocument\tlabel\nq1\t"d, ""one"""\t1\nq2\t"two\nlines"\t0\n'),
        (
            "a.jsonl",
            '{"query":"q1","document":"d, \\"one\\"","label":1}\n\n{"query":"q2","document":"two\\nlines","label":0}\n',
        ),
        ("B.CSV", '\ufeffDocument , Query,LABEL\r\n"d, ""one""",q1,\r\n"two\nlines",q2,0\r\n'),
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


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "query,text\na,b\n", "lacks the column document"),
        ("a.csv", "", "lacks the column query and document"),
        ("a.csv", "query,document\n", "has no pairs"),
        ("a.csv", "query,document\na,\n", "Line 2 of a.csv: document is empty"),
        ("a.csv", "query,document,label\na,b,2\n", "label must be 1 or 0, not '2'"),
        ("a.csv", 'query,document\na,"b\n', "is broken"),
        ("a.jsonl", '{"query":"a","document":"b"}\n{"query":', "Line 2 of a.jsonl is not JSON"),
        ("a.jsonl", '["a","b"]', "not a JSON object"),
        ("a.jsonl", '{"query":3,"document":"b"}', "query must be text"),
        ("a.jsonl", "", "has no pairs"),
        ("a.xlsx", "x", "neither .csv, .tsv nor .jsonl"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, name, text, message):
    with pytest.raises(CallerError, match=message):
        read_pairs(write(tmp_path, name, text))


def test_another_encoding_and_a_missing_file(tmp_path):
    with pytest.raises(CallerError, match="not UTF-8"):
        read_pairs(write(tmp_path, "a.csv", "query,document\né,b\n", "latin-1"))
    with pytest.raises(CallerError, match="cannot be read"):
        read_pairs(tmp_path / "none.csv")
    with pytest.raises(CallerError, match="cannot be read"):
        read_pairs(tmp_path)
