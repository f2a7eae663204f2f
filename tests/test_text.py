import pytest

from mindgap.errors import CallerError
from mindgap.text import MAX_CHARACTERS, clean_query, lookup_key, printable


@pytest.mark.parametrize("blank", ["", " ", "\n\t ", "\u2003", "\x00\x01", "\ud800", None, 3, ["a"]])
def test_what_says_nothing_is_refused(blank):
    with pytest.raises(CallerError):
        clean_query(blank)


def test_length_limit_is_exact():
    assert clean_query("a" * MAX_CHARACTERS).text == "a" * MAX_CHARACTERS
    with pytest.raises(CallerError, match=r"10,001 characters; at most 10,000"):
        clean_query("a" * (MAX_CHARACTERS + 1))


def test_control_characters_and_surrogates_are_left_out_with_a_note():
    cleaned = clean_query("a\x00b\x1b[31mc \ud83dend")
    assert cleaned.text == "ab[31mc end"
    assert cleaned.notes == (
        "2 control characters left out of the query.",
        "1 broken character (lone surrogates) left out of the query.",
    )


@pytest.mark.parametrize(
    "text", ["👩‍💻 works", "مرحبا بالعالم", "שלום", "<script>alert(1)</script>", "if x\n\tthen y", "e\u0301"]
)
def test_any_other_text_stays_as_it_is(text):
    assert clean_query(text) == clean_query(text).__class__(text, ())


def test_windows_line_ends_are_line_ends_not_control_characters():
    assert clean_query("a\r\nb") == clean_query("a\nb")


def test_known_queries_are_found_trimmed_and_composed():
    assert lookup_key("  cafe\u0301\n") == "café"


def test_a_message_holds_what_a_terminal_prints():
    assert printable("a\x1b[31mb\nc\td\ud800\u202ee") == "a?[31mb c d??e"
    assert printable("é 你 🦉") == "é 你 🦉"
    assert printable("a" * 60) == "a" * 60
    assert printable("a" * 61) == "a" * 59 + "…"
