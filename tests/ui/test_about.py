import json
import re
from types import SimpleNamespace

import pytest

from mindgap.encoders.locate import RECORD
from mindgap.presets import PRESETS
from mindgap.retrievers import RETRIEVERS
from mindgap.types import Comparison, Ranking
from mindgap.ui.comparison_view import ViewOptions, render_comparison
from mindgap.ui.loss_chart import loss_chart, nice_step
from mindgap.ui.model_view import entry_link, model_entries, read_training
from mindgap.ui.tabs.about import about_html

HOSTILE = '<img src=x onerror="hacked()"><script>hacked()</script>'
CURVE = [
    {"step": 0, "loss": 8.0, "held_out_loss": 8.0},
    {"step": 50, "loss": 5.0, "held_out_loss": 6.0},
    {"step": 100, "loss": 2.0, "held_out_loss": 4.0},
]


def record(**more):
    return {
        "kind": "encoder",
        "about": "An encoder of two layers.",
        "made": {"start": "random weights", "text": "12 texts", "training": "100 steps", "hardware": "2 cores, 1 minutes"},
        "commands": ["python -m mindgap pretrain encoder --output DIR"],
        "curve": CURVE,
        "measured": "Share of queries found first; see `checkpoints/<task>`.",
        "metrics": {"english-french": {"accuracy": 0.1234, "queries": 1000, "documents": 999}},
        "limits": ["- It knows little."],
    } | more  # fmt: skip


@pytest.fixture
def put(tmp_path, monkeypatch):
    """Writes the record of a model (a dict, or the text itself); afterwards About reads it."""
    monkeypatch.setenv("MINDGAP_CHECKPOINTS", str(tmp_path))

    def write(content, name="compact"):
        folder = tmp_path / "offline" / "encoders" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / RECORD).write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
        return folder

    return write


def entry(name):
    """The HTML of one entry of the tab."""
    found = re.search(rf'<section class="mg-model" id="model-{name}".*?</section>', about_html(), re.DOTALL)
    assert found, name
    return found[0]


def test_every_column_links_to_an_entry_that_is_there():
    ids = re.findall(r'id="model-([a-z0-9-]+)" data-model="([a-z0-9-]+)"', about_html())
    assert len(ids) == len(set(ids)) == len(model_entries())
    for preset in PRESETS:
        rankings = tuple(Ranking(s.name, s.label, s.model(preset), unavailable="not here") for s in RETRIEVERS)
        html = render_comparison(
            Comparison("english-french", "q", preset.name, rankings, 1000), ViewOptions(), "offline"
        )
        names = re.findall(r'<small><a href="\?tab=about&amp;model=([^"]+)" title="[^"]+">[^<]+</a></small>', html)
        assert len(names) == len(RETRIEVERS)
        assert {(name, name) for name in names} <= set(ids)


@pytest.mark.parametrize(
    ("preset", "retriever", "name"),
    [
        ("offline", "bm25", "bm25"),
        ("offline", "dpr", "compact-dpr-question"),
        ("offline", "codebert", "compact"),
        ("offline", "projection", "compact"),
        ("offline", "hybrid", "minilm"),
        ("paper", "codebert", "codebert"),
        ("paper", "dpr", "dpr-question"),
        ("paper", "projection-st", "mpnet"),
    ],
)
def test_a_column_links_to_its_own_model(preset, retriever, name):
    assert entry_link(preset, retriever) == f"?tab=about&model={name}"


def test_each_model_has_its_name_licence_source_and_presence(own_folders):
    assert "Okapi BM25" in entry("bm25")
    assert "BM25Okapi" in entry("bm25")
    assert "offline and paper presets · Apache-2.0 · here" in entry("bm25")
    assert "offline preset · Apache-2.0 · not here" in entry("compact")
    assert "<code>python -m mindgap pretrain encoder</code>" in entry("compact")
    assert "paper preset · MIT" in entry("codebert")
    assert 'href="https://huggingface.co/microsoft/codebert-base"' in entry("codebert")
    assert "CC-BY-NC-4.0" in entry("dpr-question")
    assert "dpr-ctx_encoder-single-nq-base" in entry("dpr-question")


def test_a_stand_in_is_named_as_what_it_is_beside_the_published_model():
    heading = re.search(r"<h3[^>]*>(.*?)</h3>", entry("compact"))[1]
    assert heading == "compact encoder (stands in for CodeBERT)"
    stands_in = 'It stands in for <a href="?tab=about&amp;model={0}" data-to="{0}">{1}</a> and is not that model.'
    assert stands_in.format("codebert", "microsoft/codebert-base") in entry("compact")
    assert stands_in.format("dpr-question", "facebook/dpr single-nq-base") in entry("compact-dpr-question")
    for published in ("minilm", "codebert", "mpnet", "dpr-question", "bm25"):
        assert "stands in for" not in entry(published)


def test_a_compact_model_says_what_it_was_made_of(put):
    put(record())
    html = entry("compact")
    for what, value in record()["made"].items():
        assert f"<dt>{what}</dt><dd>{value}</dd>" in html
    assert "<td>English → French</td><td>12.3 %</td><td>1,000</td><td>999</td>" in html
    assert "<th>found first</th>" in html
    assert "<code>checkpoints/&lt;task&gt;</code>" in html
    assert "<li>It knows little.</li>" in html
    assert "<pre>python -m mindgap pretrain encoder --output DIR</pre>" in html
    assert "An encoder of two layers." in html
    assert "<dl>" not in entry("compact-dpr-question")


def test_the_loss_curve_is_drawn_with_its_axes_and_without_a_script(put):
    put(record())
    svg = re.search(r"<svg.*?</svg>", entry("compact"), re.DOTALL)[0]
    assert "Loss over 100 steps: training from 8.00 to 2.00, held-out text from 8.00 to 4.00." in svg, (
        "what one who does not see it is told"
    )
    assert ">step</text>" in svg
    assert ">loss</text>" in svg
    assert svg.count('class="way training"') == svg.count('class="way held-out"') == 2, "each line, and its key"
    assert "<script" not in svg
    assert not re.search(r"(fill|stroke)=|style=", svg), "colours are those of the style sheet, light or dark"


def test_the_towers_show_the_training_of_whichever_has_a_record(put):
    put(record(made={"pairs": "English only"}), "compact-dpr-context")
    assert "<dd>English only</dd>" in entry("compact-dpr-question")
    assert "<dl>" not in entry("compact")


def test_the_cards_that_a_training_writes_can_be_read(put):
    from mindgap.pretraining.cards import encoder_card, tower_card
    from mindgap.pretraining.config import DprConfig, EncoderConfig
    from mindgap.pretraining.state import Curve

    metrics = {"pseudocode-c": {"accuracy": 0.25, "queries": 250, "documents": 250}}
    curve = Curve(100, CURVE, 60.0)
    weights = SimpleNamespace(parameters=lambda: [SimpleNamespace(numel=lambda: 5_400_000)])
    made = SimpleNamespace(model=SimpleNamespace(distilbert=weights), tokenizer=range(500), tokens=9000, curve=curve)
    put(encoder_card(EncoderConfig(), made, 12, 0, "2 cores", metrics))
    put(tower_card(DprConfig(), curve, "question", [], 0, "2 cores", metrics), "compact-dpr-question")
    for name, more in (("compact", "start text training hardware"), ("compact-dpr-question", "pairs negatives")):
        html = entry(name)
        for what in more.split():
            assert f"<dt>{what}</dt>" in html
        assert "25.0 %" in html
        assert "Loss over 100 steps" in html


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "null",
        "[]",
        "[" * 100_000,
        json.dumps({"made": {}}),
        json.dumps(record(made=["a"])),
        json.dumps(record(metrics={"english-french": {"accuracy": None, "queries": 1, "documents": 1}})),
        json.dumps(record(metrics={"english-french": {"accuracy": float("nan"), "queries": 1, "documents": 1}})),
        json.dumps(record(metrics={"english-french": {"accuracy": 0.5, "queries": float("inf"), "documents": 1}})),
        json.dumps(record(limits="one line")),
        json.dumps(record(curve=[{"step": 1}])),
        json.dumps(record(curve=[{"step": 1, "loss": float("inf"), "held_out_loss": 1}] * 2)),
        json.dumps(record(curve=3)),
        json.dumps(record(about="half a character \ud800")),
    ],
)
def test_a_damaged_record_leaves_the_rest_of_the_tab(put, content):
    assert read_training(put(content)) is None
    html = entry("compact")
    assert "compact encoder (stands in for CodeBERT)" in html
    assert "<dl>" not in html
    about_html().encode("utf-8")


def test_no_record_is_no_training(tmp_path):
    assert read_training(tmp_path) is None
    (tmp_path / RECORD).write_bytes(b"\xff\xfe\x00")
    assert read_training(tmp_path) is None


def test_whatever_a_record_says_is_text(put):
    put(
        record(
            about=HOSTILE,
            made={HOSTILE: HOSTILE},
            measured=HOSTILE,
            limits=[HOSTILE],
            commands=[HOSTILE],
            metrics={HOSTILE: {"accuracy": 0.5, "queries": 1, "documents": 1}},
        )
    )
    html = about_html()
    assert "<img" not in html
    assert "<script" not in html
    assert html.count("&lt;img src=x") == 7


def test_a_curve_is_placed_by_its_numbers():
    chart = loss_chart(CURVE)
    training, held_out = chart["lines"]
    # 0 to 100 steps over 38 to 348; losses of 2 to 8 over 170 up to 26
    assert training["path"] == "M38.0 26.0L193.0 98.0L348.0 170.0"
    assert held_out["path"] == "M38.0 26.0L193.0 74.0L348.0 122.0"
    assert chart["x_ticks"] == [(38.0, "0"), (100.0, "20"), (162.0, "40"), (224.0, "60"), (286.0, "80"), (348.0, "100")]
    assert [text for _, text in chart["y_ticks"]] == ["2", "4", "6", "8"]


def test_short_and_flat_curves():
    assert loss_chart([]) is None
    assert loss_chart(CURVE[:1]) is None
    flat = loss_chart([{"step": step, "loss": 3.0, "held_out_loss": 3.0} for step in (0, 0)])
    assert [line["path"] for line in flat["lines"]] == ["M38.0 170.0L38.0 170.0"] * 2


@pytest.mark.parametrize(
    ("span", "step"), [(5, 1), (5.1, 2), (10, 2), (24, 5), (26, 10), (0.3, 0.1), (2300, 500), (1e-3, 2e-4)]
)
def test_ticks_stand_at_round_numbers(span, step):
    assert nice_step(span) == pytest.approx(step)
