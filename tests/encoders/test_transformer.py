import dataclasses

import numpy as np
import pytest
import torch

from mindgap.encoders.locate import locate
from mindgap.encoders.spec import Pooling
from mindgap.encoders.transformer import load_encoder, pool
from mindgap.presets import MINILM

TEXTS = [
    "The cat sleeps.",
    "",
    "Le chat dort sur le canapé.",
    "for (int i = 0; i < n; i++) sum += a[i];",
    "long " * 600,
]


@pytest.fixture(scope="module")
def minilm(models):
    return models.encoder(MINILM)


def test_it_gives_what_sentence_transformers_gives(minilm):
    from sentence_transformers import SentenceTransformer

    reference = SentenceTransformer(str(locate(MINILM)), device="cpu")
    reference.max_seq_length = MINILM.max_length
    np.testing.assert_allclose(minilm.encode(TEXTS), reference.encode(TEXTS), atol=2e-5)


def test_the_order_of_texts_and_their_company_do_not_matter(minilm):
    together = minilm.encode(TEXTS)
    assert together.shape == (len(TEXTS), 384)
    assert together.dtype == np.float32
    for text, embedding in zip(TEXTS, together, strict=True):
        np.testing.assert_allclose(minilm.encode([text])[0], embedding, atol=2e-5)


def test_no_text_is_no_row(minilm):
    assert minilm.encode([]).shape == (0, 384)


def test_tokens_beyond_the_limit_are_counted_but_not_read(minilm):
    words = "word " * 600
    assert minilm.count_tokens(words) == 602
    np.testing.assert_allclose(minilm.encode([words + "other"]), minilm.encode([words]), atol=1e-6)


def test_fingerprint_covers_pooling_normalisation_and_limit(minilm):
    changes = [{"pooling": Pooling.CLS}, {"normalise": False}, {"max_length": 64}]
    prints = {load_encoder(dataclasses.replace(MINILM, **change)).fingerprint for change in changes}
    assert len(prints | {minilm.fingerprint}) == 4
    assert load_encoder(dataclasses.replace(MINILM, name="other", label="Other")).fingerprint == minilm.fingerprint


def test_masked_mean_ignores_padding():
    output = type("Output", (), {"last_hidden_state": torch.tensor([[[1.0], [3.0], [100.0]]])})
    assert pool(output, torch.tensor([[1, 1, 0]]), Pooling.MEAN).tolist() == [[2.0]]
    assert pool(output, torch.tensor([[1, 1, 0]]), Pooling.CLS).tolist() == [[1.0]]


def test_many_threads_get_the_same_embeddings(minilm):
    from concurrent.futures import ThreadPoolExecutor

    texts = [f"sentence number {i} " + "and more " * (i % 7) for i in range(24)]
    expected = minilm.encode(texts)
    with ThreadPoolExecutor(8) as pool_of_threads:
        found = list(pool_of_threads.map(lambda text: minilm.encode([text])[0], texts))
    np.testing.assert_allclose(np.stack(found), expected, atol=2e-5)
