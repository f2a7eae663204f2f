"""The encoder's part of an exported model: transformer, tokenizer, pooling and length, as it runs here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mindgap.encoders.locate import locate
from mindgap.encoders.spec import ModelSpec, Pooling
from mindgap.exporting.steps import Layer, Normalise

LAST_STATES, POOLED_OUTPUT = "last_hidden_state", "pooler_output"


@dataclass(frozen=True, eq=False)
class Transformer:
    """A model and its tokenizer. `output` is LAST_STATES, or POOLED_OUTPUT for the model's own pooling."""

    model: Any
    tokenizer: Any
    output: str = LAST_STATES

    def write(self, folder: Path) -> None:
        """Weights as stored (half precision stays half), configuration and tokenizer; nothing outside `folder`."""
        self.model.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)
        path = folder / "config.json"
        config = json.loads(path.read_text("utf-8"))
        # stored in half precision, computed in full: as here on the CPU, and as the layers that follow
        config["dtype"] = "float32"
        path.write_text(json.dumps(config, indent=2) + "\n", "utf-8")


@dataclass(frozen=True, eq=False)
class Pool:
    """Token vectors -> one embedding: "mean" over the attention mask or "cls", of `dimension`."""

    mode: str
    dimension: int


EncoderStep = Transformer | Pool | Layer | Normalise


def encoder_steps(spec: ModelSpec, max_length: int) -> list[EncoderStep]:
    """The model behind `spec`, reading `max_length` tokens, and what follows it up to the encoder's embedding.

    Raises Unavailable where the model is not there.
    """
    from mindgap.encoders.loading import load_model

    model, tokenizer = load_model(spec, locate(spec), dtype="auto")
    tokenizer.model_max_length = max_length
    steps: list[EncoderStep]
    if model.config.model_type == "dpr":
        steps = _dpr(model, tokenizer)
    elif spec.pooling is Pooling.POOLER:
        steps = [Transformer(model, tokenizer, POOLED_OUTPUT)]
    else:
        steps = [Transformer(model, tokenizer), Pool(spec.pooling.value, int(model.config.hidden_size))]
    return [*steps, Normalise()] if spec.normalise else steps


def _dpr(model: Any, tokenizer: Any) -> list[EncoderStep]:
    """DPR's pooled output is the first token of a BERT, through one linear layer where the model has it.

    Written as that BERT: AutoModel takes every DPR configuration for a question encoder and would leave the weights
    of a context encoder out.
    """
    from transformers import BertConfig, BertModel

    inner = getattr(model, "question_encoder" if hasattr(model, "question_encoder") else "ctx_encoder")
    known = BertConfig().to_dict().keys() - {"model_type", "architectures"}
    bert = BertModel(BertConfig(**{key: value for key, value in model.config.to_dict().items() if key in known}))
    bert.to(model.dtype).load_state_dict(inner.bert_model.state_dict(), strict=False)
    for value in bert.pooler.parameters():  # DPR has none and nothing reads it; zeros, so that every export is the same
        value.data.zero_()
    steps: list[EncoderStep] = [Transformer(bert, tokenizer), Pool("cls", int(bert.config.hidden_size))]
    if model.config.projection_dim:
        linear = inner.encode_proj
        steps.append(Layer(linear.weight.detach().float().numpy(), linear.bias.detach().float().numpy()))
    return steps
