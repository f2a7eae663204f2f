"""The page in a real Chromium."""

import itertools
import re
from urllib.parse import parse_qs, quote, urlparse

import pytest

from mindgap.retrievers import RETRIEVERS
from mindgap.tasks import TASKS
from tests.ui.conftest import ATTACK, wait_restored

pytestmark = pytest.mark.browser
QUERY = "#mg-query textarea"
LANES = ["BM25", "DPR", "Encoder, no projection", "Sentence Transformer", "Projection", "Projection on ST", "Hybrid"]


def ask(page, text):
    before = page.locator(".mg-results").get_attribute("data-permalink")
    page.fill(QUERY, text)
    page.click("#mg-search")
    changed(page, before)


def changed(page, before):
    page.wait_for_function(
        "before => { const r = document.querySelector('.mg-results'); return r && r.dataset.permalink !== before }",
        arg=before,
    )


def permalink(page):
    return page.locator(".mg-results").get_attribute("data-permalink")


def lane(page, name):
    return page.locator(f'.mg-lane[data-retriever="{name}"]')


def test_it_opens_with_an_example_already_answered(open_page):
    page = open_page()
    assert page.title() == "Mind the Gap"
    assert page.locator(".mg-lane h3").all_inner_texts() == LANES
    assert page.input_value(QUERY) == TASKS.get("english-french").examples[0].query
    for name in RETRIEVERS.names():
        assert lane(page, name).locator(".mg-card").count() == 5
        assert re.search(r"#\d+", lane(page, name).locator(".mg-rank").inner_text())
    assert "True match found first by" in page.inner_text(".mg-verdict")


def test_search_by_button_and_by_enter(open_page):
    page = open_page()
    ask(page, "Somebody has stolen my bicycle.")
    assert page.locator(".mg-rank").count() == 0
    assert "No test query reads like this" in page.inner_text(".mg-verdict")
    before = permalink(page)
    page.fill(QUERY, "It is raining.")
    page.press(QUERY, "Enter")
    changed(page, before)
    assert "It+is+raining" in permalink(page)


def test_a_known_query_marks_its_gold_in_every_column_that_has_it(open_page):
    page = open_page()
    pair = TASKS.get("english-french").pairs("test")[11]
    ask(page, pair.query)
    for name in RETRIEVERS.names():
        rank = int(lane(page, name).locator(".mg-rank b").inner_text().strip("#").replace(",", ""))
        gold = lane(page, name).locator(".mg-card.gold")
        assert gold.count() == (1 if rank <= 5 else 0)
        if rank <= 5:
            assert pair.document in gold.inner_text()
        assert f"true match at rank {rank:,} of 1,000" in lane(page, name).locator(".mg-rank").inner_text()


def test_missing_models_say_why_and_what_to_do(open_page, monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    page = open_page("?task=english-french&q=cat&preset=paper")
    for name in ("dpr", "codebert", "projection"):
        assert "python -m mindgap download --preset paper" in lane(page, name).locator(".mg-off code").inner_text()
    assert "microsoft/codebert-base" in lane(page, "codebert").locator("small").inner_text()
    assert lane(page, "bm25").locator(".mg-card").count() == 5


def test_every_example_answers_at_a_click(open_page):
    page = open_page()
    for task in TASKS:
        if task.name != "english-french":
            before = permalink(page)
            page.get_by_text(task.title, exact=True).click()
            changed(page, before)
        assert page.locator("[data-example]").all_inner_texts() == [e.label for e in task.examples]
        for number in [*range(1, len(task.examples)), 0]:
            before = permalink(page)
            page.locator(f'[data-example="{number}"]').click()
            changed(page, before)
            assert page.input_value(QUERY) == task.examples[number].query


def test_random_query_brings_its_gold(open_page):
    page = open_page()
    before = permalink(page)
    page.click("#mg-random")
    changed(page, before)
    assert "True match found first by" in page.inner_text(".mg-verdict")
    queries = {pair.query for pair in TASKS.get("english-french").pairs("test")}
    assert page.input_value(QUERY) in queries


def test_code_is_set_as_code_with_colours_and_opens(open_page):
    page = open_page("?task=pseudocode-c")
    assert page.locator(".mg-code .kt").count() > 0
    long = page.locator(".mg-card", has=page.locator(".mg-more")).first
    closed = long.bounding_box()["height"]
    long.locator(".mg-more").click()
    assert long.bounding_box()["height"] > closed
    assert long.locator(".mg-more").get_attribute("aria-expanded") == "true"


def test_hover_and_focus_mark_the_same_document_everywhere(open_page):
    page = open_page("?task=english-french&q=" + quote("Where can I buy bread?") + "&k=20")
    shared = page.evaluate(
        "() => { const n = {}; document.querySelectorAll('.mg-card').forEach(c => n[c.dataset.doc] = (n[c.dataset.doc]||0)+1);"
        " return Object.entries(n).sort((a, b) => b[1]-a[1])[0] }"
    )
    page.evaluate("() => addEventListener('mouseover', e => window.lastPointer = {x: e.clientX, y: e.clientY}, true)")
    card = page.locator(f'.mg-card[data-doc="{shared[0]}"]').first
    card.hover()
    assert shared[1] > 1
    assert page.locator(".mg-card.same").count() == shared[1]
    page.mouse.move(0, 0)
    page.locator("h1").hover()
    assert page.locator(".mg-card.same").count() == 0
    card.focus()
    assert page.locator(".mg-card.same").count() == shared[1]
    # what a scroll under a resting pointer makes Chromium send: the focused card keeps its mark
    page.evaluate(
        """([id, at]) => [...document.querySelectorAll('.mg-card')].find(c => c.dataset.doc !== id)
           .dispatchEvent(new MouseEvent('mouseover', {bubbles: true, clientX: at.x, clientY: at.y}))""",
        [shared[0], page.evaluate("() => window.lastPointer")],
    )
    assert page.locator(".mg-card.same").count() == shared[1]
    page.mouse.move(3, 3)
    assert page.locator(".mg-card.same").count() == 0


def test_a_permalink_restores_the_view(open_page):
    text = 'déjà "vu" & <b>bold</b> 100% + #1'
    page = open_page(f"?task=english-french&q={quote(text)}&k=3&method=n-pairs&r=bm25,projection-st")
    assert page.input_value(QUERY) == text
    assert page.locator(".mg-lane").count() == 2
    assert page.locator(".mg-card").count() == 6
    asked = parse_qs(urlparse(permalink(page)).query)
    assert asked == {
        "task": ["english-french"],
        "q": [text],
        "k": ["3"],
        "method": ["n-pairs"],
        "r": ["bm25,projection-st"],
    }
    page.wait_for_function("location.search.includes('k=3')")
    page.reload()
    page.wait_for_selector(".mg-lane")
    wait_restored(page)
    assert page.input_value(QUERY) == text
    assert page.locator(".mg-lane").count() == 2


def test_the_address_follows_the_search(open_page):
    page = open_page()
    ask(page, "A new question")
    page.wait_for_function("new URLSearchParams(location.search).get('q') === 'A new question'")


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("?task=english-frensh", "Did you mean 'english-french'"),
        ("?q=cat&k=0", "from 1 to 20"),
        ("?q=cat&k=abc", "from 1 to 20"),
        ("?q=cat&r=bm52", "Did you mean 'bm25'"),
        ("?q=cat&preset=papper", "Did you mean 'paper'"),
        ("?q=%20", "is empty"),
        ("?q=" + "x" * 10_001, "10,001 characters"),
    ],
)
def test_a_permalink_that_cannot_be_answered_says_so(open_page, path, sentence):
    page = open_page(path)
    page.wait_for_selector(".mg-notice")
    assert sentence in page.inner_text(".mg-notice")
    assert page.locator(".mg-card").count() > 0


@pytest.mark.parametrize(
    ("text", "sentence"), [("", "is empty"), ("  \n ", "is empty"), ("x" * 100_000, "100,000 characters")]
)
def test_refused_input_is_a_sentence_and_nothing_is_lost(open_page, text, sentence):
    page = open_page()
    cards = page.locator(".mg-card").all_inner_texts()
    page.fill(QUERY, text)
    page.click("#mg-search")
    page.wait_for_selector(".mg-notice")
    assert sentence in page.inner_text(".mg-notice")
    assert page.locator(".mg-card").all_inner_texts() == cards
    assert page.input_value(QUERY) == text
    ask(page, "now a good one")
    assert page.locator(".mg-notice").count() == 0


@pytest.mark.parametrize("text", ["👩‍💻🧵", "مرحبا بالعالم", "a\u0000b\u0007c", "int a[2][2] = {{1,2},{3,4}}; ${1}"])
def test_odd_text_is_answered(open_page, text):
    page = open_page()
    ask(page, text)
    assert page.locator(".mg-card").count() == 5 * page.locator(".mg-lane:not(.mg-lane-off)").count() > 0
    if "\x07" in text:
        assert "2 control characters left out" in page.inner_text(".mg-verdict")


def test_nothing_in_a_query_executes(open_page):
    page = open_page("?q=" + quote(ATTACK))
    assert page.input_value(QUERY) == ATTACK
    ask(page, ATTACK + " again")
    page.wait_for_timeout(300)
    assert page.evaluate("window.hacked") is None


@pytest.mark.parametrize("task", TASKS.names())
def test_nothing_in_the_data_executes(open_page, hostile_url, task):
    page = open_page(f"?task={task}&q=cat", url=hostile_url)
    page.wait_for_timeout(500)
    assert ATTACK in page.locator(".mg-card").first.inner_text().replace("\n", "")
    assert page.locator(".mg-results img, .mg-results script").count() == 0
    page.locator(".mg-card").first.hover()
    assert page.evaluate("window.hacked") is None


def test_options(open_page):
    page = open_page()
    page.get_by_text("Options", exact=False).first.click()
    before = permalink(page)
    page.locator("#mg-columns").get_by_text("DPR", exact=True).click()
    changed(page, before)
    assert page.locator(".mg-lane").count() == len(LANES) - 1
    before = permalink(page)
    page.locator("#mg-k input[type=number]").fill("12")
    page.locator("#mg-k input[type=number]").press("Enter")
    page.locator("#mg-k input[type=number]").blur()
    page.wait_for_function("document.querySelectorAll('[data-retriever=bm25] .mg-card').length === 12")
    page.locator("#mg-gloss").get_by_text("Say what each document means").click()
    page.wait_for_selector(".mg-gloss")
    before = permalink(page)
    page.locator("#mg-method input").click()
    page.get_by_role("option", name="as in the paper").click()
    changed(page, before)
    assert "method=n-pairs" in permalink(page)


def test_dark_mode_by_system_by_address_and_by_button(open_page):
    ground = "() => getComputedStyle(document.querySelector('.gradio-container')).backgroundColor"
    light = open_page(color_scheme="light").evaluate(ground)
    dark = open_page(color_scheme="dark").evaluate(ground)
    assert light != dark
    assert open_page("?__theme=dark", color_scheme="light").evaluate(ground) == dark
    page = open_page(color_scheme="light")
    page.click(".mg-theme")
    assert page.evaluate(ground) == dark
    page.reload()
    page.wait_for_selector(".mg-lane")
    assert page.evaluate(ground) == dark


CONTRAST = """() => {
  const parse = c => c.match(/[\\d.]+/g).map(Number);
  const lum = ([r, g, b]) => [r, g, b].map(v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((s, v, i) => s + v * [.2126, .7152, .0722][i], 0);
  const ground = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor);
    if (c.length === 3 || c[3] > .99) return c } return [255, 255, 255] };
  const bad = [];
  for (const e of document.querySelectorAll('.gradio-container *')) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()) || !e.offsetParent) continue;
    const s = getComputedStyle(e), f = lum(parse(s.color)), b = lum(ground(e));
    const ratio = (Math.max(f, b) + .05) / (Math.min(f, b) + .05);
    const large = parseFloat(s.fontSize) >= 24 || (parseFloat(s.fontSize) >= 18.6 && s.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5) && !e.closest('footer'))
      bad.push(`${e.className || e.tagName} ${ratio.toFixed(2)} ${e.textContent.slice(0, 30)}`);
  }
  return bad }"""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("task", TASKS.names())
def test_text_has_enough_contrast(open_page, theme, task):
    page = open_page(f"?task={task}&__theme={theme}")
    # a colour that is just changing is nobody's colour
    page.wait_for_function("() => !document.getAnimations().some(a => a.playState === 'running')")
    page.wait_for_timeout(300)
    assert page.evaluate(CONTRAST) == []


@pytest.mark.parametrize("width", [360, 768, 1024, 1400, 1920])
@pytest.mark.parametrize("path", ["", "?task=pseudocode-c&k=20"])
def test_nothing_sticks_out_at_any_width(open_page, width, path):
    page = open_page(path, width=width, height=780)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for control in ("#mg-task", QUERY, "#mg-random", "#mg-search", ".mg-verdict"):
        box = page.locator(control).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    assert page.locator(QUERY).bounding_box()["width"] >= min(300, width - 60)


def test_what_answers_comes_first_on_a_phone(open_page):
    page = open_page(width=360, height=780)
    order = page.evaluate(
        "() => [...document.querySelectorAll('.mg-lane')].sort((a, b) => a.getBoundingClientRect().x - b.getBoundingClientRect().x)"
        ".map(l => l.classList.contains('mg-lane-off'))"
    )
    assert order == sorted(order)


@pytest.mark.parametrize("width", [360, 1101, 1400])
@pytest.mark.parametrize("path", ["", "?task=pseudocode-c"])
def test_columns_stay_apart_and_no_wider_than_the_screen(open_page, width, path):
    page = open_page(path, width=width)
    boxes = page.evaluate(
        "() => [...document.querySelectorAll('.mg-lane:not(.mg-lane-off)')].map(l => l.getBoundingClientRect()).map(b => [b.x, b.width])"
    )
    for (x, wide), (following, _) in itertools.pairwise(boxes):
        assert x + wide < following
        assert 170 <= wide <= width
    assert max(wide for _, wide in boxes) - min(wide for _, wide in boxes) < 1


def test_by_keyboard_alone(open_page):
    page = open_page()
    page.keyboard.press("Tab")

    def focused():
        return page.evaluate(
            "() => { const e = document.activeElement; return [e.tagName, e.id, e.className, (e.textContent || '').slice(0, 30), e.closest('#mg-task') ? 'task' : '', e.dataset.example || ''].join('|') }"
        )

    stops = []
    for _ in range(40):
        stops.append(focused())
        page.keyboard.press("Tab")
    joined = "\n".join(stops)
    for part in ("TEXTAREA", "mg-random", "mg-search", "task", "mg-copy", "mg-card"):
        assert part in joined
    page.focus(QUERY)
    before = permalink(page)
    page.keyboard.press("Control+A")
    page.keyboard.type("Typed without a mouse")
    page.keyboard.press("Enter")
    changed(page, before)
    before = permalink(page)
    page.locator('[data-example="1"]').focus()
    page.keyboard.press("Enter")
    changed(page, before)
    before = permalink(page)
    page.locator("#mg-task input").first.focus()
    page.keyboard.press("ArrowRight")
    changed(page, before)
    assert "task=pseudocode-c" in permalink(page)


def test_reduced_motion_is_respected(open_page):
    page = open_page(reduced_motion="reduce")
    moving = page.evaluate(
        "() => [...document.querySelectorAll('*')].filter(e => { const s = getComputedStyle(e);"
        " return s.animationName !== 'none' && parseFloat(s.animationDuration) > 0 }).length"
    )
    assert moving == 0


def test_copy_link(open_page):
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.click(".mg-copy")
    page.wait_for_function("document.querySelector('.mg-copy').textContent === 'Copied'")
    assert page.evaluate("navigator.clipboard.readText()").endswith(permalink(page))


def test_about(open_page):
    page = open_page()
    page.get_by_role("tab", name="About").click()
    page.wait_for_selector(".mg-about", state="visible")
    text = page.inner_text(".mg-about")
    for part in ("arXiv 2410.23437", "all-MiniLM-L6-v2", "Apache-2.0", "CC0", "Limits", "as in the paper"):
        assert part in text


def test_only_what_works_is_a_tab(open_page):
    page = open_page()
    for tab in page.get_by_role("tab").all():
        tab.click()
        assert len(page.locator(".tabitem:visible").inner_text()) > 200


def test_the_name_of_a_model_leads_to_what_it_is(open_page):
    page = open_page("?q=" + quote("Where is my umbrella?"))
    lane(page, "codebert").locator("small a").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.activeElement.id === 'model-compact'")
    page.wait_for_function(
        "() => { const top = document.activeElement.getBoundingClientRect().top; return top >= 0 && top < innerHeight / 2 }"
    )
    page.evaluate("window.same = true")
    page.locator("#model-compact a[data-to]").press("Enter")
    page.wait_for_function("() => document.activeElement.id === 'model-codebert'")
    assert page.evaluate("window.same"), "within the tab nothing is loaded again"
    assert page.url.endswith("?tab=about&model=codebert")
    page.get_by_role("tab", name="Compare").click()
    page.get_by_role("tab", name="About").click()
    page.wait_for_selector(".mg-about", state="visible")
    assert "model=" not in page.url
