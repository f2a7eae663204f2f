"""What the tab Measure shows of measurements made ahead, and the gap, without a browser."""

import json
import re
from itertools import pairwise

import numpy as np
import pytest
from markupsafe import escape

from mindgap.builders.measurements import COMMAND, rounded
from mindgap.efficiency_report import efficiency_curve
from mindgap.evaluation.measures import MEASURES
from mindgap.method_report import MethodData, method_table
from mindgap.projections import METHODS
from mindgap.tasks import TASKS
from mindgap.training.pairs import EmbeddedPairs
from mindgap.ui import efficiency_view, measurements_view
from mindgap.ui.efficiency_view import NARROW, WIDE, chart, efficiency_values, sentences, spread
from mindgap.ui.measurements_view import (
    axis,
    p_text,
    render_efficiency,
    render_gap,
    render_methods,
    render_similarity,
    whisker,
)
from tests.ui import measurement_files
from tests.ui.conftest import ATTACK

TASK = "english-french"
RENDER = {
    "methods": lambda: render_methods(TASK, "query"),
    "efficiency": lambda: render_efficiency(TASK),
    "similarity": lambda: render_similarity(TASK),
}


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """A folder of measurement files that the views read."""
    monkeypatch.setattr(measurements_view, "measurement_path", measurement_files.write(tmp_path))
    return tmp_path


def text_of(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def hostile(value):
    """Every text of a structure replaced by an attack."""
    if isinstance(value, dict):
        return {key: hostile(item) for key, item in value.items()}
    if isinstance(value, list):
        return [hostile(item) for item in value]
    return ATTACK if isinstance(value, str) else value


@pytest.mark.parametrize("kind", RENDER)
def test_a_missing_file_is_a_sentence_with_the_command(kind, monkeypatch, tmp_path):
    monkeypatch.setattr(measurements_view, "measurement_path", lambda kind, task: tmp_path / f"{kind}.json")
    html = RENDER[kind]()
    assert "not there yet" in html
    assert f"<code>{COMMAND}</code>" in html


@pytest.mark.parametrize("kind", RENDER)
@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"{}", b"\xff\xfe", b'{"made_by": "", "machine": "", "rows": []}',
     b'{"made_by": "", "machine": "", "rows": [{"points": []}]}', b'{"made_by": "", "machine": "", "rows": 3}'],
)  # fmt: skip
def test_an_unreadable_file_is_a_sentence_with_the_command(kind, content, folder):
    (folder / f"{kind}-{TASK}.json").write_bytes(content)
    html = RENDER[kind]()
    assert f"The file {kind}-{TASK}.json cannot be read" in html
    assert f"<code>{COMMAND}</code>" in html


@pytest.mark.parametrize("kind", RENDER)
def test_a_figure_of_the_wrong_kind_is_a_sentence(kind, folder):
    path = folder / f"{kind}-{TASK}.json"
    found = json.loads(path.read_text("utf-8"))
    text = json.dumps(found["rows"]).replace("0.904", '"a lot"').replace("0.652", '"a lot"')
    path.write_text(json.dumps(found | {"rows": json.loads(text)}))
    assert "cannot be read" in RENDER[kind]()


@pytest.mark.parametrize("kind", RENDER)
def test_nothing_in_a_file_is_markup_and_its_origin_is_told(kind, folder):
    assert f"Measured when this release was made, by <code>{COMMAND}</code>, on 16 cores, x86_64." in RENDER[kind]()
    path = folder / f"{kind}-{TASK}.json"
    path.write_text(json.dumps(hostile(json.loads(path.read_text("utf-8")))), "utf-8")
    html = RENDER[kind]()
    assert "<img" not in html
    assert "<script" not in html
    assert str(escape("<script>window.hacked=2</script>")) in html


def method_rows(html):
    return re.findall(r"<tr.*?</tr>", html.split("<tbody>")[1], re.DOTALL)


def test_every_method_stands_in_the_order_of_the_registry_with_its_badges(folder):
    rows = method_rows(render_methods(TASK, "query"))
    assert [str(escape(method.label)) in row for method, row in zip(METHODS, rows, strict=True)] == [True] * len(
        METHODS
    )
    by_name = dict(zip(METHODS.names(), rows, strict=True))
    assert 'class="mg-badge best">best' in by_name["residual"]
    assert 'class="mg-badge default">default' in by_name["residual"]
    assert "the paper&#39;s</span>" in by_name["n-pairs"]
    assert sum("mg-badge best" in row for row in rows) == 1
    assert "mg-badge" not in by_name["ridge"]


def test_the_figures_of_a_method_in_both_query_forms(folder):
    for field, accuracy, interval in (("query", "80.1 %", "78.1 to 81.9"), ("question", "70.1 %", "68.1 to 71.9")):
        text = text_of(method_rows(render_methods(TASK, field))[METHODS.names().index("n-pairs")])
        assert f"{accuracy} {interval}" in text
    for shown in ("0.831", "0.841", "88.1 %", "81.1 %", "75.1 %", "12 s", "± 0.4"):
        assert shown in text_of(method_rows(render_methods(TASK, "query"))[METHODS.names().index("n-pairs")])
    raw = re.findall(r'data-label="(.*?)">(.*?)</td>', method_rows(render_methods(TASK, "query"))[0])
    assert dict(raw)["p vs raw"] == "–"
    assert dict(raw)["p vs paper"] == "&lt;0.001"
    assert dict(raw)["spread"] == "–"


def test_p_values_are_short():
    assert [p_text(p) for p in (None, 0.0001, 0.001, 0.0312, 1.0)] == ["–", "<0.001", "0.001", "0.031", "1.000"]


def test_the_axis_and_a_whisker_by_hand():
    on = axis([0.63, 0.7], [0.71, 0.92])
    assert (on["low"], on["high"]) == (0.6, 1.0)
    assert [tick["text"] for tick in on["ticks"]] == ["60 %", "70 %", "80 %", "90 %", "100 %"]
    assert [tick["at"] for tick in on["ticks"]] == pytest.approx([0, 25, 50, 75, 100])
    at = whisker(0.8, 0.7, 0.9, on)
    assert (at["at"], at["low"], at["high"]) == pytest.approx((50, 25, 75))
    assert (at["value"], at["interval"]) == ("80.0 %", "70.0 to 90.0")


@pytest.mark.parametrize("value", [0.0, 1.0, 0.5])
def test_an_axis_of_one_value_has_a_width(value):
    on = axis([value], [value])
    assert 0 <= on["low"] < on["high"] <= 1
    assert 0 <= whisker(value, value, value, on)["at"] <= 100


def test_similarity_measures_before_and_after_with_the_spread_of_learned_ones(folder):
    rows = method_rows(render_similarity(TASK))
    assert len(rows) == len(measurement_files.MEASURES)
    cosine, bilinear = text_of(rows[0]), text_of(rows[4])
    assert "without projection 65.2 % 63.2 to 67.0" in cosine
    assert "projected 90.4 % 88.4 to 92.2" in cosine
    assert "over seeds" not in cosine
    assert "learned" in bilinear
    assert "± 0.4 over seeds" in bilinear
    html = render_similarity(TASK)
    assert "up to 28.0 points apart" in html
    assert "+7.0 to +28.0 points" in html


def test_what_the_builders_write_is_what_the_views_read(folder, encoder):
    generator = np.random.default_rng(0)

    def pairs(count):
        vectors = generator.standard_normal((2, count, 6)).astype(np.float32)
        return EmbeddedPairs(*vectors, np.arange(count, dtype=np.int64), np.ones(count, dtype=np.int64))

    topics = tuple(f"t{i % 5}" for i in range(40))
    data = MethodData(
        TASK, encoder, pairs(40), pairs(10), {"query": pairs(10), "question": pairs(10)}, topics, *[topics[:10]] * 2
    )
    about = {"made_by": COMMAND, "machine": "2 cores"}
    for kind, found in (
        ("methods", method_table(data, ["identity", "procrustes"], (0,))),
        ("efficiency", efficiency_curve(data, ["identity", "procrustes"], (10, 20), (0, 1))),
    ):
        (folder / f"{kind}-{TASK}.json").write_text(json.dumps(rounded(about | found)), "utf-8")
        assert "orthogonal Procrustes" in RENDER[kind]()
        assert "cannot be read" not in RENDER[kind]()


def curve(method, *accuracies, sizes=(100, 1000, 10000)):
    points = [{"pairs": size, "accuracy": a, "low": a, "high": a} for size, a in zip(sizes, accuracies, strict=True)]
    return {"method": method, "label": f"the {method}", "points": points}


def test_the_sentences_about_few_pairs_by_hand():
    raw, paper, default = (
        curve("identity", 0.6, 0.6, 0.6),
        curve("n-pairs", 0.3, 0.7, 0.8),
        curve("residual", 0.7, 0.8, 0.9),
    )
    assert sentences([raw, paper, default]) == [
        "Accuracy with 100 pairs: 60.0 % for the encoder alone, 30.0 % for the paper's method, 70.0 % for the default, "
        "70.0 % for the best, “the residual”.",
        "The paper's method is above the encoder alone from 1,000 pairs on.",
        "The default is above the encoder alone with any number of pairs.",
    ]
    # above in the middle only is not above from there on
    assert sentences([raw, curve("n-pairs", 0.3, 0.7, 0.5)])[1].endswith("not even with all pairs.")
    assert len(sentences([curve("ridge", 0.1, 0.2, 0.3)])) == 1


def test_the_curve_by_hand():
    drawn = chart([curve("identity", 0.5, 0.5, 0.5), curve("ridge", 0.5, 0.6, 1.0)], WIDE)
    left, right = WIDE.left, WIDE.width - WIDE.right
    # a logarithmic axis: 1,000 lies in the middle of 100 and 10,000
    assert [x for x, _ in drawn["x_ticks"]] == [left, (left + right) / 2, right]
    assert [text for _, text in drawn["x_ticks"]] == ["100", "1,000", "all"]
    assert [text for _, text in drawn["y_ticks"]] == ["50 %", "60 %", "70 %", "80 %", "90 %", "100 %"]
    bottom = WIDE.height - WIDE.bottom
    ridge = next(one for one in drawn["series"] if one["kind"] == "closed")
    assert [p["y"] for p in ridge["points"]] == pytest.approx([bottom, bottom - 0.2 * (bottom - WIDE.top), WIDE.top])
    assert drawn["series"][-1]["kind"] == "raw"


def test_one_size_only_can_be_drawn():
    assert chart([curve("identity", 0.5, sizes=(100,))], NARROW)["x_ticks"] == [(NARROW.left, "100")]


def test_names_at_the_ends_never_overlap(folder):
    path = folder / f"efficiency-{TASK}.json"
    found = json.loads(path.read_text("utf-8"))
    for row in found["rows"]:
        for point in row["points"]:
            point |= {"accuracy": 0.9, "low": 0.9, "high": 0.9}
    drawn = efficiency_values(found, TASKS.get(TASK))["charts"][0]
    heights = sorted(one["name_y"] for one in drawn["series"])
    assert min(b - a for a, b in pairwise(heights)) >= efficiency_view.LABEL_GAP - 0.2
    assert heights[0] >= 0
    assert heights[-1] <= WIDE.height


def test_spreading_by_hand():
    assert spread([10, 50, 90], 20, 0, 100) == [10, 50, 90]
    assert spread([50, 50, 50], 20, 0, 100) == [50, 70, 90]
    assert spread([95, 90, 99], 20, 0, 100) == [80, 60, 100]
    assert spread([0, 0, 0], 60, 0, 100) == [0, 60, 120]
    assert spread([], 20, 0, 100) == []


def test_curves_of_different_sizes_are_refused():
    rows = [curve("identity", 0.5, sizes=(100,)), curve("ridge", 0.5, sizes=(200,))]
    with pytest.raises(ValueError, match="different numbers"):
        efficiency_values({"encoder": "e", "rows": rows}, TASKS.get(TASK))


def test_the_drawing_says_what_it_is_and_the_table_holds_its_numbers(folder):
    html = render_efficiency(TASK)
    assert html.count('role="img"') == 2
    for name in ("wide", "narrow"):
        assert f'aria-labelledby="mg-chart-{name}"' in html
        assert f'<title id="mg-chart-{name}">' in html
    found = json.loads((folder / f"efficiency-{TASK}.json").read_text("utf-8"))
    shown = re.findall(r"<td><b>(.*?)</b><small>(.*?)</small></td>", html)
    points = [point for row in found["rows"] for point in row["points"]]
    assert shown == [(f"{100 * p['accuracy']:.1f} %", f"{100 * p['low']:.1f} to {100 * p['high']:.1f}") for p in points]
    assert "requiring minimal resources for training and inference" in html


def gap(**after):
    before = dict.fromkeys(MEASURES, 0.5)
    return {"task": TASK, "retriever": "projection-st", "before": before, "after": before | after}


def test_the_gap_says_for_each_measure_whether_it_got_better():
    html = render_gap(
        gap(pair_cosine=0.7, random_cosine=0.7, centroid_distance=0.3, accuracy=0.4), "a projection", 2.04
    )
    rows = dict(zip(MEASURES, method_rows(html), strict=True))
    judged = {
        name: re.search(r'data-label="after" class="(.*?)"', row)[1] for name, row in rows.items() if "class" in row
    }
    assert {name: verdict for name, verdict in judged.items() if verdict} == {
        "pair_cosine": "better", "random_cosine": "worse", "centroid_distance": "better", "accuracy": "worse",
    }  # fmt: skip
    assert "by 2 of 10 measures" in html
    assert "in 2.0 s" in html
    for name, about in MEASURES.items():
        assert str(escape(about.sentence)) in rows[name]
        assert str(escape(about.source)) in rows[name]
    assert "40.0 %" in rows["accuracy"]
    assert "<img" not in render_gap(gap(), ATTACK, 1)
