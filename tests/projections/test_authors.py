"""The authors' state dict, taken apart and checked."""

from pathlib import Path

import pytest
import torch

from mindgap.errors import CallerError
from mindgap.projections.authors import authors_file, read_authors
from tests.authors_checkpoint import HIDDEN, WIDTH, write_authors


class Thing:
    """What a pickle would run when it is loaded."""

    def __init__(self, made):
        self.made = made

    def __reduce__(self):
        return Path.touch, (self.made,)


@pytest.fixture
def folder(tmp_path):
    write_authors(tmp_path / "theirs")
    return tmp_path / "theirs"


def changed(folder, change):
    file = folder / "pytorch_model.bin"
    state = torch.load(file, weights_only=True)
    change(state)
    torch.save(state, file)
    return file


def test_the_parts_and_dimensions_are_read_off_the_weights(folder):
    model = read_authors(folder / "pytorch_model.bin")
    expected = torch.load(folder / "pytorch_model.bin", weights_only=True)
    assert set(model.projection) == {"0.weight", "0.bias", "2.weight", "2.bias", "4.weight", "4.bias"}
    torch.testing.assert_close(model.projection["4.bias"], expected["projection.4.bias"])
    key = "encoder.layer.1.output.dense.weight"
    torch.testing.assert_close(model.encoder[key], expected[f"c_code_encoder.{key}"])
    wanted = {"hidden_size": WIDTH, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    assert wanted.items() <= model.config.items()
    assert model.config["max_position_embeddings"] == 66
    assert model.projection["0.weight"].shape == (HIDDEN, WIDTH)


def test_heads_are_roberta_bases_where_the_config_says_nothing(folder):
    (folder / "config.json").unlink()
    assert read_authors(folder / "pytorch_model.bin").config["num_attention_heads"] == 1


def test_a_file_a_folder_and_what_is_neither(folder, tmp_path):
    assert authors_file(folder) == authors_file(folder / "pytorch_model.bin") == folder / "pytorch_model.bin"
    assert authors_file(folder / "config.json") is None
    assert authors_file(tmp_path) is None
    assert authors_file(tmp_path / "missing") is None
    (folder / "card.json").write_text("{}")
    assert authors_file(folder) is None


def test_prefixes_of_parallel_training_and_old_buffers_are_no_hindrance(folder):
    def change(state):
        state["c_code_encoder.embeddings.position_ids"] = torch.arange(66)[None]
        for name in list(state):
            state[f"module.{name}"] = state.pop(name)

    model = read_authors(changed(folder, change))
    assert "embeddings.position_ids" not in model.encoder


def test_an_old_file_format_and_a_wrapped_state_are_read(folder):
    file = folder / "pytorch_model.bin"
    state = torch.load(file, weights_only=True)
    torch.save({"state_dict": state, "epoch": 5}, file, _use_new_zipfile_serialization=False)
    assert read_authors(file).config["hidden_size"] == WIDTH


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda s: s.pop("projection.2.bias"), r"lacks projection\.2\.bias of the authors' projection"),
        (
            lambda s: s.pop("c_code_encoder.embeddings.word_embeddings.weight"),
            r"lacks c_code_encoder\.embeddings\.word_embeddings\.weight",
        ),
        (
            lambda s: s.update({"projection.2.weight": torch.zeros(HIDDEN, 5)}),
            r"do not follow on one another .24x16, 24x5, 16x24",
        ),
        (lambda s: s.update({"projection.0.bias": torch.zeros(3)}), "do not follow on one another"),
        (lambda s: s.update({"projection.0.weight": torch.zeros(3)}), "do not follow on one another"),
        (
            lambda s: s.update({"projection.4.weight": torch.zeros(8, HIDDEN), "projection.4.bias": torch.zeros(8)}),
            "maps 16 numbers to 8, its encoder gives 16",
        ),
        (
            lambda s: s.update({"c_code_encoder.embeddings.word_embeddings.weight": torch.zeros(5)}),
            "embeddings of c_code_encoder.* are no matrices",
        ),
        (lambda s: (s.clear(), s.update(weight=torch.zeros(2))), "has no keys c_code_encoder.* but weight"),
        (lambda s: s.update(epoch=3), "is not a state dict"),
    ],
)
def test_what_is_missing_or_does_not_fit_is_one_sentence(folder, change, sentence):
    with pytest.raises(CallerError, match=sentence):
        read_authors(changed(folder, change))


def test_objects_are_refused_and_never_made(folder, tmp_path):
    torch.save({"c_code_encoder.x": torch.zeros(1), "thing": Thing(tmp_path / "made")}, folder / "pytorch_model.bin")
    with pytest.raises(CallerError, match=r"pickled objects beside tensors.*not loaded"):
        read_authors(folder / "pytorch_model.bin")
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("content", [b"", b"no weights at all", b"PK broken"])
def test_other_files_are_refused(folder, content):
    (folder / "pytorch_model.bin").write_bytes(content)
    with pytest.raises(CallerError, match="is not a file of weights"):
        read_authors(folder / "pytorch_model.bin")


def test_a_truncated_file_is_refused(folder):
    file = folder / "pytorch_model.bin"
    file.write_bytes(file.read_bytes()[:-500])
    with pytest.raises(CallerError, match="is not a file of weights"):
        read_authors(file)


def test_a_list_is_no_state_dict(folder):
    torch.save([torch.zeros(1)], folder / "pytorch_model.bin")
    with pytest.raises(CallerError, match="is not a state dict, names and tensors: it holds list"):
        read_authors(folder / "pytorch_model.bin")
