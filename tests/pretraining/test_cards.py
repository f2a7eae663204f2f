import dataclasses
import subprocess
import tomllib

import pytest

from mindgap.pretraining import cards
from mindgap.pretraining.config import CONFIGS, DprConfig, EncoderConfig, read_config

ENCODER = read_config(EncoderConfig, CONFIGS / "encoder.toml")


def test_the_shipped_settings_need_no_file():
    made = cards.commands("encoder", ENCODER, 0, "--output DIR")
    assert made == ["python -m mindgap pretrain encoder --output DIR"]
    assert cards.commands("encoder", ENCODER, 7, "--output DIR")[-1].endswith("encoder --seed 7 --output DIR")


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("encoder", dataclasses.replace(ENCODER, steps=900, start="scratch", generated={"c": 3})),
        ("encoder", dataclasses.replace(ENCODER, generated={})),
        ("dpr", DprConfig(epochs=99, learning_rate=3.5e-5)),
    ],
)
def test_other_settings_come_back_out_of_the_commands(kind, config, tmp_path):
    lines = cards.commands(kind, config, 0, "--output DIR")
    assert lines[-1] == f"python -m mindgap pretrain {kind} --config settings.toml --output DIR"
    subprocess.run(["sh", "-c", "\n".join(lines[:-1])], cwd=tmp_path, check=True)
    tomllib.loads((tmp_path / "settings.toml").read_text("utf-8"))
    assert read_config(type(config), tmp_path / "settings.toml") == config
