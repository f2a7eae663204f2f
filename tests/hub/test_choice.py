"""Which files of a repository a model needs."""

import pytest

from mindgap.errors import Unavailable
from mindgap.hub.choice import model_files

SMALL = ["config.json", "vocab.txt"]


@pytest.mark.parametrize(
    ("weights", "chosen"),
    [
        (["model.safetensors", "pytorch_model.bin"], ["model.safetensors"]),
        (["pytorch_model.bin", "training_args.bin", "tf_model.h5", "flax_model.msgpack"], ["pytorch_model.bin"]),
        (
            ["model.safetensors.index.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"],
            ["model.safetensors.index.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"],
        ),
        (
            ["pytorch_model.bin.index.json", "pytorch_model-00001-of-00001.bin", "optimizer.bin"],
            ["pytorch_model.bin.index.json", "pytorch_model-00001-of-00001.bin"],
        ),
    ],
)
def test_safetensors_first_and_only_the_weights_themselves(weights, chosen):
    assert model_files([*weights, *SMALL], "x") == chosen + SMALL


def test_no_code_and_no_other_format_ever():
    unwanted = (
        "modeling.py onnx/model.onnx openvino/model.xml rust_model.ot README.md .gitattributes x/config.json".split()
    )
    needed = ["model.safetensors", "modules.json", "1_Pooling/config.json", *SMALL]
    assert sorted(model_files(unwanted + needed, "x")) == sorted(needed)


@pytest.mark.parametrize(
    ("there", "message"),
    [
        (SMALL, "owner/x has no weights as safetensors or pytorch_model.bin"),
        (["model.safetensors", "vocab.txt"], "no config.json"),
        (["model.safetensors", "config.json"], "no vocabulary"),
        ([*SMALL, "adapter_model.safetensors"], "no weights"),
    ],
)
def test_what_cannot_be_loaded_is_refused_before_it_is_fetched(there, message):
    with pytest.raises(Unavailable, match=message):
        model_files(there, "owner/x")
