"""The tab Measure in a real Chromium; what takes minutes is played with invented numbers."""

import csv
import io
import json
import time
from itertools import pairwise
from urllib.parse import parse_qs, urlparse

import pytest

from mindgap import paper_tables as tables_module
from mindgap.evaluation.measures import MEASURES
from mindgap.evaluation.paper import TABLES
from mindgap.evaluation.protocol import METRICS
from mindgap.projections import METHODS
from mindgap.tasks import TASKS
from mindgap.ui import measurements_view
from mindgap.ui.tabs.measure import SECTIONS
from mindgap.workspace import Workspace
from tests.ui import measurement_files
from tests.ui.conftest import ATTACK, serve
from tests.ui.test_browser import CONTRAST
from tests.ui.test_measure_view import hostile

pytestmark = pytest.mark.browser
PROGRESS = "#mg-measure-progress"
MEASURED = ".mg-tables[data-measured]:not([data-measured=''])"
ALL = "#mg-measure-gallery label:has-text('all test documents')"


class Played:
    """In place of `evaluate`: 20 steps for each retriever, each of which waits until it may go on."""

    def __init__(self):
        self.steps = 0
        self.pause = 0.02

    def __call__(self, models, preset, request, progress_for):
        def slow(heading):
            shown = progress_for(heading)

            def progress(done, total):
                self.steps += 1
                time.sleep(self.pause)
                shown(done, total)

            return progress

        return measurement_files.slow_evaluate(0)(models, preset, request, slow)


@pytest.fixture
def played(monkeypatch):
    made = Played()
    monkeypatch.setattr(tables_module, "evaluate", made)
    return made


@pytest.fixture(scope="module", autouse=True)
def files(tmp_path_factory):
    """Files of measurements; those of the second task are hostile."""
    path = measurement_files.write(tmp_path_factory.mktemp("measurements"))
    for kind in measurement_files.KINDS:
        found = json.loads(path(kind, "pseudocode-c").read_text("utf-8"))
        path(kind, "pseudocode-c").write_text(json.dumps(hostile(found)), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measurements_view, "measurement_path", path)
        yield


@pytest.fixture(scope="module")
def url(models, files):
    """One page for all tests that do not mind what others have measured."""
    blocks, address = serve(Workspace("offline", models))
    yield address
    blocks.close()


@pytest.fixture
def fresh_url(models, files):
    """A page on which nothing has been measured: that is kept for all visitors of a page."""
    blocks, address = serve(Workspace("offline", models))
    yield address
    blocks.close()


def rows_of(page):
    """The CSV that the page offers."""
    with page.expect_download() as download:
        page.click("text=Export CSV")
    return download.value.suggested_filename, list(
        csv.DictReader(io.StringIO(download.value.path().read_text("utf-8-sig")))
    )


def numbers(page, kind):
    return page.evaluate(
        f"[...document.querySelectorAll('.mg-tables td.{kind}')].map(c => c.firstChild ? c.firstChild.textContent.trim() : '')"
    )


def stands_still(played):
    """Whether no more work is done."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        before = played.steps
        time.sleep(0.5)
        if played.steps == before:
            return True
    return False


def test_it_opens_with_the_papers_numbers(open_page):
    page = open_page()
    page.get_by_role("tab", name="Measure").click()
    page.wait_for_selector("#mg-section-tables", state="visible")
    printed = sorted(value for table in TABLES for values in table.published.values() for value in values)
    assert sorted(float(text) for text in numbers(page, "paper") if text) == printed
    assert set(numbers(page, "here")) == {"–"}
    assert page.locator(".mg-table h3").count() == 6
    assert page.locator("#mg-measure-cancel").is_disabled()
    page.wait_for_function("() => new URLSearchParams(location.search).get('tab') === 'measure'")


def test_a_run_shows_its_progress_and_ends_with_numbers_and_their_file(open_page, fresh_url, played):
    page = open_page("?tab=measure", url=fresh_url)
    page.click("#mg-measure-run")
    page.wait_for_selector(".mg-bar")
    page.wait_for_function(
        f"() => /English → French · .+ · \\d+ of 20/.test(document.querySelector('{PROGRESS}').innerText)"
    )
    assert page.locator("#mg-measure-run").is_disabled()
    played.pause = 0
    page.wait_for_selector(MEASURED)
    assert page.locator(".mg-bar").count() == 0
    assert page.locator("#mg-measure-run").is_enabled()
    assert page.locator("#mg-measure-cancel").is_disabled()
    assert "UTC" in page.inner_text(".mg-measured")
    name, rows = rows_of(page)
    assert name == "paper-tables-offline-250.csv"
    here = numbers(page, "here")
    assert len(rows) == len(here)
    for row, text in zip(rows, here, strict=True):
        if text == "–":
            assert row["here"] == ""
        elif text != "<0.0001":
            assert float(row["here"]) == pytest.approx(float(text), abs=0.006)
    assert "not available here" in page.inner_text(".mg-tables")
    assert page.locator(".mg-notes li").count() >= 5


def test_cancel_really_stops(open_page, fresh_url, played):
    page = open_page("?tab=measure", url=fresh_url)
    page.click("#mg-measure-run")
    page.wait_for_selector(".mg-bar")
    page.click("#mg-measure-cancel")
    page.wait_for_function(f"() => document.querySelector('{PROGRESS}').innerText.includes('Cancelled')")
    assert stands_still(played)
    assert played.steps < 100
    assert set(numbers(page, "here")) == {"–"}
    assert page.locator("#mg-measure-run").is_enabled()
    page.click("#mg-measure-run")
    played.pause = 0
    page.wait_for_selector(MEASURED)


def test_visitors_share_a_run_and_none_can_cancel_it_for_another(open_page, fresh_url, played):
    first, second = open_page("?tab=measure", url=fresh_url), open_page("?tab=measure", url=fresh_url)
    for page in (first, second):
        page.click("#mg-measure-run")
        page.wait_for_selector(".mg-bar")
    first.wait_for_function(f"() => document.querySelector('{PROGRESS}').innerText.includes('Another visitor waits')")
    first.click("#mg-measure-cancel")
    first.wait_for_function(f"() => document.querySelector('{PROGRESS}').innerText.includes('Cancelled')")
    played.pause = 0
    second.wait_for_selector(MEASURED)
    # whoever comes later sees the result at once
    third = open_page("?tab=measure", url=fresh_url)
    third.wait_for_selector(MEASURED)
    assert third.inner_text(".mg-measured") == second.inner_text(".mg-measured")


def test_another_choice_waits_with_a_sentence(open_page, fresh_url, played):
    first, second = open_page("?tab=measure", url=fresh_url), open_page("?tab=measure", url=fresh_url)
    first.click("#mg-measure-run")
    first.wait_for_selector(".mg-bar")
    second.click(ALL)
    second.click("#mg-measure-run")
    second.wait_for_function(
        f"() => document.querySelector('{PROGRESS}').innerText.includes('Another measurement is under way')"
    )
    played.pause = 0
    for page in (first, second):
        page.wait_for_selector(MEASURED)
    assert rows_of(second)[0] == "paper-tables-offline-1000.csv"


def test_a_closed_page_stops_its_run(open_page, fresh_url, played):
    page = open_page("?tab=measure", url=fresh_url)
    page.click("#mg-measure-run")
    page.wait_for_selector(".mg-bar")
    page.close()
    assert stands_still(played)
    assert played.steps < 200


def test_a_failure_is_a_sentence(open_page, fresh_url, monkeypatch):
    def fails(*arguments):
        raise ZeroDivisionError

    monkeypatch.setattr(tables_module, "evaluate", fails)
    page = open_page("?tab=measure", url=fresh_url)
    page.click("#mg-measure-run")
    page.wait_for_selector(f"{PROGRESS} .mg-notice")
    assert "ZeroDivisionError" in page.inner_text(PROGRESS)
    assert page.locator("#mg-measure-run").is_enabled()


def test_a_real_run_in_small(open_page, models, monkeypatch):
    monkeypatch.setattr("mindgap.ui.tabs.measure.GALLERY", 4)
    blocks, address = serve(Workspace("offline", models))
    page = open_page("?tab=measure", url=address)
    page.click("#mg-measure-run")
    page.wait_for_selector(MEASURED, timeout=60_000)
    assert "the first 4 documents" in page.inner_text(".mg-notes")
    shown = [text for text in numbers(page, "here") if text != "–"]
    assert len(shown) > len(METRICS)
    blocks.close()


def test_the_sections_are_one_at_a_time_by_click_and_by_keyboard(open_page, url):
    page = open_page("?tab=measure", url=url)
    for name in SECTIONS:
        button = page.locator(f".mg-measure-nav [data-section={name}]")
        button.focus()
        page.keyboard.press("Enter")
        page.wait_for_selector(f"#mg-section-{name}", state="visible")
        assert page.locator(".mg-section:visible").count() == 1
        assert button.get_attribute("aria-pressed") == "true"
        assert parse_qs(urlparse(page.url).query)["section"] == [name]
    assert page.locator("#mg-measure-task").is_visible()
    page.click("[data-section=tables]")
    assert not page.locator("#mg-measure-task").is_visible()


def test_methods_in_another_form_and_of_another_task(open_page, url):
    page = open_page("?tab=measure&section=methods", url=url)
    page.wait_for_selector(".mg-methods tbody tr")
    assert page.locator(".mg-methods tbody tr").count() == len(METHODS)
    page.locator("#mg-measure-form").get_by_text("question").click()
    page.wait_for_function("() => document.querySelector('.mg-methods').innerText.includes('asked with question')")
    page.locator("#mg-measure-task input").first.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('.mg-methods').innerText.includes('asked with pseudocode')")
    assert page.locator("#mg-measure-form").get_by_text("one-line description").count() == 1
    page.wait_for_function("() => new URLSearchParams(location.search).get('task') === 'pseudocode-c'")


def test_nothing_in_a_file_of_measurements_executes(open_page, url):
    page = open_page("?tab=measure&section=methods&task=pseudocode-c", url=url)
    for name in ("methods", "efficiency", "similarity"):
        page.click(f"[data-section={name}]")
        page.wait_for_timeout(300)
        assert ATTACK[:20] in page.inner_text(f"#mg-section-{name}")
        assert page.locator(f"#mg-section-{name} img").count() == 0
    assert page.evaluate("window.hacked") is None


def test_files_that_are_not_there_are_a_sentence(open_page, models, monkeypatch, tmp_path):
    monkeypatch.setattr(measurements_view, "measurement_path", lambda kind, task: tmp_path / "none.json")
    blocks, address = serve(Workspace("offline", models))
    page = open_page("?tab=measure&section=efficiency", url=address)
    for name in ("methods", "efficiency", "similarity"):
        page.click(f"[data-section={name}]")
        assert "python -m mindgap build --only measurements" in page.inner_text(f"#mg-section-{name} .mg-notice")
    blocks.close()


def test_the_gap_is_measured_when_its_section_is_opened(open_page, url):
    page = open_page("?tab=measure", url=url)
    assert page.locator(".mg-gap-report").count() == 0
    page.click("[data-section=gap]")
    page.wait_for_selector(".mg-gap-report tbody tr")
    names = page.locator(".mg-gap-report tbody th").evaluate_all("all => all.map(e => e.firstChild.textContent)")
    assert names == [about.label for about in MEASURES.values()]
    before = page.inner_text(".mg-gap-report .mg-result")
    page.locator("#mg-measure-projection input").click()
    page.get_by_role("option").last.click()
    page.wait_for_function("b => document.querySelector('.mg-gap-report .mg-result').innerText !== b", arg=before)
    page.locator("#mg-measure-task").get_by_text("Pseudocode → C").click()
    page.wait_for_function(
        "() => document.querySelector('.mg-gap-report .mg-result').innerText.startsWith('Pseudocode')"
    )


def test_a_permalink_restores_section_and_task(open_page, url):
    page = open_page("?tab=measure&section=gap&task=pseudocode-c", url=url)
    title = TASKS.get("pseudocode-c").title
    # on a slow machine the first task's gap may be measured on the way
    page.wait_for_function(
        "title => document.querySelector('.mg-gap-report .mg-result')?.innerText.startsWith(title)", arg=title
    )
    page = open_page("?tab=measure&section=nonsense&task=pseudocod", url=url)
    page.wait_for_selector("#mg-section-tables", state="visible")
    page.wait_for_selector(".mg-notice")
    assert "Did you mean 'pseudocode-c'" in page.locator(".mg-notice").first.inner_text()


def test_the_curve_has_its_numbers_as_a_table(open_page, url):
    page = open_page("?tab=measure&section=efficiency", url=url)
    page.wait_for_selector(".mg-chart.wide svg", state="visible")
    assert not page.locator(".mg-chart.narrow").is_visible()
    names = page.locator(".mg-chart.wide .name").evaluate_all(
        "all => all.map(e => { const b = e.getBoundingClientRect(); return [b.top, b.bottom, b.right] })"
    )
    names.sort()
    assert len(names) == len(METHODS)
    assert all(above[1] <= below[0] + 1 for above, below in pairwise(names))
    assert max(right for _, _, right in names) <= 1400
    page.locator(".mg-numbers summary").focus()
    page.keyboard.press("Enter")
    assert page.locator(".mg-numbers tbody tr").count() == len(METHODS)


@pytest.fixture
def measured_page(open_page, url, played):
    """A page with measured tables."""
    played.pause = 0
    page = open_page("?tab=measure&__theme=light", url=url)
    if not page.locator(MEASURED).count():
        page.click("#mg-measure-run")
        page.wait_for_selector(MEASURED)
    return page


def each_section(page):
    for name in SECTIONS:
        page.click(f"[data-section={name}]")
        if name == "gap":
            page.wait_for_selector(".mg-gap-report")
        page.wait_for_selector(f"#mg-section-{name}", state="visible")
        yield name


def test_text_has_enough_contrast_in_light_and_dark(measured_page):
    for _ in ("light", "dark"):
        for name in each_section(measured_page):
            assert measured_page.evaluate(CONTRAST) == [], name
        measured_page.click(".mg-theme")


OUT = """([name, width]) => [...document.querySelectorAll(`#mg-section-${name} *`)]
  .filter(e => e.offsetParent && !e.closest('.mg-scroll, .mg-sr, thead') && e.getBoundingClientRect().right > width + 1)
  .map(e => e.tagName + '.' + e.className)"""


def test_nothing_sticks_out_at_any_width(measured_page):
    for width in (1920, 1400, 1024, 768, 360):
        measured_page.set_viewport_size({"width": width, "height": 780})
        for name in each_section(measured_page):
            assert measured_page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
            assert measured_page.evaluate(OUT, [name, width]) == [], (name, width)
