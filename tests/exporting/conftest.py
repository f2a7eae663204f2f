import pytest
import torch
import transformers

from tests.exporting.tiny import tiny_sizes, write_tiny


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory):
    """The folder of a tiny BERT with random weights."""
    torch.manual_seed(0)
    model = transformers.BertModel(transformers.BertConfig(**tiny_sizes()))
    return write_tiny(tmp_path_factory.mktemp("encoders") / "tiny-bert", model)
