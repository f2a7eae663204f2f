"""Both encoders trained end to end: the loss falls, both move, and what was written answers."""

import json

import numpy as np
import pytest
import torch
from transformers import AutoModel, RobertaConfig, RobertaModel

from mindgap.cli import main
from mindgap.encoders.pair import DOCUMENT, QUERY, EncoderPair, is_encoder_pair, read_encoder_pair
from mindgap.encoders.spec import Folder, ModelSpec
from mindgap.encoders.transformer import load_encoder
from mindgap.errors import CallerError, Failure
from mindgap.indexes import normalise
from mindgap.pretraining.output import SHARD_BYTES
from mindgap.projections.checkpoint import CheckpointError
from mindgap.training.fine_tuning import FINE_TUNING, FineTuning, Rows, Side, fine_tune_encoders
from mindgap.training.losses import n_pairs_loss
from mindgap.training.run import pairs_data
from mindgap.types import Pair
from tests.authors_checkpoint import write_tokenizer

PAIRS = tuple(
    Pair(f"p{i}", f"{a}{b}", f"{a} {b}!") for i, (a, b) in enumerate((a, b) for a in "abcde" for b in "vwxyz")
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A tiny RoBERTa encoder."""
    made = tmp_path_factory.mktemp("encoders") / "tiny"
    made.mkdir()
    config = RobertaConfig(
        vocab_size=write_tokenizer(made), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=34, type_vocab_size=1,
    )  # fmt: skip
    torch.manual_seed(1)
    RobertaModel(config).save_pretrained(made)
    return made


@pytest.fixture
def spec(folder):
    return ModelSpec("tiny", "tiny encoder", Folder(str(folder)))


def recipe(method="n-pairs", **changes):
    import dataclasses

    return dataclasses.replace(FINE_TUNING[method], **({"batch_size": 8, "learning_rate": 3e-3} | changes))


def moved(before, after):
    """Names of the weights that are not as they were."""
    state = AutoModel.from_pretrained(after).state_dict()
    was = AutoModel.from_pretrained(before).state_dict()
    return {name for name, value in was.items() if not torch.equal(value.half().float(), state[name].float())}


@pytest.mark.parametrize("method", FINE_TUNING)
def test_the_loss_falls_and_both_encoders_move_apart(method, spec, folder, tmp_path):
    seen = []
    report = fine_tune_encoders(
        pairs_data(PAIRS, "mine.csv", 0),
        spec,
        method,
        tmp_path / "out",
        recipe(method, epochs=6),
        on_epoch=lambda e, n: seen.append((e, n)),
    )
    losses = [epoch.loss for epoch in report.epochs]
    assert losses[-1] < 0.9 * losses[0]
    assert [n for _, n in seen] == [6] * 6
    assert [e for e, _ in seen] == list(report.epochs)
    query, document = (moved(folder, tmp_path / "out" / side) for side in (QUERY, DOCUMENT))
    layers = {name for name in query if name.startswith("encoder.layer.0")}
    assert layers
    assert layers <= document
    assert moved(tmp_path / "out" / QUERY, tmp_path / "out" / DOCUMENT)
    assert report.pairs == 17


def test_defaults_are_the_authors():
    theirs = FINE_TUNING["n-pairs"]
    assert (theirs.loss, theirs.margin) == ("n-pairs", 1.0)
    assert (theirs.learning_rate, theirs.batch_size, theirs.epochs) == (1e-4, 32, 5)


def test_a_step_is_adam_on_the_paper_loss_of_both_encoders(spec, folder):
    def side():
        from transformers import AutoTokenizer

        return Side(AutoModel.from_pretrained(folder), AutoTokenizer.from_pretrained(folder), spec, 32)

    rows = Rows.of((*PAIRS[:6], Pair("w", "wrong", PAIRS[0].document, label=0)), ("query",))
    # dropout would make two runs differ
    config_free = [side() for _ in range(4)]
    for one in config_free:
        for module in one.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
        one.model.config.attention_probs_dropout_prob = 0.0
        for layer in one.model.encoder.layer:
            layer.attention.self.dropout.p = 0.0
    ours, naive = FineTuning(*config_free[:2], recipe(), np.random.default_rng(0)), config_free[2:]
    batch = [0, 3, 4]
    loss = ours._step(rows, batch)
    optimiser = torch.optim.Adam([p for one in naive for p in one.parameters()], lr=3e-3)
    queries, documents = (
        torch.stack([one.model(**one.tokenizer(text, return_tensors="pt")).last_hidden_state[0].mean(0) for text in texts])
        for one, texts in zip(naive, (
            [rows.queries[i] for i in batch], [rows.documents[rows.document_of[i]] for i in batch]
        ), strict=True)
    )  # fmt: skip
    expected = n_pairs_loss(documents, queries, torch.tensor([1, 1, 1]))
    optimiser.zero_grad()
    expected.backward()
    optimiser.step()
    assert loss == pytest.approx(expected.item(), rel=1e-4)
    for one, other in zip(ours.query.model.encoder.parameters(), naive[0].model.encoder.parameters(), strict=True):
        torch.testing.assert_close(one, other, atol=2e-3, rtol=1e-2)


def test_rows_have_a_row_for_each_filled_field_and_each_document_once():
    rows = Rows.of((Pair("1", "q1", "d1", description="e1"), Pair("2", "q2", "d1", label=0)), ("query", "description"))
    assert rows.queries == ("q1", "q2", "e1")
    assert rows.documents == ("d1",)
    assert rows.document_of.tolist() == [0, 0, 0]
    assert rows.labels.tolist() == [1, 0, 1]


def test_what_was_written_is_whole_and_what_was_measured(spec, tmp_path):
    data = pairs_data(PAIRS, "mine.csv", 0)
    report = fine_tune_encoders(data, spec, "n-pairs", tmp_path / "out", recipe(epochs=3), source="tiny")
    assert is_encoder_pair(tmp_path / "out")
    pair = read_encoder_pair(tmp_path / "out")
    assert pair.label == "tiny encoder, fine-tuned"
    query, document = load_encoder(pair.query, "cpu"), load_encoder(pair.document, "cpu")
    documents = list(dict.fromkeys(p.document for p in data.validation))
    cosines = normalise(query.encode([p.query for p in data.validation])) @ normalise(document.encode(documents)).T
    found = np.mean([documents[row.argmax()] == p.document for row, p in zip(cosines, data.validation, strict=True)])
    assert report.validation_accuracy == pytest.approx(found)
    card = pair.card
    assert card["metrics"]["validation"]["accuracy"] == pytest.approx(found)
    assert (card["encoder"]["source"], card["pairs"], len(card["epochs"])) == ("tiny", 17, 3)
    assert card["settings"]["margin"] == 1.0
    for side in (QUERY, DOCUMENT):
        folder = tmp_path / "out" / side
        assert all(path.stat().st_size < SHARD_BYTES + 100_000 for path in folder.glob("*.safetensors"))
        text = (folder / "README.md").read_text("utf-8")
        assert "train --fine-tune-encoders --pairs FILE --encoder tiny --method n-pairs --epochs 3" in text
        assert str(tmp_path) not in text


def test_the_same_seed_gives_the_same_encoders(spec, tmp_path):
    data = pairs_data(PAIRS, "mine.csv", 0)
    state = torch.random.get_rng_state()
    for name in ("one", "two"):
        fine_tune_encoders(data, spec, "n-pairs", tmp_path / name, recipe(epochs=2), seed=4)
    assert not moved(tmp_path / "one" / QUERY, tmp_path / "two" / QUERY)
    assert torch.equal(state, torch.random.get_rng_state())


def test_an_existing_folder_and_too_few_pairs_are_refused_before_any_work(spec, tmp_path, monkeypatch):
    monkeypatch.setattr("mindgap.training.fine_tuning._load", lambda *_: pytest.fail("loaded"))
    with pytest.raises(CallerError, match="nothing was overwritten"):
        fine_tune_encoders(pairs_data(PAIRS, "x", 0), spec, "n-pairs", tmp_path)
    import dataclasses

    one = dataclasses.replace(pairs_data(PAIRS, "x", 0), train=PAIRS[:1])
    with pytest.raises(CallerError, match="1 true training pairs are too few"):
        fine_tune_encoders(one, spec, "n-pairs", tmp_path / "out")


def test_a_training_that_diverges_writes_nothing(spec, tmp_path):
    data = pairs_data(PAIRS, "x", 0)
    with pytest.raises(Failure, match="nothing was written"):
        fine_tune_encoders(data, spec, "n-pairs", tmp_path / "out", recipe(epochs=3, learning_rate=1e30))
    assert not (tmp_path / "out").exists()


def test_the_memory_is_told_and_progress_reaches_the_end(spec, tmp_path):
    told, steps = [], []
    fine_tune_encoders(
        pairs_data(PAIRS, "x", 0), spec, "n-pairs", tmp_path / "out", recipe(epochs=2),
        progress=lambda done, total: steps.append((done, total)), tell=told.append,
    )  # fmt: skip
    assert "million weights" in told[0]
    assert "GB" in told[0]
    assert steps == [(i, 6) for i in range(1, 7)]


@pytest.mark.parametrize(
    "change",
    [
        lambda card: card.pop("use"),
        lambda card: card["use"].update(pooling="what"),
        lambda card: card["use"].update(architecture="Nope"),
        lambda card: card["use"].update(architecture="logging"),
        lambda card: card["use"].update(max_length=0),
        lambda card: card["use"].update(max_length=float("inf")),
        lambda card: card.update(format=9),
        lambda card: card.update(kind="projection"),
    ],
)
def test_a_card_that_does_not_fit_is_one_sentence(tmp_path, change):
    card = {
        "kind": "encoders", "format": 1, "encoder": {"label": "x"},
        "use": {"pooling": "mean", "normalise": False, "max_length": 5, "architecture": "AutoModel"},
    }  # fmt: skip
    change(card)
    (tmp_path / "card.json").write_text(json.dumps(card))
    with pytest.raises(CheckpointError, match="is not the card of two encoders"):
        read_encoder_pair(tmp_path)
    assert not is_encoder_pair(tmp_path / "missing")


def test_from_the_command_line_to_an_evaluation(folder, own_folders, tmp_path, capsys):
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("query,document\n" + "\n".join(f"{p.query},{p.document}" for p in PAIRS) + "\n")
    asked = ["train", "--fine-tune-encoders", "--pairs", pairs, "--encoder", folder, "--output", tmp_path / "out"]
    more = ["--epochs", 2, "--batch-size", 8, "--learning-rate", 0.003, "--limit", 12, "--json"]
    assert main([str(a) for a in (*asked, *more)]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["method"], report["pairs"], len(report["epochs"])) == ("n-pairs", 12, 2)
    measured = ["evaluate", "--pairs", pairs, "--checkpoint", tmp_path / "out", "--retriever", "bm25", "--json"]
    assert main([str(a) for a in measured]) == 0
    results = json.loads(capsys.readouterr().out)["results"]
    assert [row["name"] for row in results] == ["bm25", "fine-tuned-encoders"]
    assert results[1]["model"] == "tiny, fine-tuned"
    assert results[1]["unavailable"] is None
    pair = read_encoder_pair(tmp_path / "out")
    query, document = load_encoder(pair.query, "cpu"), load_encoder(pair.document, "cpu")
    cosines = (
        normalise(query.encode([p.query for p in PAIRS])) @ normalise(document.encode([p.document for p in PAIRS])).T
    )
    assert results[1]["accuracy"] == pytest.approx(np.mean(cosines.argmax(1) == np.arange(len(PAIRS))))
    assert str(tmp_path) not in (tmp_path / "out" / QUERY / "README.md").read_text("utf-8")
    # a file that is missing or changed is said, not passed over
    next((tmp_path / "out" / QUERY).glob("*.safetensors")).unlink()
    assert main([str(a) for a in measured]) == 2
    assert "cannot be loaded" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        (("--method", "ridge"), "--fine-tune-encoders takes --method n-pairs or info-nce, not 'ridge'"),
        (("--batch-size", "1"), "--batch-size must be at least 2"),
    ],
)
def test_options_that_make_no_sense_are_refused(folder, tmp_path, capsys, option, sentence):
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("query,document\na,b\n")
    asked = ["train", "--fine-tune-encoders", "--pairs", pairs, "--encoder", folder, "--output", tmp_path / "out"]
    assert main([str(a) for a in (*asked, *option)]) == 2
    assert sentence in capsys.readouterr().err


def test_encoders_that_transformers_refuses_are_one_sentence(tmp_path, monkeypatch):
    from mindgap.evaluator import EvaluationRequest, evaluate
    from mindgap.models import Models

    def refuse(self, spec):
        raise OSError("Unrecognized\nmodel")

    monkeypatch.setattr(Models, "encoder", refuse)
    spec = ModelSpec("q", "Q", Folder(str(tmp_path)))
    request = EvaluationRequest(None, pairs=PAIRS, encoders=EncoderPair(tmp_path, {}, spec, spec))
    with pytest.raises(CheckpointError, match=r"cannot be loaded \(Unrecognized model\)\. Train them again"):
        evaluate(Models(), "offline", request)
