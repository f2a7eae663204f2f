import yaml
from huggingface_hub import ModelCard

from mindgap.encoders.spec import Folder, Hub, ModelSpec
from mindgap.exporting.card import export_card, plain
from mindgap.presets import CODEBERT, MINILM

CARD = {
    "method": "residual",
    "label": "CCA + residual MLP",
    "task": "english-french",
    "data": {"source": "the train split of english-french"},
    "pairs": 8868,
    "seed": 0,
    "metrics": {"validation": {"queries": 500, "documents": 400, "accuracy": 0.8016}},
}
HOSTILE = (
    "x\n---\nlicense: evil\n---\n# Big | <script>alert(1)</script> [click](http://evil.example) `\x1b[31m \ud800 $x$"
)


def front(text):
    _, head, body = text.split("---\n", 2)
    return yaml.safe_load(head), body


def test_it_says_what_the_model_is_and_how_to_ask_it():
    text = export_card(CARD, MINILM, 512)
    head, body = front(text)
    assert head["library_name"] == "sentence-transformers"
    assert head["pipeline_tag"] == "sentence-similarity"
    assert head["license"] == "apache-2.0"
    assert "sentence-transformers" in head["tags"]
    assert "base_model" not in head
    for said in (
        "| encoder | all-MiniLM-L6-v2 (sentence-transformers/all-MiniLM-L6-v2, the published weights) |",
        "| task | english-french |",
        "| method | residual (CCA + residual MLP) |",
        "| training data | the train split of english-french |",
        "| training pairs | 8,868 |",
        "| seed | 0 |",
        "| validation accuracy | 0.802 (500 queries, 400 documents) |",
        "model.encode_query(",
        "model.encode_document(",
        "Plain `encode` takes the document route",
        "cut after 512 tokens",
        "CSLS scoring, which lowers documents that are near to everything, is not part of this model",
    ):
        assert said in body, said
    assert ModelCard(text).data.license == "apache-2.0"


def test_a_hub_encoder_is_the_base_model():
    head, _ = front(export_card(CARD, CODEBERT, 512))
    assert head["base_model"] == "microsoft/codebert-base"
    assert head["license"] == "mit"


def test_a_card_with_nothing_in_it_leaves_lines_out():
    spec = ModelSpec("mine", "mine", Folder("/somewhere/private"))
    head, body = front(export_card({"method": "identity", "metrics": 3, "data": [], "seed": True}, spec, 64))
    assert "license" not in head
    assert "licence is not known" in body
    assert "| task | own pairs |" in body
    assert "| method | identity |" in body
    for name in ("seed", "validation", "training"):
        assert f"| {name}" not in body
    assert "private" not in body


def test_text_from_the_checkpoint_stays_text():
    hostile = CARD | {"task": HOSTILE, "label": HOSTILE, "data": {"source": HOSTILE}, "seed": HOSTILE, "pairs": HOSTILE}
    spec = ModelSpec("x", HOSTILE, Hub(f"owner/{HOSTILE}"), licence=HOSTILE, about=HOSTILE)
    text = export_card(hostile, spec, 512)
    head, body = front(text)
    assert set(head) == {"library_name", "pipeline_tag", "tags"}
    assert text.count("\n---\n") == 1
    assert "\n# Big" not in body
    assert "<script" not in body
    assert "http://evil" not in body
    assert "[click](" not in body
    table = [line for line in body.splitlines() if line.startswith("|")]
    assert all(line.replace(r"\|", "").count("|") == 3 for line in table)
    text.encode("utf-8")


def test_plain_text_is_one_short_line():
    assert plain("a\tb\r\nc") == "a b c"
    assert plain("x" * 500) == "x" * 159 + "…"
    assert plain("a_b*c & <d>") == r"a\_b\*c &amp; &lt;d&gt;"
    assert plain(None) == ""
