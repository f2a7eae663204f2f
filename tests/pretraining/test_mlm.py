import dataclasses
import itertools
import math

import pytest
import torch

from mindgap.errors import CallerError
from mindgap.pretraining.descent import scale
from mindgap.pretraining.masking import Masked
from mindgap.pretraining.mlm import guess_loss, pretrain

TEXTS = [
    f"the {a} {b} the {c}"
    for a in ("cat", "dog", "bird")
    for b in ("sees", "eats", "likes")
    for c in ("fish", "corn", "milk")
]

HELD_OUT = ["the bird likes the corn", "the cat eats the milk"]


def test_the_loss_falls(tiny):
    curve = pretrain(dataclasses.replace(tiny, steps=120), TEXTS, HELD_OUT, 0).curve
    first, last = curve.points[0], curve.points[-1]
    assert last["step"] == curve.step == 120
    assert last["loss"] < 0.6 * first["loss"]
    assert last["held_out_loss"] < 0.7 * first["held_out_loss"]


def test_the_loss_is_that_of_the_whole_heads_at_the_guessed_places(tiny):
    import numpy as np

    model = pretrain(dataclasses.replace(tiny, steps=1), TEXTS, HELD_OUT, 0).model.eval()
    inputs = np.array([[2, 4, 9, 3], [2, 8, 4, 3]])
    guessed = np.array([[False, True, False, False], [False, True, True, False]])
    batch = Masked(inputs, np.ones_like(guessed), guessed, np.array([7, 8, 10]))
    labels = torch.full((2, 4), -100)
    labels[torch.from_numpy(guessed)] = torch.tensor([7, 8, 10])
    whole = model(input_ids=torch.from_numpy(inputs), attention_mask=torch.ones(2, 4), labels=labels).loss
    assert guess_loss(model, batch).item() == pytest.approx(whole.item(), rel=1e-5)


class Killed(Exception):
    pass


def test_a_killed_training_goes_on_as_if_it_had_not_been(tiny, tmp_path):
    whole = pretrain(tiny, TEXTS, HELD_OUT, 3)
    work = tmp_path / "work"

    def kill(curve):
        if curve.step >= 15:
            raise Killed

    with pytest.raises(Killed):
        pretrain(tiny, TEXTS, HELD_OUT, 3, work, seen=kill)
    steps = []
    again = pretrain(tiny, TEXTS, HELD_OUT, 3, work, progress=lambda done, total: steps.append(done))
    assert steps[0] == 16
    for point, wanted in zip(again.curve.points, whole.curve.points, strict=True):
        assert (point["step"], point["held_out_loss"]) == pytest.approx((wanted["step"], wanted["held_out_loss"]))
    for name, value in whole.model.state_dict().items():
        torch.testing.assert_close(again.model.state_dict()[name], value, msg=name)


def test_an_unfinished_training_with_other_settings_is_not_taken_up(tiny, tmp_path):
    pretrain(tiny, TEXTS, HELD_OUT, 0, tmp_path / "work")
    for config, seed in ((dataclasses.replace(tiny, mask=0.2), 0), (tiny, 1)):
        with pytest.raises(CallerError, match="other settings or other text"):
            pretrain(config, TEXTS, HELD_OUT, seed, tmp_path / "work")


def test_a_damaged_state_is_a_sentence(tiny, tmp_path):
    pretrain(tiny, TEXTS, HELD_OUT, 0, tmp_path / "work")
    (tmp_path / "work" / "weights.safetensors").write_bytes(b"x")
    with pytest.raises(CallerError, match="cannot be read"):
        pretrain(tiny, TEXTS, HELD_OUT, 0, tmp_path / "work")


def test_no_text(tiny):
    with pytest.raises(CallerError, match="needs text"):
        pretrain(tiny, [], HELD_OUT, 0)


def test_the_learning_rate_rises_and_falls_to_nothing():
    shares = [scale(step, 100, 0.1) for step in range(100)]
    assert shares[:10] == pytest.approx([0.1 * i for i in range(1, 11)])
    assert shares[10] == 1.0
    assert all(a >= b for a, b in itertools.pairwise(shares[9:]))
    assert shares[-1] == pytest.approx(1 / 90)
    assert math.isclose(scale(100, 100, 0.1), 0.0)


def test_the_head_learns_alone_first(tiny):
    start = pretrain(dataclasses.replace(tiny, steps=1, head_steps=1), TEXTS, HELD_OUT, 0).model.state_dict()
    after = pretrain(dataclasses.replace(tiny, steps=20, head_steps=20), TEXTS, HELD_OUT, 0).model.state_dict()
    changed = {name for name, value in after.items() if not torch.equal(value, start[name])}
    assert changed == {name for name in after if name.startswith("vocab_")} - {"vocab_projector.weight"}
    both = pretrain(dataclasses.replace(tiny, steps=20, head_steps=10), TEXTS, HELD_OUT, 0).model.state_dict()
    assert not torch.equal(
        both["distilbert.transformer.layer.0.ffn.lin1.weight"], start["distilbert.transformer.layer.0.ffn.lin1.weight"]
    )
