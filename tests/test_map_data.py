import json
import subprocess
import sys

import numpy as np
import pytest

from mindgap import paths
from mindgap.errors import CallerError, Unavailable
from mindgap.evaluation.measures import MEASURES
from mindgap.evaluator import EvaluationRequest, evaluate
from mindgap.map_data import MapChoice, Maps
from mindgap.retrievers import RETRIEVERS
from mindgap.tasks import TASKS
from mindgap.visualization.layouts import LAYOUTS

TASK = "pseudocode-c"


def choice(method="residual", kind="umap", **change):
    return MapChoice(
        **({"preset": "offline", "task": TASK, "retriever": "projection-st", "method": method, "kind": kind} | change)
    )


@pytest.fixture(scope="module")
def maps(models):
    return Maps(models)


@pytest.fixture(scope="module")
def data(maps):
    return json.loads(maps.file(choice()).read_text("utf-8"))


def test_every_shipped_projection_has_every_layout_and_the_default_comes_first(maps):
    for task in TASKS.names():
        found = maps.choices("offline", task)
        assert {method for _, method, _ in found} >= {"n-pairs", "residual", "cca", "centred", "ridge"}
        assert found[0][1] == "residual"
        assert all(RETRIEVERS.get(name).embeds for name, _, _ in found)
        for name, method, _ in found:
            for kind in LAYOUTS.names():
                assert maps.file(choice(method, kind, task=task, retriever=name)).is_file()


def test_points_texts_and_ranks_belong_together(data, models):
    task = TASKS.get(TASK)
    pairs = task.pairs("test")
    assert data["queries"] == [pair.query for pair in pairs]
    assert [data["documents"][g] for g in data["gold"]] == [pair.document for pair in pairs]
    for name in ("before", "after"):
        assert np.array(data[name]["q"]).shape == (len(pairs), 2)
        assert np.array(data[name]["d"]).shape == (len(task.gallery), 2)
    results = evaluate(
        models, "offline", EvaluationRequest(TASK, retrievers=["sentence-transformer", "projection-st"])
    )["results"]
    for name, row in zip(("before", "after"), results, strict=True):
        assert np.mean(np.array(data[name]["ranks"]) == 1) == pytest.approx(row["accuracy"])
        assert data["gap"][name]["accuracy"] == pytest.approx(row["accuracy"])
        first = [near[0] for near in data[name]["nearest_documents"]]
        assert np.mean(np.array(first) == np.array(data["gold"])) == pytest.approx(row["accuracy"])


def test_every_measure_comes_with_its_numbers_and_its_words(data):
    assert list(data["gap"]["before"]) == list(data["gap"]["after"]) == list(MEASURES)
    assert [about["name"] for about in data["measures"]] == list(MEASURES)
    for about in data["measures"]:
        assert about == {"name": about["name"]} | vars(MEASURES[about["name"]])


def test_layouts_of_one_projection_share_its_gap(models, monkeypatch):
    asked = []
    monkeypatch.setattr("mindgap.map_data.gap_report", lambda *a: asked.append(a) or {"before": {}, "after": {}})
    maps = Maps(models)
    for kind in LAYOUTS.names():
        maps.file(choice(kind=kind))
    assert len(asked) == 1
    maps.file(choice("n-pairs"))
    assert len(asked) == 2


def test_documents_stay_where_the_document_map_is_the_identity_and_move_where_it_is_not(maps, data):
    paper = json.loads(maps.file(choice("n-pairs")).read_text("utf-8"))
    assert paper["before"]["d"] == paper["after"]["d"]
    assert paper["before"]["q"] != paper["after"]["q"]
    # the default starts from CCA, which maps both sides
    assert data["before"]["d"] != data["after"]["d"]


def test_movers_and_lost_are_the_largest(data):
    gains = np.array(data["before"]["ranks"]) - np.array(data["after"]["ranks"])
    assert gains[data["movers"][0]] == gains.max()
    assert data["after"]["ranks"][data["lost"][0]] == max(data["after"]["ranks"])


def test_the_file_is_made_once_and_named_by_its_contents(maps):
    assert maps.file(choice()) == maps.file(choice())
    assert maps.file(choice()).parent == paths.cache() / "maps"


def test_a_known_query_lands_on_its_own_point(maps, data):
    found = maps.locate_query(choice(), f" {data['queries'][9]}\n")
    assert found["known"] == 9
    for name in ("before", "after"):
        assert np.linalg.norm(np.subtract(found[name]["at"], data[name]["q"][9])) < 0.02
        assert found[name]["top"] == data[name]["nearest_documents"][9]


def test_a_new_query_is_small_finite_and_inside_the_map(maps):
    found = maps.locate_query(choice(), "Sort the words of a sentence by length. \x00")
    assert len(json.dumps(found, allow_nan=False)) < 30_000
    assert found["known"] is None
    assert found["notes"] == ["1 control character left out of the query."]
    assert all(-0.1 <= v <= 1.1 for name in ("before", "after") for v in found[name]["at"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"task": "pseudocod-c"}, "Did you mean 'pseudocode-c'"),
        ({"kind": "umpa"}, "Did you mean 'umap'"),
        ({"retriever": "bm25"}, "no projection to show"),
        ({"retriever": "hybrid"}, "hybrid has no projection to show .* Choose one of: projection, projection-st"),
        ({"preset": "papper"}, "Did you mean 'paper'"),
    ],
)
def test_unknown_names_are_refused(maps, change, message):
    with pytest.raises(CallerError, match=message):
        maps.file(choice(**change))


def test_a_projection_without_a_map_says_how_to_make_it(maps):
    with pytest.raises(Unavailable, match="train"):
        maps.file(choice("procrustes"))


def test_serving_imports_neither_umap_nor_numba():
    code = (
        "import sys; from mindgap.workspace import Workspace; from mindgap.ui.page import build_page;"
        "from mindgap.map_data import Maps, MapChoice; w = Workspace('offline'); build_page(w);"
        "Maps(w.models).locate_query(MapChoice('offline', 'pseudocode-c', 'projection-st', 'residual', 'umap'), 'sort');"
        "print([m for m in ('umap', 'numba', 'pynndescent') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=paths.ROOT, capture_output=True, text=True, timeout=300)
    assert done.stdout.strip().endswith("[]"), done.stderr[-800:]
