import pytest

from mindgap.errors import CallerError
from mindgap.tasks.columns import Candidates, Columns, choose_columns, parse_columns, report

CODE = Candidates(("pseudocode", "pseudo_code"), ("c_code", "code"))
KNOWN = Columns("english", "french", "label")


def texts(*names, **others):
    return dict.fromkeys(names, True) | others


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (texts("c_code", "pseudocode", label=False), Columns("pseudocode", "c_code", "label")),
        (texts("code", "c_code", "pseudocode"), Columns("pseudocode", "c_code")),
        (texts("Pseudo Code", "C-Code", "id"), Columns("Pseudo Code", "C-Code")),
        (texts("PseudoCode", "code", "python", label=True), Columns("PseudoCode", "code", "label")),
        # one side and one other column of text
        (texts("pseudocode", "snippet", n=False), Columns("pseudocode", "snippet")),
        (texts("request", "code", Labels=False), Columns("request", "code", "Labels")),
    ],
)
def test_columns_are_guessed_by_their_names(found, expected):
    assert choose_columns(found, "owner/data", None, CODE) == expected


def test_known_names_come_before_candidates():
    candidates = Candidates(("en", "english"), ("fr", "french"))
    found = texts("en", "fr", "english", "french", label=False)
    assert choose_columns(found, "owner/data", KNOWN, candidates) == KNOWN
    assert choose_columns(texts("english", "french"), "owner/data", KNOWN) == Columns("english", "french")
    assert choose_columns(texts("en", "fr", label=False), "owner/data", KNOWN, candidates) == Columns(
        "en", "fr", "label"
    )


@pytest.mark.parametrize(
    "found",
    [texts("a", "b"), texts("pseudocode", "a", "b"), texts("pseudocode"), texts(pseudocode=False, code=False), {}],
)
def test_what_cannot_be_told_apart_is_refused_with_the_columns_and_the_cure(found):
    with pytest.raises(CallerError, match="cannot be told apart") as refused:
        choose_columns(found, "owner/data", None, CODE)
    assert "owner/data" in str(refused.value)
    assert all(name in str(refused.value) for name in found)
    assert "--columns query=...,document=...,label=..." in str(refused.value)


def test_two_columns_called_alike_are_refused():
    with pytest.raises(CallerError, match="The columns c_code and C-Code of owner/data are called alike"):
        choose_columns(texts("c_code", "C-Code", "pseudocode"), "owner/data", None, CODE)


def test_columns_that_were_asked_for_are_taken():
    found = texts("pseudocode", "c_code", "java", score=False)
    asked = Columns("java", "pseudocode", "score")
    assert choose_columns(found, "owner/data", KNOWN, CODE, asked) == asked


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (Columns("nothing", "b"), "owner/data has no column 'nothing' .columns: a, b, n"),
        (Columns("a", "b", "missing"), "no column 'missing'"),
        (Columns("a", "n"), "The column 'n' of owner/data holds no text"),
        (Columns("a", "a"), "names one column twice"),
        (Columns("a", "b", "b"), "names one column twice"),
    ],
)
def test_columns_that_cannot_be_taken_are_refused(asked, sentence):
    with pytest.raises(CallerError, match=sentence):
        choose_columns(texts("a", "b", n=False), "owner/data", None, CODE, asked)


def test_the_option_is_read():
    assert parse_columns("query=a,document=b") == Columns("a", "b")
    assert parse_columns(" query = my text , DOCUMENT=b=c, label = l") == Columns("my text", "b=c", "l")


@pytest.mark.parametrize(
    "text", ["", "query=a", "a,b", "query=a,document=", "query=a,document=b,x=c", "query=a,query=b,document=c"]
)
def test_an_option_that_does_not_read_so_is_refused(text):
    with pytest.raises(CallerError, match="--columns must read query=NAME,document=NAME"):
        parse_columns(text)


def test_what_was_found_is_said():
    found = texts("a", "b", "c", l=False)
    assert report(found, Columns("a", "b", "l")) == (
        "columns found: a, b, c, l; taken as query: a, as document: b, as label: l"
    )
    assert report(found, Columns("a", "b")).endswith("no label, every row a true pair")


def test_names_with_what_no_terminal_prints_are_said_plainly_and_shortly():
    ugly, long = "a\x1b[31m\nb", "n" * 5000
    said = [report(texts(ugly, long, *map(str, range(500))), Columns(ugly, long, ugly))]
    for found, asked in (
        ({ugly: False, long: True}, Columns(ugly, long)),
        ({long: False, ugly: True}, Columns(long, ugly)),
        (texts(ugly), Columns("x", "y")),
        (texts(ugly, long, "z"), None),
        (texts("c_code", "C\nCode", "c__code" + "_" * 5000), None),
    ):
        with pytest.raises(CallerError) as refused:
            choose_columns(found, "owner/data", None, CODE, asked)
        said.append(str(refused.value))
    assert all(sentence.isprintable() and len(sentence) < 700 for sentence in said)
