"""The named endpoint, over HTTP, with a client and with raw requests."""

import json
import urllib.request

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from mindgap.retrievers import RETRIEVERS


@pytest.fixture(scope="module")
def client(page_url):
    return Client(page_url, verbose=False)


def test_it_returns_the_json_of_search(client):
    found = client.predict(
        "The cat sleeps on the sofa.", "english-french", 3, ["bm25", "projection-st"], api_name="/compare"
    )
    assert list(found) == ["task", "query", "preset", "retrievers"]
    assert [r["name"] for r in found["retrievers"]] == ["bm25", "projection-st"]
    assert [len(r["hits"]) for r in found["retrievers"]] == [3, 3]
    assert set(found["retrievers"][0]["hits"][0]) == {"rank", "id", "score", "text"}


def test_names_and_defaults(client):
    found = client.predict(query="binary search", task="pseudocode-c", api_name="/compare")
    assert found["task"] == "pseudocode-c"
    assert [r["name"] for r in found["retrievers"]] == RETRIEVERS.names()


def test_it_is_the_only_public_endpoint(client):
    assert list(client.view_api(return_format="dict")["named_endpoints"]) == ["/compare"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("",), "is empty"),
        ((" \n",), "is empty"),
        (("x" * 100_000,), "100,000 characters"),
        (("cat", "english-frensh"), "Did you mean 'english-french'"),
        (("cat", "english-french", 0), "from 1 to 20"),
        (("cat", "english-french", -1), "from 1 to 20"),
        (("cat", "english-french", 10**9), "from 1 to 20"),
        (("cat", "english-french", 5, ["drp"]), "Did you mean 'dpr'"),
        (("cat", "english-french", 5, None, "papper"), "Did you mean 'paper'"),
        ((None,), "must be text"),
        ((3,), "must be text"),
    ],
)
def test_bad_input_is_a_sentence(client, arguments, sentence):
    with pytest.raises(AppError, match=sentence):
        client.predict(*arguments, api_name="/compare")


def raw(url, body):
    request = urllib.request.Request(f"{url}gradio_api/call/compare", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        event = json.load(answer)["event_id"]
    with urllib.request.urlopen(f"{url}gradio_api/call/compare/{event}", timeout=30) as answer:
        return answer.read().decode("utf-8")


@pytest.mark.parametrize("text", [r"the \ud800 cat", r"\u0000 cat \u0007", r"\ud83d\ude00 cat"])
def test_broken_unicode_does_not_break_the_server(page_url, client, text):
    answer = raw(page_url, b'{"data": ["%s", "english-french", 2, ["bm25"], null]}' % text.encode())
    assert "event: complete" in answer
    assert client.predict("still there", "english-french", 1, ["bm25"], api_name="/compare")["query"] == "still there"


def test_many_at_once_all_get_their_own_answer(page_url):
    from concurrent.futures import ThreadPoolExecutor

    def ask(i):
        return json.loads(
            raw(page_url, b'{"data": ["query %d", "english-french", 1, ["sentence-transformer"], null]}' % i).split(
                "data: "
            )[1]
        )[0]

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(ask, range(32)))
    assert [a["query"] for a in answers] == [f"query {i}" for i in range(32)]
