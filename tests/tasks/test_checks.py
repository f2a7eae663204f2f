"""Each check passes what is right and finds what is wrong."""

import shutil

import pytest

from mindgap.tasks.checks import c_code
from mindgap.tasks.checks.c_code import C_SHAPE, COMPILES, OTHER_WORDS, compile_and_run
from mindgap.tasks.checks.generic import GENERIC, least_pairs
from mindgap.tasks.checks.languages import ENGLISH, FRENCH, SENTENCE_LENGTH
from mindgap.tasks.checks.near import CODE_TOKENS, WORDS, grams, near_pairs, no_near_duplicates
from mindgap.types import Pair

CHECKS = {check.name: check for check in GENERIC}
needs_gcc = pytest.mark.skipif(not shutil.which("gcc"), reason="gcc is not installed")


def found(check, *pairs, **splits):
    return [finding.what for finding in check.run(splits or {"train": pairs})]


def ef(query="The cat sleeps on the red sofa today.", document="Le chat dort aujourd'hui sur le canapé rouge.", **more):
    return Pair(more.pop("id", "1"), query, document, topic="t", **more)


def test_schema():
    assert found(CHECKS["schema"], ef()) == []
    assert found(CHECKS["schema"], Pair("1", "q", " ", topic="")) == ["document is empty", "topic is empty"]
    assert found(CHECKS["schema"], ef(label=0)) == ["a shipped pair must be a true one (label 1)"]
    assert found(CHECKS["schema"], ef(description="a\nb")) == ["description is more than one line"]


def test_unique_within_and_across_splits_and_fields():
    assert found(CHECKS["unique"], train=(ef(),), test=(ef("Other one.", "Autre chose.", id="2"),)) == []
    (id_twice,) = found(CHECKS["unique"], ef(), ef("Other one.", "Autre chose."))
    assert "the id is that of train 1 too" in id_twice
    leak = found(
        CHECKS["unique"],
        train=(ef(),),
        test=(ef(query="the CAT  sleeps on the red sofa today.", document="x", id="2"),),
    )
    assert leak == ["query is also the query of train 1"]
    crossed = found(
        CHECKS["unique"], ef(), ef("Another.", "Un autre.", id="2", question="The cat sleeps on the red sofa today.")
    )
    assert crossed == ["question is also the query of train 1"]


@pytest.mark.parametrize("bad", ["Ã©tÃ©", "a\ufffdb", "itâ€™s", " a", "a\x07", "e\u0301"])
def test_clean(bad):
    assert found(CHECKS["clean"], ef(query=bad))
    assert found(CHECKS["clean"], ef(negatives=(bad,)))


def test_clean_passes_french_capitals():
    assert found(CHECKS["clean"], ef(document="Âgé de 3 ans, Ève a vécu au Moyen Âge, à Évreux — « Ô joie ! »")) == []


def test_topics_and_counts():
    both = {"train": (ef(),), "test": (ef(),)}
    assert found(CHECKS["topics"], **both) == []
    assert found(CHECKS["topics"], train=(ef(),), test=()) == ["has no pair of the topic 't'"]
    assert found(least_pairs(train=1), **both) == []
    assert found(least_pairs(train=2), **both) == ["has 1 pairs, fewer than 2"]


def test_grams_and_jaccard_by_hand():
    assert grams("A b, c d", WORDS) == {("a", "b", "c"), ("b", "c", "d")}
    assert grams("one", WORDS) == {("one",)}
    # {abc, bcd} against {abc, bcx}: 1 of 3
    assert [(a, b, round(j, 3)) for a, b, j in near_pairs(["a b c d", "a b c x"], WORDS, 0.3)] == [(0, 1, 0.333)]
    assert list(near_pairs(["a b c d", "a b c x"], WORDS, 0.34)) == []


def test_near_pairs_finds_what_comparing_all_finds():
    texts = [f"word{i % 5} and word{i % 3} or word{i % 7}" for i in range(60)]
    naive = set()
    for later, text in enumerate(texts):
        for earlier in range(later):
            a, b = grams(texts[earlier], WORDS), grams(text, WORDS)
            if len(a & b) / len(a | b) >= 0.4:
                naive.add((earlier, later))
    assert {(a, b) for a, b, _ in near_pairs(texts, WORDS, 0.4)} == naive


def test_near_duplicates_across_splits():
    check = no_near_duplicates("query", 0.5)
    train, test = (ef(),), (ef("The cat sleeps on the red sofa tonight.", id="2"),)
    (finding,) = check.run({"train": train, "test": test})
    assert finding.where == "test 2"
    assert "near-duplicate of train 1" in finding.what


def test_languages():
    for check in (ENGLISH, FRENCH, SENTENCE_LENGTH):
        assert found(check, ef()) == []
    swapped = ef(query=ef().document, document=ef().query)
    assert "does not look English" in found(ENGLISH, swapped)[0]
    assert "does not look French" in found(FRENCH, swapped)[0]
    assert found(ENGLISH, ef(question="No mark."))
    assert found(FRENCH, ef(document="Ça va?"))
    assert found(FRENCH, ef(document="Ça va ?")) == []
    assert found(FRENCH, ef(document="L’été"))
    assert found(SENTENCE_LENGTH, ef(query="word " * 51))
    assert found(SENTENCE_LENGTH, ef(query="one " * 20, document="un deux trois"))


PROGRAM = '#include <stdio.h>\n\nint main(void)\n{\n    printf("%d\\n", 6 * 7);\n    return 0;\n}'


@needs_gcc
@pytest.mark.parametrize(
    ("code", "problem"),
    [
        (PROGRAM, ""),
        ("int twice(int n)\n{\n    return 2 * n;\n}", ""),
        ("int twice(int n)\n{\n    int unused;\n    return 2 * n;\n}", "does not compile"),
        ("int twice(int n) { return m; }", "does not compile"),
        ("#include <limits.h>\nint main(void) { int n = INT_MAX; n++; return n == 0; }", "sanitizer"),
        ("#include <stdlib.h>\nint main(void) { int *p = malloc(4); free(p); return *p; }", ""),
        ("int main(void) { volatile int i = 0; while (i == 0) { } return 0; }", "ran for more than"),
    ],
)
def test_compile_and_run(code, problem, monkeypatch):
    monkeypatch.setattr(c_code, "RUN_SECONDS", 2)
    if "free(p)" in code:
        problem = "does not compile|sanitizer"
    result = compile_and_run(code)
    assert (result == "") is (problem == "")
    assert any(part in result for part in problem.split("|"))


def test_without_gcc_nothing_is_said_to_have_passed(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    (finding,) = COMPILES.run({"train": (Pair("1", "q", PROGRAM),)})
    assert finding.not_run


def test_other_words():
    code = "int countVowels(const char *sentence_text)\n{\n    return 0;\n}"
    same = Pair("1", "count vowels in sentence text", code, description="counts vowels")
    assert any("query shares 100%" in what for what in found(OTHER_WORDS, same))
    other = Pair(
        "1", "look at each letter; tally those that sing", code, description="How many of a e i o u are there?"
    )
    assert found(OTHER_WORDS, other) == []


def test_shape():
    good = Pair("1", "q", PROGRAM, description="d", negatives=("n",))
    assert found(C_SHAPE, good) == []
    assert len(found(C_SHAPE, Pair("1", "q", "int x;"))) == 3


def test_code_is_compared_token_by_token():
    assert grams("a[i]++;", CODE_TOKENS) == {
        ("a", "[", "i"),
        ("[", "i", "]"),
        ("i", "]", "+"),
        ("]", "+", "+"),
        ("+", "+", ";"),
    }
