"""The gap map in a real Chromium, with WebGL in software."""

import csv
import io
import re
from urllib.parse import parse_qs, quote, urlparse

import pytest

from tests.ui.conftest import ATTACK

pytestmark = pytest.mark.browser
DRAWN = "() => window.mindgapMap?.state.data && Number(document.querySelector('.mg-map').dataset.drawn) > 0"


@pytest.fixture
def open_map(open_page):
    def open_it(query="", **options):
        page = open_page("?tab=map" + query, **options)
        page.wait_for_function(DRAWN)
        return page

    return open_it


def state(page, expression):
    return page.evaluate(f"mindgapMap.state.{expression}")


def plotted(page, pane, trace, axis="x"):
    return page.evaluate(
        f"[...document.querySelector('[data-pane={pane}] .mg-plot').data[{trace}].{axis}].filter(v => v !== null)"
    )


def test_it_opens_by_its_tab_and_draws_every_text(open_page):
    page = open_page()
    page.get_by_role("tab", name="Gap map").click()
    page.wait_for_function(DRAWN)
    for pane in ("before", "after"):
        assert len(plotted(page, pane, 2)) == 1000
        assert len(plotted(page, pane, 3)) == 1000
    assert len(plotted(page, "before", 0)) + len(plotted(page, "before", 1)) == 2000
    assert "true match first" in page.inner_text(".mg-gap")
    assert "tab=map" in page.url


def test_a_mover_shows_text_partner_ranks_and_true_neighbours(open_map):
    page = open_map("&task=pseudocode-c")
    mover = page.locator(".mg-movers button").first
    ranks = re.search(r"([\d,]+) → ([\d,]+)", mover.inner_text())
    mover.click()
    page.wait_for_selector(".mg-selected a")
    box = page.inner_text(".mg-selected")
    assert f"rank {ranks[1]} → {ranks[2]} of 250" in box
    i = state(page, "picked.i")
    assert page.evaluate(f"mindgapMap.state.data.documents[mindgapMap.state.data.gold[{i}]]").split("\n")[0] in box
    link = parse_qs(urlparse(page.locator(".mg-selected a").get_attribute("href")).query)
    assert link["q"] == [page.evaluate(f"mindgapMap.state.data.queries[{i}]")]
    assert len(plotted(page, "after", 6)) == 2


def test_a_click_on_a_point_selects_it_without_asking_the_server(open_map):
    page = open_map("&task=pseudocode-c")
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "gradio_api" in request.url else None)
    spot = page.evaluate(
        "() => { const p = document.querySelector('[data-pane=after] .mg-plot'), a = p._fullLayout, d = mindgapMap.state.data.after.q[4], b = p.getBoundingClientRect();"
        " return [b.x + a.xaxis._offset + a.xaxis.d2p(d[0]), b.y + a.yaxis._offset + a.yaxis.d2p(d[1])] }"
    )
    page.mouse.move(*spot)
    page.wait_for_function("() => !document.querySelector('.mg-tip').hidden")
    page.mouse.click(*spot)
    page.wait_for_function("() => mindgapMap.state.picked !== null")
    assert page.locator(".mg-selected pre").count() >= 2
    assert asked == []


def test_the_slider_morphs_in_the_browser_alone(open_map):
    page = open_map("&task=pseudocode-c")
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "gradio_api" in request.url else None)
    page.locator(".mg-morph input").fill("0.5")
    page.wait_for_function("() => document.querySelector('.mg-map').classList.contains('morphing')")
    # painted at once; the plot itself follows when the slider rests
    page.wait_for_function("() => !document.querySelector('.mg-plot.moving')")
    page.wait_for_timeout(500)
    d = state(page, "data")
    middle = [(b[0] + a[0]) / 2 for b, a in zip(d["before"]["q"], d["after"]["q"], strict=True)]
    assert plotted(page, "after", 3) == pytest.approx(middle)
    width = page.evaluate(
        "(() => { const p = document.querySelector('[data-pane=after] .mg-plot'); return [p._fullLayout.width, p.clientWidth] })()"
    )
    assert width[0] == pytest.approx(width[1], abs=2)
    assert "50 % of the way" in page.inner_text("[data-pane=after] figcaption")
    assert asked == []


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_play_ends_at_after_and_respects_reduced_motion(open_map, motion):
    page = open_map("&task=pseudocode-c&t=0", reduced_motion=motion)
    page.click(".mg-play")
    if motion == "reduce":
        assert state(page, "t") == 1
    page.wait_for_function("() => mindgapMap.state.t === 1")


@pytest.mark.parametrize(("colour", "kinds"), [("topic", 30), ("found", 3), ("movement", 6)])
def test_colours_have_a_legend_that_toggles(open_map, colour, kinds):
    page = open_map("&task=pseudocode-c")
    page.select_option("[data-control=colour]", colour)
    page.wait_for_function("n => document.querySelectorAll('.mg-legend button').length >= n", arg=kinds)
    before = len(plotted(page, "after", 3))
    page.locator(".mg-legend button").last.click()
    page.wait_for_function("() => document.querySelector('.mg-legend button[aria-pressed=false]')")
    page.wait_for_timeout(300)
    assert len(plotted(page, "after", 3)) < before


def test_lines_can_be_off_or_only_of_the_selected_pair(open_map):
    page = open_map("&task=pseudocode-c&sel=q3")
    page.select_option("[data-control=lines]", "selected")
    page.wait_for_timeout(500)
    assert len(plotted(page, "before", 0)) + len(plotted(page, "before", 1)) == 2
    page.select_option("[data-control=lines]", "off")
    page.wait_for_timeout(500)
    assert plotted(page, "before", 0) == plotted(page, "before", 1) == []


def test_both_panes_share_their_zoom(open_map):
    page = open_map("&task=pseudocode-c")
    page.evaluate("Plotly.relayout(document.querySelector('[data-pane=before] .mg-plot'), {'xaxis.range': [0.2, 0.4]})")
    page.wait_for_function(
        "() => Math.abs(document.querySelector('[data-pane=after] .mg-plot').layout.xaxis.range[0] - 0.2) < 1e-6"
    )


def test_a_query_stands_on_both_panes_with_lines_to_its_answers(open_map):
    page = open_map()
    page.fill("#mg-map-query textarea", "My neighbour plays the trumpet at night.")
    page.press("#mg-map-query textarea", "Enter")
    page.wait_for_function("() => mindgapMap.state.query")
    page.wait_for_timeout(500)
    for pane in ("before", "after"):
        assert len(plotted(page, pane, 5)) == 1
        assert len(plotted(page, pane, 4)) == 10
    assert page.locator(".mg-query-answer li").count() == 10
    assert "mq=My+neighbour" in page.url


def test_a_query_comes_over_from_compare(open_page):
    page = open_page("?q=" + quote("Where is my umbrella?"))
    page.click(".mg-map-link")
    page.wait_for_function(DRAWN)
    page.wait_for_function("() => mindgapMap.state.query?.query === 'Where is my umbrella?'")
    assert page.input_value("#mg-map-query textarea") == "Where is my umbrella?"


def test_frames_are_painted_where_the_plot_has_its_points(open_map):
    page = open_map("&t=0.5&layout=pca")
    assert state(page, "view") == "morph"
    page.wait_for_function("() => !document.querySelector('.mg-plot.moving')")
    page.evaluate(
        "() => { window.setTimeout = () => 0; mindgapMap.state.hidden.clear(); const i = document.querySelector('.mg-morph input'); i.value = 0.5; i.dispatchEvent(new Event('input', { bubbles: true })) }"
    )
    inked = page.evaluate(
        "() => { const p = document.querySelector('[data-pane=after] .mg-plot'), s = p.parentElement.querySelector('canvas.mg-frames'), a = p._fullLayout, pen = s.getContext('2d'), r = s.width / p.offsetWidth;"
        " const d = mindgapMap.state.data, mid = (i) => [0, 1].map(k => (d.before.q[i][k] + d.after.q[i][k]) / 2); let n = 0;"
        " for (let i = 0; i < 200; i++) { const m = mid(i), x = a.xaxis._offset + a.xaxis.d2p(m[0]), y = a.yaxis._offset + a.yaxis.d2p(m[1]);"
        " if (pen.getImageData(x * r, y * r, 1, 1).data[3] > 100) n++ } return n }"
    )
    assert inked == 200


def test_a_permalink_restores_map_morph_selection_colour_and_query(open_map):
    page = open_map("&task=pseudocode-c&map=projection-st%3Aridge&layout=pca&t=0.25&sel=d7&colour=found&mq=sort+words")
    page.wait_for_function("() => mindgapMap.state.query")
    assert state(page, "data.choice") == {
        "preset": "offline", "task": "pseudocode-c", "retriever": "projection-st", "method": "ridge", "kind": "pca",
    }  # fmt: skip
    assert (state(page, "t"), state(page, "view"), state(page, "colour")) == (0.25, "morph", "found")
    assert state(page, "picked") == {"side": "d", "i": 7}
    assert parse_qs(urlparse(page.url).query)["sel"] == ["d7"]


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("?tab=map&task=nonsense", "no task 'nonsense'"),
        ("?tab=map&layout=umpa", "Did you mean 'umap'"),
        ("?tab=map&map=projection-st:magic", "no method 'magic'|has been trained"),
        ("?tab=map&map=bm25:x", "no projection to show"),
    ],
)
def test_a_permalink_that_cannot_be_shown_says_so(open_page, path, sentence):
    page = open_page(path)
    page.wait_for_function(
        "s => new RegExp(s).test(document.querySelector('.mg-map-status')?.innerText + (document.querySelector('.mg-notice')?.innerText ?? ''))",
        arg=sentence,
    )


def test_another_task_and_another_layout(open_map):
    page = open_map()
    page.locator("#mg-map-task").get_by_text("Pseudocode → C").click()
    page.wait_for_function("() => mindgapMap.state.data.choice.task === 'pseudocode-c'")
    page.locator("#mg-map-kind input").click()
    page.get_by_role("option", name="PCA").click()
    page.wait_for_function("() => mindgapMap.state.data.choice.kind === 'pca'")


def test_csv_and_png(open_map):
    page = open_map("&task=pseudocode-c")
    with page.expect_download() as download:
        page.click("[data-action=csv]")
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text("utf-8-sig"), newline="")))
    assert len(rows) == 500
    assert {row["side"] for row in rows} == {"document", "query"}
    with page.expect_download() as download:
        page.click("[data-action=png]")
    assert download.value.path().read_bytes().startswith(b"\x89PNG")


def test_nothing_in_a_query_executes(open_map):
    page = open_map("&mq=" + quote(ATTACK))
    page.wait_for_function("() => mindgapMap.state.query")
    page.wait_for_timeout(400)
    assert page.evaluate("window.hacked") is None


@pytest.mark.parametrize("width", [360, 1024, 1920])
def test_nothing_sticks_out(open_map, width):
    page = open_map("&task=pseudocode-c", width=width, height=780)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for pane in ("before", "after"):
        box = page.locator(f"[data-pane={pane}]").bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width


def test_the_base_travels_once(open_map):
    page = open_map("&task=pseudocode-c")
    fetched = []
    page.on("request", lambda request: fetched.append(request.url) if "/maps/" in request.url else None)
    page.fill("#mg-map-query textarea", "reverse a list")
    page.click("#mg-map-place")
    page.wait_for_function("() => mindgapMap.state.query")
    page.get_by_role("tab", name="Compare").click()
    page.get_by_role("tab", name="Gap map").click()
    page.wait_for_timeout(500)
    assert fetched == []
