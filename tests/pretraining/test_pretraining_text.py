import pytest

from mindgap.errors import CallerError
from mindgap.pretraining.text import GENERATORS, pretraining_texts, split_texts
from mindgap.tasks import TASKS


@pytest.fixture(scope="module")
def texts():
    return pretraining_texts(dict.fromkeys(GENERATORS, 300), 0)


def test_no_text_of_a_gallery_or_of_validation_is_in_it(texts):
    held_out = {*split_texts("validation"), *split_texts("test")}
    assert len(held_out) > 3_000
    assert not held_out & set(texts)


def test_a_generated_text_that_a_gallery_has_is_left_out(monkeypatch):
    known = split_texts("test")[:3]
    monkeypatch.setitem(GENERATORS, "c", lambda count, seed: ["int answer(void);", *known])
    made = pretraining_texts({"c": 4}, 0)
    assert "int answer(void);" in made
    assert not set(known) & set(made)


def test_every_kind_of_text_is_in_it_once_and_alone(texts):
    assert len(texts) == len(set(texts))
    pairs = TASKS.get("pseudocode-c").pairs("train") + TASKS.get("english-french").pairs("train")
    held_out = {*split_texts("validation"), *split_texts("test")}
    inputs = set(texts)
    for pair in pairs:
        # each side is an input of its own, and none holds both
        assert inputs >= {t for t in (pair.query, pair.document, pair.description, pair.question) if t} - held_out
    assert not any(
        pair.query in text and pair.document in text for pair in [*pairs[:100], *pairs[-100:]] for text in texts
    )
    assert len(texts) > len(split_texts("train")) + 1_000 - len(held_out & set(split_texts("train")))


def test_the_same_seed_gives_the_same_text():
    few = dict.fromkeys(GENERATORS, 20)
    assert pretraining_texts(few, 5) == pretraining_texts(few, 5) != pretraining_texts(few, 6)


@pytest.mark.parametrize(
    ("generated", "sentence"),
    [({"englsh": 3}, "Did you mean 'english'"), ({"c": -1}, "not -1"), ({"c": "3"}, "not '3'")],
)
def test_what_cannot_be_generated(generated, sentence):
    with pytest.raises(CallerError, match=sentence):
        pretraining_texts(generated, 0)
