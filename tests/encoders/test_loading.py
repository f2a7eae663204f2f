"""Files that are there and are no model that works: one sentence, never a traceback, never random weights, never code."""

import json
import threading

import pytest
import torch
from safetensors.torch import load_file, save_file

from mindgap.encoders.loading import load_model
from mindgap.encoders.spec import Folder, ModelSpec, Pooling
from mindgap.encoders.transformer import load_encoder
from mindgap.errors import Unavailable
from mindgap.workspace import Workspace
from tests.tiny_model import write_tiny_model


def spec_of(folder, **changed):
    return ModelSpec("tiny", "tiny model", Folder(str(folder)), **changed)


@pytest.fixture
def tiny(tmp_path):
    return write_tiny_model(tmp_path / "tiny")


def refused(folder, **changed):
    with pytest.raises(Unavailable) as caught:
        load_encoder(spec_of(folder, **changed), "cpu")
    sentence = str(caught.value)
    assert sentence.startswith("tiny model is on this machine but cannot be loaded (")
    assert "\n" not in sentence
    assert len(sentence) < 300
    return sentence


def change(folder, name, **values):
    path = folder / name
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | values), "utf-8")


def test_a_sound_folder_loads(tiny):
    assert load_encoder(spec_of(tiny), "cpu").encode(["word1 word2"]).shape == (1, 32)


def test_code_of_a_folder_is_never_run_nor_asked_for(tiny, tmp_path, monkeypatch):
    (tiny / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()\nclass C: pass\nclass M: pass\n")
    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("a person was asked"))
    change(tiny, "config.json", model_type="unheard-of", auto_map={"AutoConfig": "own.C", "AutoModel": "own.M"})
    refused(tiny)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("damage", ["not json", "{}", '{"model_type": "bert", "hidden_size": 7}'])
def test_a_strange_configuration(tiny, damage):
    (tiny / "config.json").write_text(damage)
    refused(tiny)


def test_weights_that_are_left_out_are_not_made_up(tiny):
    weights = load_file(tiny / "model.safetensors")
    name = next(name for name in weights if "attention" in name)
    save_file(
        {key: value for key, value in weights.items() if key != name}, tiny / "model.safetensors", {"format": "pt"}
    )
    assert "are not those of its configuration" in refused(tiny)


def test_a_pooler_may_be_missing_where_nobody_looks_at_it(tiny):
    weights = load_file(tiny / "model.safetensors")
    save_file({k: v for k, v in weights.items() if "pooler" not in k}, tiny / "model.safetensors", {"format": "pt"})
    load_encoder(spec_of(tiny), "cpu")
    assert "pooler" in refused(tiny, pooling=Pooling.POOLER)


def test_weights_of_another_shape(tiny):
    change(tiny, "config.json", intermediate_size=48)
    refused(tiny)


def test_a_file_that_is_no_safetensors(tiny):
    (tiny / "model.safetensors").write_bytes(b"<html>log in</html>")
    refused(tiny)


def test_a_tokenizer_of_another_model(tiny):
    change(tiny, "config.json", vocab_size=4)
    weights = load_file(tiny / "model.safetensors")
    name = next(name for name in weights if "word_embeddings" in name)
    save_file(weights | {name: weights[name][:4].clone()}, tiny / "model.safetensors", {"format": "pt"})
    refused(tiny)


def test_weights_that_are_no_numbers(tiny):
    weights = load_file(tiny / "model.safetensors")
    save_file(
        {k: torch.full_like(v, torch.nan) for k, v in weights.items()}, tiny / "model.safetensors", {"format": "pt"}
    )
    assert "no finite numbers" in refused(tiny)


def test_a_model_that_cannot_be_loaded_does_not_take_the_others_with_it(tiny, models, monkeypatch):
    (tiny / "config.json").write_text("{}")
    monkeypatch.setattr("mindgap.encoders.transformer.locate", lambda spec: tiny)
    from mindgap.models import Models

    found = Workspace("offline", Models()).compare("cat", "english-french", 2, ["bm25", "codebert"])
    assert len(found.retrievers[0].hits) == 2
    assert "cannot be loaded" in found.retrievers[1].unavailable


def test_models_that_load_at_the_same_time_leave_torch_as_it_was(tiny):
    spec = spec_of(tiny)
    threads = [threading.Thread(target=load_model, args=(spec, tiny, torch.float16)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert torch.get_default_dtype() is torch.float32
