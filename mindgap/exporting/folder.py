"""Routes of steps -> the files of a sentence-transformers 6 model (formats as that library writes them)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mindgap.exporting.encoder import POOLED_OUTPUT, EncoderStep, Pool, Transformer
from mindgap.exporting.steps import Layer, Normalise
from mindgap.types import Vectors

LIBRARY_VERSION = "6.2.0"
"""Of sentence-transformers, whose format this is and against which the tests hold it."""
ROUTER = "sentence_transformers.base.modules.router.Router"
ROUTER_CONFIG = "router_config.json"
_MODULES: dict[type, str] = {
    Transformer: "sentence_transformers.base.modules.transformer.Transformer",
    Pool: "sentence_transformers.sentence_transformer.modules.pooling.Pooling",
    Layer: "sentence_transformers.base.modules.dense.Dense",
    Normalise: "sentence_transformers.base.modules.normalize.Normalize",
}
_KEY = "sentence_embedding"


def write_model(folder: Path, query: Sequence[EncoderStep], document: Sequence[EncoderStep]) -> None:
    """Everything but the README.md. A step that is the same object in both routes is written once and shared."""
    names: dict[int, str] = {}
    structure: dict[str, list[str]] = {}
    types: dict[str, str] = {}
    for route, steps in {"query": query, "document": document}.items():
        structure[route] = []
        for place, step in enumerate(steps):
            module = _MODULES[type(step)]
            if id(step) not in names:
                name = names[id(step)] = f"{route}_{place}_{module.rsplit('.', 1)[-1]}"
                types[name] = module
                (folder / name).mkdir()
                _write_step(folder / name, step)
            structure[route].append(names[id(step)])
    parameters = {"default_route": "document", "allow_empty_key": True, "route_mappings": {}}
    _write_json(folder / ROUTER_CONFIG, {"types": types, "structure": structure, "parameters": parameters})
    _write_json(folder / "modules.json", [{"idx": 0, "name": "0", "path": "", "type": ROUTER}])
    _write_json(folder / "config_sentence_transformers.json", _model_config())
    for path in folder.rglob("*.safetensors"):
        path.chmod(0o644)  # safetensors leaves them to their owner alone


def _write_step(folder: Path, step: EncoderStep) -> None:
    if isinstance(step, Transformer):
        step.write(folder)
        _write_json(folder / "sentence_bert_config.json", _transformer_config(step.output))
    elif isinstance(step, Pool):
        pooling = {"embedding_dimension": step.dimension, "pooling_mode": step.mode, "include_prompt": True}
        _write_json(folder / "config.json", pooling)
    elif isinstance(step, Layer):
        _write_layer(folder, step)
    else:
        _write_json(folder / "config.json", {"module_input_name": _KEY, "module_output_name": _KEY})


def _transformer_config(output: str) -> dict[str, Any]:
    return {
        "transformer_task": "feature-extraction",
        "modality_config": {"text": {"method": "forward", "method_output_name": output}},
        "module_output_name": _KEY if output == POOLED_OUTPUT else "token_embeddings",
    }


def _write_layer(folder: Path, layer: Layer) -> None:
    from safetensors.numpy import save_file

    tensors = {"linear.weight": _smallest(layer.weight), "linear.bias": _smallest(layer.bias)}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    size_out, size_in = layer.weight.shape
    config = {
        "in_features": size_in,
        "out_features": size_out,
        "bias": True,
        "activation_function": "torch.nn.modules." + ("activation.ReLU" if layer.relu else "linear.Identity"),
        "module_input_name": _KEY,
        "module_output_name": _KEY,
    }
    _write_json(folder / "config.json", config)


def _smallest(values: Vectors) -> np.ndarray[Any, Any]:
    """In half precision where that loses nothing, as with the weights of a checkpoint; else as they are."""
    with np.errstate(over="ignore"):
        half = values.astype(np.float16)
    return np.ascontiguousarray(half if np.array_equal(half.astype(np.float32), values) else values)


def _model_config() -> Mapping[str, Any]:
    import torch
    import transformers

    return {
        "__version__": {
            "sentence_transformers": LIBRARY_VERSION,
            "transformers": transformers.__version__,
            "pytorch": str(torch.__version__),
        },
        "default_prompt_name": None,
        "model_type": "SentenceTransformer",
        "prompts": {"document": "", "query": ""},
        "similarity_fn_name": "cosine",
    }


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", "utf-8")
