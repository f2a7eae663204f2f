import dataclasses

import numpy as np
import pytest
import torch

from mindgap.errors import CallerError
from mindgap.pretraining.config import DprConfig
from mindgap.pretraining.questions import SOURCES, Asked, asked, asked_of_split
from mindgap.pretraining.towers import _Course, train_towers
from mindgap.tasks import TASKS
from mindgap.types import Pair

CONFIG = DprConfig(trained_layers=1, epochs=150, batch_size=9, learning_rate=1e-2)
WORDS = ("cat", "dog", "bird", "fish", "corn", "milk", "sees", "eats", "likes")
PART = Asked(
    "english-french",
    tuple(f"the {word}" for word in WORDS),
    tuple(f"the {word} likes the {word}" for word in WORDS),
    tuple(range(len(WORDS))),
    tuple(((i + 1) % len(WORDS), (i + 2) % len(WORDS)) for i in range(len(WORDS))),
)


def test_the_loss_falls_and_the_shared_weights_stay(tiny_encoder):
    from transformers import AutoModel

    before = AutoModel.from_pretrained(str(tiny_encoder), dtype=torch.float32).state_dict()
    made = train_towers(CONFIG, tiny_encoder, [PART], [PART], 0)
    points = made.curve.points
    assert points[-1]["loss"] < 0.8 * points[0]["loss"]
    assert points[-1]["held_out_loss"] < points[0]["held_out_loss"]
    own = made.towers.trained_names()
    assert own == {name for name in before if name.startswith("transformer.layer.1.")}
    question, context = made.towers.question, made.towers.context
    assert question.embeddings is context.embeddings
    for name, value in question.state_dict().items():
        same = torch.equal(value, context.state_dict()[name])
        assert same == torch.equal(value, before[name]) == (name not in own), name


def test_more_layers_than_the_encoder_has(tiny_encoder):
    with pytest.raises(CallerError, match="at most 2"):
        train_towers(dataclasses.replace(CONFIG, trained_layers=3, epochs=1), tiny_encoder, [PART], [PART], 0)


def test_a_killed_training_goes_on_as_if_it_had_not_been(tiny_encoder, tmp_path):
    config = dataclasses.replace(CONFIG, epochs=20)
    whole = train_towers(config, tiny_encoder, [PART], [PART], 1)

    def kill(curve):
        if curve.step >= 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_towers(config, tiny_encoder, [PART], [PART], 1, tmp_path / "work", seen=kill)
    steps = []
    again = train_towers(
        config, tiny_encoder, [PART], [PART], 1, tmp_path / "work", progress=lambda done, total: steps.append(done)
    )
    assert steps[0] > 10
    for name, value in whole.towers.state_dict().items():
        torch.testing.assert_close(again.towers.state_dict()[name], value, msg=name)


def test_the_loss_is_the_likelihood_of_the_true_passage_among_all_of_the_batch(tiny_encoder):
    from transformers import AutoModel, AutoTokenizer

    from mindgap.pretraining.towers import Towers

    towers = Towers(AutoModel.from_pretrained(str(tiny_encoder), dtype=torch.float32), 1).eval()
    tokenizer = AutoTokenizer.from_pretrained(str(tiny_encoder))
    # two questions with the same passage, whose hard negative is the passage of the third
    part = Asked("x", ("the cat", "a cat", "the dog"), ("cat cat", "dog dog", "fish"), (0, 0, 1), ((1,), (1,), (2,)))
    course = _Course(towers, tokenizer, [part], CONFIG, 0, "cpu")

    def first(tower, text):
        return tower(**tokenizer(text, return_tensors="pt")).last_hidden_state[0, 0]

    with torch.inference_mode():
        loss = course.mean_loss()
        q = torch.stack([first(towers.question, t) for t in part.questions])
        p = torch.stack([first(towers.context, t) for t in part.passages])
        scores = (q @ p.T).numpy()
    naive = -np.mean([scores[i, part.gold[i]] - np.log(np.exp(scores[i]).sum()) for i in range(3)])
    assert loss == pytest.approx(naive, rel=1e-4)


def test_the_hard_negatives_are_bm25s_best_and_never_the_answer():
    pairs = [
        Pair("1", "the red fox sleeps", "x", question="where does the red fox sleep"),
        Pair("2", "the red fox runs", "y", question="who runs"),
        Pair("3", "a blue sky above", "z", question="what is blue"),
        Pair("4", "green grass below", "w"),
        Pair("5", "wrong", "v", label=0, question="what is wrong"),
    ]
    made = asked("english-french", pairs, 2)
    assert made.questions == ("where does the red fox sleep", "who runs", "what is blue")
    assert made.passages == ("the red fox sleeps", "the red fox runs", "a blue sky above")
    assert made.wrong[0][0] == 1
    assert all(gold not in wrong for gold, wrong in zip(made.gold, made.wrong, strict=True))


def test_too_few_passages():
    with pytest.raises(CallerError, match="at least 2 passages"):
        asked("english-french", [Pair("1", "one", "x", question="?")], 2)


def test_only_english_is_seen():
    documents = {pair.document for task in TASKS for pair in task.pairs("validation")}
    for part in asked_of_split("validation", 1):
        assert SOURCES[part.task] != "query"
        assert not documents & {*part.questions, *part.passages}
        assert len(part.questions) > 100
