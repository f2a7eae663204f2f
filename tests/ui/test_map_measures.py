"""The measured gap beside the map, in a real Chromium."""

import pytest

from mindgap.evaluation.measures import MEASURES
from tests.ui.conftest import ATTACK

pytestmark = pytest.mark.browser


@pytest.fixture
def open_map(open_page):
    def open_it(**options):
        page = open_page("?tab=map&task=pseudocode-c", **options)
        page.wait_for_function("() => Number(document.querySelector('.mg-map')?.dataset.drawn) > 0")
        return page

    return open_it


@pytest.mark.parametrize("width", [360, 1400])
def test_five_measures_at_once_the_others_folded_each_with_its_sentence(open_map, width):
    page = open_map(width=width)
    chief, more = page.locator(".mg-gap").first, page.locator(".mg-more")
    assert chief.locator(".mg-help").count() == 5
    assert "More measures" in more.inner_text()
    assert not more.locator("table").is_visible()
    more.locator("summary").focus()
    page.keyboard.press("Enter")
    labels = [MEASURES[name].label for name in ("wasserstein", "sliced_wasserstein", "mutual_knn", "cka", "hubness")]
    assert more.locator(".mg-help").all_inner_texts() == labels
    about = MEASURES["cka"]
    assert not more.get_by_text(about.sentence).is_visible()
    page.keyboard.press("Tab")
    more.get_by_role("button", name=about.label).press("Enter")
    box = more.get_by_text(about.sentence)
    assert box.is_visible()
    assert about.source in box.inner_text()
    assert more.get_by_role("button", name=about.label).get_attribute("aria-expanded") == "true"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # a query placed on the map does not close what was opened
    page.fill("#mg-map-query textarea", "sort words")
    page.click("#mg-map-place")
    page.wait_for_function("() => mindgapMap.state.query")
    page.wait_for_timeout(300)
    assert more.get_by_text(about.sentence).is_visible()
    more.get_by_role("button", name=about.label).click()
    assert not more.get_by_text(about.sentence).is_visible()


def test_the_numbers_are_those_of_the_data(open_map):
    page = open_map()
    page.locator(".mg-more summary").click()
    gap = page.evaluate("mindgapMap.state.data.gap")
    for name, about in MEASURES.items():
        row = page.locator(".mg-gap tr", has=page.get_by_role("button", name=about.label, exact=True))
        shown = [float(text.removesuffix(" %")) for text in row.locator("td").all_inner_texts()[1:]]
        values = [gap[when][name] * (100 if about.share else 1) for when in ("before", "after")]
        assert shown == pytest.approx(values, abs=0.06 if about.share else 0.0006), name


def test_nothing_in_a_measure_executes(open_map):
    page = open_map()
    page.evaluate(
        "attack => { const d = mindgapMap.state.data; d.measures.forEach(m => { m.label = m.sentence = m.source = attack });"
        " mindgapMapPanel.all(document.querySelector('.mg-map'), mindgapMap.state, () => 0) }",
        ATTACK,
    )
    page.wait_for_timeout(300)
    assert page.locator(".mg-help").first.inner_text() == ATTACK
    assert page.evaluate("window.hacked") is None
