"""A checkpoint as the paper's authors saved theirs, with tiny random weights, and their procedure in plain loops."""

import json
from types import SimpleNamespace

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import RobertaConfig, RobertaModel

WIDTH, HIDDEN = 16, 24
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]


class ProjectionModel(torch.nn.Module):
    """Two encoders and the MLP between 768-wide spaces, here 16 wide."""

    def __init__(self, vocabulary):
        super().__init__()
        config = RobertaConfig(
            vocab_size=vocabulary, hidden_size=WIDTH, num_hidden_layers=2, num_attention_heads=2,
            intermediate_size=32, max_position_embeddings=66, type_vocab_size=1, layer_norm_eps=1e-5,
        )  # fmt: skip
        self.c_code_encoder, self.pseudocode_encoder = RobertaModel(config), RobertaModel(config)
        self.projection = torch.nn.Sequential(
            torch.nn.Linear(WIDTH, HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, HIDDEN), torch.nn.ReLU(),
            torch.nn.Linear(HIDDEN, WIDTH),
        )  # fmt: skip


def write_tokenizer(folder):
    """A byte-level one, as RoBERTa's, without merges: a token for each byte. Returns its size."""
    symbols = SPECIAL + sorted(pre_tokenizers.ByteLevel.alphabet())
    made = Tokenizer(models.BPE({text: i for i, text in enumerate(symbols)}, [], unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    made.save(str(folder / "tokenizer.json"))
    names = dict(zip(("bos_token", "pad_token", "eos_token", "unk_token", "mask_token"), SPECIAL, strict=True))
    more = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 64}
    (folder / "tokenizer_config.json").write_text(json.dumps(names | more))
    return len(symbols)


def write_authors(folder):
    """Weights, config and tokenizer as in the authors' repository; returns the model."""
    folder.mkdir(parents=True)
    torch.manual_seed(3)
    model = ProjectionModel(write_tokenizer(folder)).eval()
    with torch.no_grad():
        for layer in model.projection[::2]:
            layer.weight.mul_(3)
    torch.save(model.state_dict(), folder / "pytorch_model.bin")
    config = {"model_type": "ProjectionModel", "embedding_dim": WIDTH, "hidden_dim": HIDDEN, "num_attention_heads": 2}
    (folder / "config.json").write_text(json.dumps(config))
    return model


def rank_as_authors(model, tokenizer, queries, documents):
    """For each query the documents, best first: each text encoded alone, mean over all states, a loop of cosines."""

    def embed(text):
        batch = tokenizer(text, return_tensors="pt", truncation=True, max_length=64)
        return model.c_code_encoder(**batch).last_hidden_state.mean(dim=1)[0]

    ranked = []
    with torch.no_grad():
        for query in queries:
            projected = model.projection(embed(query))
            cosines = [torch.cosine_similarity(projected, embed(d), dim=0).item() for d in documents]
            ranked.append(SimpleNamespace(order=np.argsort(-np.array(cosines), kind="stable"), cosines=cosines))
    return ranked
