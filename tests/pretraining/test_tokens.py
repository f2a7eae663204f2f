import numpy as np
import pytest

from mindgap.encoders.locate import locate
from mindgap.errors import CallerError
from mindgap.presets import MINILM
from mindgap.pretraining.tokens import cut_word_pieces, encode_all, train_bpe

TEXTS = ["Où est l'été ?", "int main(void) { return 0; }", "The cat sat.", "the cat sat on the mat"] * 3


def test_bpe_spells_every_text_even_one_it_never_saw():
    tokenizer = train_bpe(TEXTS, 400)
    for text in ("où est l'été ?", "日本 🙂 <b>"):
        ids = encode_all(tokenizer, [text])[0]
        assert ids[0] == tokenizer.cls_token_id
        assert ids[-1] == tokenizer.sep_token_id
        assert tokenizer.unk_token_id not in ids
        assert tokenizer.decode(ids, skip_special_tokens=True).strip() == text


def test_bpe_is_the_same_for_the_same_texts_and_not_larger_than_asked():
    first, second = train_bpe(TEXTS, 300), train_bpe(TEXTS, 300)
    assert first.get_vocab() == second.get_vocab()
    assert len(first) <= 300


def test_a_word_at_the_start_of_a_sentence_is_the_same_word():
    tokenizer = train_bpe(TEXTS, 400)
    assert encode_all(tokenizer, ["The cat"]) == encode_all(tokenizer, ["the cat"])


@pytest.fixture(scope="module")
def cut():
    return cut_word_pieces(locate(MINILM), TEXTS, 400)


def test_cut_word_pieces_stand_for_the_same_pieces(cut):
    from transformers import AutoTokenizer

    tokenizer, kept = cut
    whole = AutoTokenizer.from_pretrained(str(locate(MINILM)), local_files_only=True)
    for text, ids in zip(TEXTS, encode_all(tokenizer, TEXTS), strict=True):
        assert [kept[i] for i in ids] == whole(text)["input_ids"]


def test_a_word_whose_piece_was_cut_is_spelt_with_others(cut):
    tokenizer, kept = cut
    ids = encode_all(tokenizer, ["xylophone"])[0]
    assert tokenizer.unk_token_id not in ids
    assert len(ids) > 3
    assert len(kept) == len(tokenizer) == len(set(kept)) <= 400


def test_long_texts_are_cut_to_512(cut):
    assert np.shape(encode_all(cut[0], ["cat " * 900])) == (1, 512)


def test_a_vocabulary_too_small_to_spell_with():
    with pytest.raises(CallerError, match="at least 261"):
        train_bpe(TEXTS, 260)
    with pytest.raises(CallerError, match="vocabulary must be at least"):
        cut_word_pieces(locate(MINILM), TEXTS, 40)
