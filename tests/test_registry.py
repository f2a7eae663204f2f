from dataclasses import dataclass

import pytest

from mindgap.errors import CallerError
from mindgap.registry import Registry


@dataclass(frozen=True)
class Thing:
    name: str


def things(*names: str) -> Registry[Thing]:
    registry: Registry[Thing] = Registry("thing")
    for name in names:
        registry.register(Thing(name))
    return registry


def test_keeps_the_order_of_registration():
    assert things("b", "a", "c").names() == ["b", "a", "c"]


def test_refuses_a_double():
    registry = things("a")
    with pytest.raises(ValueError, match="'a' is registered already"):
        registry.register(Thing("a"))


def test_unknown_name_says_what_was_meant():
    with pytest.raises(
        CallerError, match=r"no thing 'procustes'\. Did you mean 'procrustes'\? Known: ridge, procrustes"
    ):
        things("ridge", "procrustes").get("procustes")


@pytest.mark.parametrize("odd", [None, 3, [], {}, "x" * 10_000, "\ud800", ""])
def test_odd_names_are_refused_with_a_sentence_of_bounded_length(odd):
    with pytest.raises(CallerError) as caught:
        things("ridge").get(odd)
    assert len(str(caught.value)) < 200
