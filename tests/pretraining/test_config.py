import pytest

from mindgap.errors import CallerError
from mindgap.pretraining.config import CONFIGS, DprConfig, EncoderConfig, read_config


def test_the_shipped_settings_are_sound():
    for path in sorted(CONFIGS.glob("*.toml")):
        kind = DprConfig if path.stem.startswith("dpr") else EncoderConfig
        assert read_config(kind, path).name.startswith("compact")


def test_what_the_caller_names_goes_before_the_file(tmp_path):
    path = tmp_path / "x.toml"
    path.write_text("steps = 7\nlayers = 3\n")
    assert read_config(EncoderConfig, path).steps == 7
    changed = read_config(EncoderConfig, path, steps=9, layers=None)
    assert (changed.steps, changed.layers) == (9, 3)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("stepz = 7", "'stepz', which is no setting. Did you mean 'steps'"),
        ("steps = 'many'", "steps in .* must be a whole number, not 'many'"),
        ("steps = true", "must be a whole number"),
        ("steps = 1.5", "must be a whole number"),
        ("steps = 0", "steps must be above 0, not 0"),
        ("learning_rate = inf", "learning_rate must be above 0"),
        ("learning_rate = nan", "learning_rate must be above 0"),
        ("mask = 1.0", "mask must be at least 0 and below 1"),
        ("start = 'bert'", "start must be one of scratch, minilm, not 'bert'"),
        ("width = 100\nheads = 7", "multiple of heads"),
        ("generated = 3", "must be a table"),
        ("steps 7", "cannot be read"),
    ],
)
def test_settings_that_cannot_be_are_one_sentence(tmp_path, content, sentence):
    path = tmp_path / "x.toml"
    path.write_text(content)
    with pytest.raises(CallerError, match=sentence):
        read_config(EncoderConfig, path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(CallerError, match="cannot be read"):
        read_config(DprConfig, tmp_path / "no.toml")
