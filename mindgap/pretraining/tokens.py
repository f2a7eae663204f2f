"""Tokenizers of the compact encoder: byte-level BPE trained on its text, or MiniLM's word pieces, cut."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from mindgap.errors import CallerError

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
LONGEST = 512


def train_bpe(texts: Iterable[str], size: int) -> PreTrainedTokenizerFast:
    """A byte-level BPE of at most `size` tokens over lower-cased text (Sennrich et al., 2016; Radford et al., 2019).

    Deterministic: the same texts give the same tokenizer. Raises CallerError where `size` leaves no room for all bytes.
    """
    least = len(SPECIAL) + len(pre_tokenizers.ByteLevel.alphabet())
    if size < least:
        raise CallerError(
            f"vocabulary must be at least {least}, one token for each byte and special token, not {size}."
        )
    tokenizer = Tokenizer(models.BPE())
    # lower case: with so little text a word at the start of a sentence must not be another word
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        min_frequency=2,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    ids = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B [SEP]",
        special_tokens=[("[CLS]", ids[0]), ("[SEP]", ids[1])],
    )
    return _wrapped(tokenizer)


def cut_word_pieces(folder: Path, texts: Iterable[str], size: int) -> tuple[PreTrainedTokenizerFast, list[int]]:
    """The tokenizer in `folder` with its `size` most used word pieces, and their numbers in the old vocabulary.

    Kept whatever the texts say: the special tokens, and all single characters that the texts have, with which any word
    of theirs can still be spelt. Raises CallerError where `size` leaves no room for these.
    """
    described: dict[str, Any] = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    described["truncation"] = described["padding"] = None
    old: dict[str, int] = described["model"]["vocab"]
    whole = Tokenizer.from_str(json.dumps(described))
    used = Counter(token for encoding in whole.encode_batch(list(texts)) for token in encoding.tokens)
    needed = [*SPECIAL, *(t for t in sorted(old) if _is_character(t) and (t in used or t.isascii()))]
    if size < len(needed):
        raise CallerError(f"vocabulary must be at least {len(needed)} to spell every word of this text, not {size}.")
    kept = list(dict.fromkeys([*needed, *(t for t, _ in sorted(used.items(), key=lambda item: (-item[1], item[0])))]))
    kept = sorted(kept[:size], key=old.__getitem__)
    described["model"]["vocab"] = {token: i for i, token in enumerate(kept)}
    _renumber(described, described["model"]["vocab"])
    return _wrapped(Tokenizer.from_str(json.dumps(described))), [old[token] for token in kept]


def _is_character(token: str) -> bool:
    return len(token.removeprefix("##")) == 1


def _renumber(described: dict[str, Any], numbers: dict[str, int]) -> None:
    for added in described["added_tokens"]:
        added["id"] = numbers[added["content"]]
    for name, token in described["post_processor"].get("special_tokens", {}).items():
        token["ids"] = [numbers[name]]


def _wrapped(tokenizer: Tokenizer) -> PreTrainedTokenizerFast:
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=LONGEST,
    )


def encode_all(tokenizer: PreTrainedTokenizerFast, texts: Sequence[str]) -> list[list[int]]:
    """Token numbers of each text, special tokens included, cut to 512."""
    return [list(ids) for ids in tokenizer(list(texts), truncation=True, max_length=LONGEST)["input_ids"]]
