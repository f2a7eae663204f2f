import json
import shutil

import pytest
import torch

from mindgap.encoders.locate import files_fingerprint, locate
from mindgap.encoders.spec import Folder, ModelSpec
from mindgap.errors import Failure, Unavailable
from mindgap.pretraining import cards, output
from mindgap.pretraining.config import DprConfig
from mindgap.pretraining.output import round_half, write_encoder, write_tower
from mindgap.pretraining.state import Curve
from mindgap.pretraining.towers import Towers


def spec(folder):
    return ModelSpec("x", "X", Folder(str(folder), missing_cure="make it again."))


@pytest.fixture
def encoder(tiny_encoder, tmp_path):
    return shutil.copytree(tiny_encoder, tmp_path / "compact")


@pytest.fixture
def tower(encoder, tmp_path):
    from transformers import AutoModel, AutoTokenizer

    towers = Towers(AutoModel.from_pretrained(str(encoder), dtype=torch.float32), 1)
    with torch.no_grad():
        for name, weight in towers.question.named_parameters():
            if name in towers.trained_names():
                weight += 1
    round_half(towers)
    metrics = {"english-french": {"accuracy": 0.5, "queries": 2, "documents": 2}}
    point = {"step": 1, "loss": 1.0, "held_out_loss": 1.0}
    card = cards.tower_card(DprConfig(), Curve(1, [point], 1.0), "question", [], 0, "nothing", metrics)
    tokenizer = AutoTokenizer.from_pretrained(str(encoder))
    folder = tmp_path / "compact-dpr-question"
    write_tower(folder, towers.question, towers.trained_names(), encoder, tokenizer, card)
    return folder, towers.question


def test_plain_transformers_loads_a_tower_that_shares_the_encoders_weights(tower):
    from transformers import AutoModel

    folder, model = tower
    loaded = AutoModel.from_pretrained(str(folder), dtype=torch.float32).state_dict()
    assert loaded.keys() == model.state_dict().keys()
    for name, value in model.state_dict().items():
        torch.testing.assert_close(loaded[name], value, msg=name, atol=0, rtol=0)


def test_shared_weights_are_stored_once(tower, encoder):
    folder, _ = tower
    own = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    assert own < 0.6 * sum(path.stat().st_size for path in encoder.glob("*.safetensors"))
    assert files_fingerprint(folder) != files_fingerprint(encoder)


def test_every_shard_is_below_its_limit(encoder, tmp_path, monkeypatch):
    from transformers import AutoModel, AutoTokenizer

    monkeypatch.setattr(output, "SHARD_BYTES", 30_000)
    model = AutoModel.from_pretrained(str(encoder), dtype=torch.float32)
    card = json.loads((encoder / "training.json").read_text())
    write_encoder(tmp_path / "small", model, AutoTokenizer.from_pretrained(str(encoder)), card)
    shards = sorted((tmp_path / "small").glob("*.safetensors"))
    assert len(shards) > 2
    # the one tensor that no shard can split is the table of word vectors
    assert sum(path.stat().st_size > 32_000 for path in shards) == 1
    again = AutoModel.from_pretrained(str(tmp_path / "small"), dtype=torch.float32)
    assert all(torch.equal(value, again.state_dict()[name]) for name, value in model.state_dict().items())


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model-00001-of-00001.safetensors"])
def test_a_changed_file_is_refused(encoder, name):
    assert locate(spec(encoder)) == encoder
    content = (encoder / name).read_bytes()
    (encoder / name).write_bytes(content + b" ")
    with pytest.raises(Unavailable, match=f"{name}.*is not as it was written: make it again"):
        locate(spec(encoder))


def test_a_missing_shard_is_refused(encoder):
    (encoder / "model-00001-of-00001.safetensors").unlink()
    with pytest.raises(Unavailable, match=r"model-00001-of-00001\.safetensors is missing"):
        locate(spec(encoder))


def test_a_tower_whose_encoder_was_made_again_is_refused(tower, encoder):
    folder, _ = tower
    assert locate(spec(folder)) == folder
    shard = encoder / "model-00001-of-00001.safetensors"
    shard.write_bytes(shard.read_bytes() + b" ")
    with pytest.raises(Unavailable, match="not as it was written"):
        locate(spec(folder))


def test_nothing_is_overwritten(encoder):
    from transformers import AutoModel, AutoTokenizer

    model, tokenizer = AutoModel.from_pretrained(str(encoder)), AutoTokenizer.from_pretrained(str(encoder))
    with pytest.raises(FileExistsError):
        write_encoder(encoder, model, tokenizer, json.loads((encoder / "training.json").read_text()))


def test_weights_that_are_no_numbers_are_not_written(encoder):
    from transformers import AutoModel

    model = AutoModel.from_pretrained(str(encoder), dtype=torch.float32)
    with torch.no_grad():
        model.embeddings.word_embeddings.weight[3] = 1e9
    with pytest.raises(Failure, match=r"word_embeddings.*Lower learning_rate"):
        round_half(model)


def test_the_model_card_says_what_it_is(encoder, tower):
    text = (encoder / "README.md").read_text("utf-8")
    assert text.startswith("---\nlicense: apache-2.0\n")
    for part in ("stands in for CodeBERT", "python -m mindgap pretrain encoder", "## Loss", "## Limits", "0.000"):
        assert part in text
    assert "python -m mindgap pretrain dpr" in (tower[0] / "README.md").read_text("utf-8")
