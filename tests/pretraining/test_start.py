import dataclasses

import pytest
import torch

from mindgap.encoders.locate import locate
from mindgap.errors import CallerError
from mindgap.presets import MINILM
from mindgap.pretraining.start import start

TEXTS = ["The cat sleeps on the warm stones.", "for (int i = 0; i < n; i++)", "Où est le chat ?"]


def config(tiny, **changed):
    return dataclasses.replace(tiny, start="minilm", layers=6, width=384, heads=12, vocabulary=800, **changed)


def test_all_of_minilms_layers_give_minilms_states(tiny):
    from transformers import AutoModel, AutoTokenizer

    model, tokenizer = start(config(tiny), TEXTS)
    folder = str(locate(MINILM))
    whole = AutoModel.from_pretrained(folder, local_files_only=True).eval()
    theirs = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    for text in TEXTS:
        with torch.inference_mode():
            wanted = whole(**theirs(text, return_tensors="pt")).last_hidden_state
            got = model.distilbert.eval()(tokenizer(text, return_tensors="pt")["input_ids"]).last_hidden_state
        torch.testing.assert_close(got, wanted, atol=1e-4, rtol=1e-3)


def test_fewer_layers_are_the_lower_ones(tiny):
    from transformers import AutoModel

    model, _ = start(dataclasses.replace(config(tiny), layers=2), TEXTS)
    whole = AutoModel.from_pretrained(str(locate(MINILM)), local_files_only=True)
    assert len(model.distilbert.transformer.layer) == 2
    torch.testing.assert_close(
        model.distilbert.transformer.layer[1].attention.q_lin.weight, whole.encoder.layer[1].attention.self.query.weight
    )


def test_shapes_that_minilm_has_not(tiny):
    with pytest.raises(CallerError, match="6 layers of width 384 with 12 heads"):
        start(dataclasses.replace(config(tiny), width=96), TEXTS)
    with pytest.raises(CallerError, match="not 7 x 384"):
        start(dataclasses.replace(config(tiny), layers=7), TEXTS)
