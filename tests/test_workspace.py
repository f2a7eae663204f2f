import dataclasses
import random

import numpy as np
import pytest

from mindgap.encoders.store import EmbeddingStore
from mindgap.errors import CallerError
from mindgap.models import Models, resolve_model
from mindgap.presets import MINILM
from mindgap.retrievers import RETRIEVERS
from mindgap.tasks import TASKS
from mindgap.workspace import Workspace, check_top_k

AVAILABLE = ["bm25", "sentence-transformer", "projection-st", "hybrid"]


@pytest.fixture
def workspace(models):
    return Workspace("offline", models)


def test_every_retriever_answers_or_says_why_not(workspace):
    comparison = workspace.compare("The cat sleeps on the sofa.", "english-french")
    assert [r.name for r in comparison.retrievers] == RETRIEVERS.names()
    for ranking in comparison.retrievers:
        if ranking.unavailable:
            assert ranking.hits == ()
            assert (ranking.encode_ms, ranking.search_ms, ranking.gold_rank) == (None, None, None)
        else:
            assert [hit.rank for hit in ranking.hits] == [1, 2, 3, 4, 5]
            assert ranking.search_ms > 0
    assert {r.name for r in comparison.retrievers if not r.unavailable} >= set(AVAILABLE)


def test_a_known_query_has_its_gold_rank_and_others_have_none(workspace):
    pair = TASKS.get("english-french").pairs("test")[7]
    known = workspace.compare(f"  {pair.query}\n", "english-french", 20, AVAILABLE)
    for ranking in known.retrievers:
        place = next((hit.rank for hit in ranking.hits if hit.id == pair.id), None)
        assert ranking.gold_rank == place or (place is None and ranking.gold_rank > 20)
    unknown = workspace.compare(pair.query + " Indeed.", "english-french", 20, AVAILABLE)
    assert all(ranking.gold_rank is None for ranking in unknown.retrievers)


def test_gold_rank_agrees_with_the_whole_ranking(workspace):
    task = TASKS.get("pseudocode-c")
    pair = task.pairs("test")[3]
    comparison = workspace.compare(pair.description, task.name, len(task.gallery), AVAILABLE, most=len(task.gallery))
    for ranking in comparison.retrievers:
        assert next(hit.rank for hit in ranking.hits if hit.id == pair.id) == ranking.gold_rank


def test_one_query_is_encoded_once_however_many_retrievers_share_the_encoder(models, monkeypatch):
    encoder = models.encoder(MINILM)
    asked = []
    original = encoder.encode
    workspace = Workspace("offline", models)
    workspace.warm("english-french")
    monkeypatch.setattr(encoder, "encode", lambda texts, progress=None: asked.append(list(texts)) or original(texts))
    comparison = workspace.compare("Where is the station?", "english-french", 5, AVAILABLE)
    assert asked == [["Where is the station?"]]
    times = {r.name: r.encode_ms for r in comparison.retrievers}
    assert times["bm25"] is None
    assert times["projection-st"] >= times["sentence-transformer"] > 0
    assert times["hybrid"] >= times["sentence-transformer"]


def test_cut_off_tokens_and_cleaning_are_noted(workspace):
    comparison = workspace.compare("word " * 700 + "\x00", "english-french", 5, AVAILABLE)
    assert "1 control character left out of the query." in comparison.notes
    limit = workspace.models.encoder(MINILM).max_length
    assert f"all-MiniLM-L6-v2 read the first {limit} of the query's 702 tokens." in comparison.notes


@pytest.mark.parametrize("k", [0, -1, 10**9, 21, 2.5, "5", None, True, float("nan"), float("inf"), [5]])
def test_odd_numbers_of_results_are_refused(workspace, k):
    with pytest.raises(CallerError, match="from 1 to 20"):
        workspace.compare("cat", "english-french", k)


def test_whole_floats_are_whole_numbers():
    assert check_top_k(7.0, 20) == 7


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"task": "english-frensh"}, "Did you mean 'english-french'"),
        ({"retrievers": ["bm25", "drp"]}, "Did you mean 'dpr'"),
        ({"retrievers": "bm25"}, "must be a list"),
        ({"retrievers": [3]}, "must be a list"),
        ({"preset": "papper"}, "Did you mean 'paper'"),
        ({"method": "residul"}, "Did you mean 'residual'"),
        ({"query": " "}, "is empty"),
    ],
)
def test_unknown_names_are_refused_with_what_was_meant(workspace, change, message):
    with pytest.raises(CallerError, match=message):
        workspace.compare(**({"query": "cat", "task": "english-french"} | change))


def test_odd_text_is_answered_like_any_other(workspace):
    for text in ("👩‍💻🧵", "مرحبا بالعالم", "<script>alert(1)</script>", "\u202eabc", "{{7*7}} ${7*7}"):
        comparison = workspace.compare(text, "english-french", 3, AVAILABLE)
        assert comparison.query == text
        assert all(len(r.hits) == 3 for r in comparison.retrievers)


def test_the_environment_names_the_preset(monkeypatch, models):
    monkeypatch.setenv("MINDGAP_PRESET", "paper")
    assert Workspace(models=models).preset == "paper"
    monkeypatch.setenv("MINDGAP_PRESET", "nonsense")
    with pytest.raises(CallerError, match="no preset 'nonsense'"):
        Workspace(models=models)


def test_the_paper_preset_names_the_commands_for_what_is_missing(models, monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    comparison = Workspace("paper", models).compare("cat", "english-french")
    missing = {r.name: r.unavailable for r in comparison.retrievers}
    assert missing["bm25"] is None
    assert "`python -m mindgap download --preset paper`" in missing["codebert"]
    assert "all-mpnet-base-v2" in missing["sentence-transformer"]
    assert all("MiniLM" not in r.model for r in comparison.retrievers)


def test_random_pairs_come_from_the_test_split(workspace):
    ids = {pair.id for pair in TASKS.get("english-french").pairs("test")}
    drawn = {workspace.random_pair("english-french", random.Random(seed)).id for seed in range(30)}
    assert drawn <= ids
    assert len(drawn) > 10


def test_both_shipped_methods_answer_and_differ(workspace):
    query = TASKS.get("english-french").pairs("test")[0].query
    default, paper = (
        workspace.compare(query, "english-french", 5, ["projection-st"], method=m).retrievers[0]
        for m in (None, "n-pairs")
    )
    assert default.unavailable is None
    assert paper.unavailable is None
    assert [h.score for h in default.hits] != [h.score for h in paper.hits]


def test_embeddings_of_the_gallery_survive_the_process(tmp_path, monkeypatch):
    store = EmbeddingStore(tmp_path)
    first = Workspace("offline", Models(store)).compare("cat", "pseudocode-c", 5, ["sentence-transformer"])
    encoder = Models(store).encoder(MINILM)
    monkeypatch.setattr(
        type(encoder),
        "encode",
        lambda self, texts, progress=None: (
            pytest.fail("encoded again") if len(texts) > 1 else np.ones((1, 384), np.float32)
        ),
    )
    again = Workspace("offline", Models(store)).compare("cat", "pseudocode-c", 5, ["sentence-transformer"])
    assert len(first.retrievers[0].hits) == len(again.retrievers[0].hits) == 5


def test_encoders_by_name_folder_and_hub_id(tmp_path):
    assert resolve_model("minilm") is MINILM
    assert resolve_model("microsoft/codebert-base").name == "codebert"
    assert resolve_model("some/model").source.repository == "some/model"
    assert resolve_model(str(tmp_path)).source.path == str(tmp_path)
    with pytest.raises(CallerError, match="Did you mean 'minilm'"):
        resolve_model("minilmm")


def test_models_are_shared_and_loaded_once(models):
    from concurrent.futures import ThreadPoolExecutor

    fresh = Models()
    with ThreadPoolExecutor(8) as pool:
        encoders = list(pool.map(lambda _: fresh.encoder(MINILM), range(8)))
    assert len({id(encoder) for encoder in encoders}) == 1
    assert fresh.encoder(dataclasses.replace(MINILM)) is encoders[0]
