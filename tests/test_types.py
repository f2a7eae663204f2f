import json

from mindgap.types import Comparison, Gallery, Hit, Pair, Ranking, fingerprint_texts


def test_gallery_keeps_unique_documents_in_file_order_with_their_first_id():
    pairs = [Pair("1", "q", "b"), Pair("2", "q", "a"), Pair("3", "q", "b"), Pair("4", "q", "c")]
    gallery = Gallery.of(pairs)
    assert (gallery.ids, gallery.texts) == (("1", "2", "4"), ("b", "a", "c"))
    assert Gallery.of(pairs, limit=2).texts == ("b", "a")
    assert gallery.position == {"b": 0, "a": 1, "c": 2}


def test_fingerprint_tells_apart_what_concatenates_alike():
    assert fingerprint_texts(["ab", "c"]) != fingerprint_texts(["a", "bc"])
    assert fingerprint_texts(["a", "b"]) != fingerprint_texts(["b", "a"])


def test_json_of_search_has_exactly_the_agreed_keys():
    ranking = Ranking("bm25", "BM25", "Okapi", None, 0.1, 3, None, (Hit(1, "d", 0.5, "text"),))
    found = Comparison("t", "q", "offline", (ranking,), 10, ("d",), ("note",)).to_json()
    assert list(found) == ["task", "query", "preset", "retrievers"]
    row = found["retrievers"][0]
    assert list(row) == ["name", "label", "model", "encode_ms", "search_ms", "gold_rank", "unavailable", "hits"]
    assert row["hits"] == [{"rank": 1, "id": "d", "score": 0.5, "text": "text"}]
    json.dumps(found)
