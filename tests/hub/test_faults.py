"""Every fault of the Hub: one sentence, within ten seconds, and the other retrievers answer."""

import json
import re
import socket
import threading
import time

import pytest
from server import Fault

from mindgap.cli import main
from mindgap.errors import Unavailable
from mindgap.hub import fetch_files
from mindgap.hub.listing import probe
from mindgap.presets import CODEBERT

NAME = "owner/name"
WEIGHTS = bytes(range(256)) * 400
LIST, FILE = "/api/models/owner/name", "model.safetensors"
PROMISE = 10
"""Seconds."""


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setenv("MINDGAP_HUB_TIMEOUT", "1.5")


FAULTS = {
    "repository 404": ({}, "other/name", "has no other/name .*404: it is not there"),
    "file 404": (
        {FILE: Fault(status=404, headers={"X-Error-Code": "EntryNotFound"})},
        NAME,
        "404: the file is not there",
    ),
    "list 401": ({LIST: Fault(status=401)}, NAME, "private, gated or not there.*hf auth login"),
    "file 403": ({FILE: Fault(status=403)}, NAME, "does not give out model.safetensors of owner/name .403"),
    "list 429": ({LIST: Fault(status=429, headers={"Retry-After": "77"})}, NAME, "429: too many.*wait 77 seconds"),
    "file 429": ({FILE: Fault(status=429)}, NAME, "429: too many requests.*wait some minutes"),
    "list 500": ({LIST: Fault(status=500)}, NAME, "fault of its own .500"),
    "list 503": ({LIST: Fault(status=503)}, NAME, "fault of its own .503. at owner/name"),
    "file 502": ({FILE: Fault(status=502)}, NAME, "fault of its own .502. at model.safetensors"),
    "list 418": ({LIST: Fault(status=418)}, NAME, "answered 418"),
    "list is a page": ({LIST: Fault(body=b"<html>please log in</html>")}, NAME, "no list of files.*log-in page"),
    "list is other JSON": ({LIST: Fault(body=b'{"sha": 3}')}, NAME, "no list of files"),
    "list stalls": ({LIST: Fault(stall=True)}, NAME, "sent nothing for 1.5 s while owner/name"),
    "file stalls": ({FILE: Fault(stall=True)}, NAME, "sent nothing for 1.5 s while model.safetensors"),
    "file stalls half-way": ({"/storage/": Fault(stall_after=5000)}, NAME, "sent nothing for 1.5 s"),
    "file is cut": ({"/storage/": Fault(cut_after=5000)}, NAME, "broke off after .* of 102,400 bytes"),
    "file never starts": ({"/storage/": Fault(cut_after=0)}, NAME, "broke off after 0 of 102,400 bytes"),
    "file is short": (
        {"/storage/": Fault(short=5000)},
        NAME,
        "is 5,000 bytes long at 127.*where the list says 102,400",
    ),
    "file is corrupt": ({"/storage/": Fault(flip=99)}, NAME, "arrived damaged .its sum"),
    "small file is corrupt": ({"config.json": Fault(flip=1)}, NAME, "config.json of owner/name arrived damaged"),
    "file is another": ({"/storage/": Fault(body=b"<html>")}, NAME, "is 6 bytes long"),
    "file is too long": ({"/storage/": Fault(body=WEIGHTS + b"more")}, NAME, "is 102,404 bytes long"),
}


def one_sentence(call, *arguments):
    """The message of the fault; asserts that it is one line and came in time."""
    began = time.monotonic()
    with pytest.raises(Unavailable) as caught:
        call(*arguments)
    assert time.monotonic() - began < PROMISE
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith((".", "`"))
    return str(caught.value)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_one_sentence_and_what_comes_after_it_works(empty_hub, fault, monkeypatch):
    faults, name, message = FAULTS[fault]
    if "stalls" in fault:
        monkeypatch.setenv("MINDGAP_HUB_TIMEOUT", "1.5")
    files = {"config.json": b'{"a": 1}', FILE: WEIGHTS}
    empty_hub.add(NAME, files)
    empty_hub.faults.update(faults)
    assert re.search(message, one_sentence(fetch_files, name, "main"))
    empty_hub.faults.clear()
    monkeypatch.setenv("MINDGAP_HUB_TIMEOUT", "30")
    folder = fetch_files(NAME, "main")
    assert {path: (folder / path).read_bytes() for path in files} == files


def test_a_revision_that_is_not_there(empty_hub):
    empty_hub.add(NAME, {"config.json": b"{}"})
    assert "the revision is not there" in one_sentence(fetch_files, NAME, "3" * 40)


def closed_port():
    with socket.socket() as probe_socket:
        probe_socket.bind(("127.0.0.1", 0))
        return probe_socket.getsockname()[1]


def test_without_a_network(own_cache, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{closed_port()}")
    assert "cannot be reached" in one_sentence(fetch_files, NAME, "main")
    assert "cannot be reached" in one_sentence(probe)


def test_a_host_that_nobody_knows(own_cache, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://no-such-host.invalid")
    assert "no-such-host.invalid" in one_sentence(fetch_files, NAME, "main")


def test_an_address_that_is_none(own_cache, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "huggingface.co")
    assert "HF_ENDPOINT is 'huggingface.co'" in one_sentence(fetch_files, NAME, "main")


def test_a_name_server_that_never_answers(own_cache, impatient, monkeypatch):
    released = threading.Event()
    monkeypatch.setenv("HF_ENDPOINT", "http://slow.invalid")
    monkeypatch.setattr("socket.getaddrinfo", lambda *a, **k: released.wait(30))
    assert "sent nothing" in one_sentence(fetch_files, NAME, "main")
    released.set()


def test_a_dead_proxy_is_named_without_its_password(empty_hub, monkeypatch):
    from huggingface_hub import close_session

    port = closed_port()
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, f"http://me:secret@127.0.0.1:{port}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "")
    close_session()
    message = one_sentence(fetch_files, NAME, "main")
    assert f"The proxy http://127.0.0.1:{port} does not lead to" in message
    assert "secret" not in message


def test_a_proxy_that_never_answers(empty_hub, impatient, monkeypatch):
    from huggingface_hub import close_session

    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        for name in ("HTTP_PROXY", "http_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{deaf.getsockname()[1]}")
        monkeypatch.setenv("NO_PROXY", "")
        monkeypatch.setenv("no_proxy", "")
        close_session()
        assert "sent nothing" in one_sentence(fetch_files, NAME, "main")


def test_offline_is_respected(empty_hub, monkeypatch):
    empty_hub.add(NAME, {"config.json": b"{}"})
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert "HF_HUB_OFFLINE forbids" in one_sentence(fetch_files, NAME, "main")
    assert empty_hub.requests == []


def test_a_disk_that_is_full_or_closed(empty_hub, own_cache, monkeypatch):
    empty_hub.add(NAME, {"config.json": b"{}"})
    own_cache.parent.joinpath("cache").mkdir(exist_ok=True)
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 0})())
    message = one_sentence(fetch_files, NAME, "main")
    assert "config.json of owner/name could not be written" in message
    assert "No space left" in message
    own_cache.mkdir(exist_ok=True)
    (own_cache / "models--owner--name").rename(own_cache / "aside")
    (own_cache / "models--owner--name").write_text("a file in the way")
    assert "could not be written" in one_sentence(fetch_files, NAME, "main")


@pytest.mark.parametrize("fault", [Fault(status=503), Fault(stall=True), Fault(flip=10)], ids=["503", "stall", "flip"])
def test_one_models_fault_leaves_the_others(hub, fault, capsys, monkeypatch):
    stored = "codebert-base/pytorch_model.bin"
    if fault.stall:
        monkeypatch.setenv("MINDGAP_HUB_TIMEOUT", "3")
    weights = stored if fault.flip else f"codebert-base/resolve/{CODEBERT.source.revision}/pytorch_model.bin"
    hub.faults[weights] = fault
    assert main(["download"]) == 1
    captured = capsys.readouterr()
    errors = [line for line in captured.err.splitlines() if line.startswith("mindgap:")]
    assert len(errors) == 1
    assert errors[0].startswith("mindgap: codebert: ")
    assert main(["search", "cat", "--task", "pseudocode-c", "--preset", "paper", "--top-k", "1", "--json"]) == 0
    reasons = {row["name"]: row["unavailable"] for row in json.loads(capsys.readouterr().out)["retrievers"]}
    assert "half downloaded" in reasons["codebert"]
    assert "python -m mindgap download --preset paper" in reasons["codebert"]
    assert reasons["dpr"] is None
    assert reasons["sentence-transformer"] is None
    assert reasons["bm25"] is None


def test_an_unreachable_hub_is_asked_once_for_all_models(own_cache, monkeypatch, capsys):
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{closed_port()}")
    began = time.monotonic()
    assert main(["download"]) == 1
    assert time.monotonic() - began < PROMISE
    assert capsys.readouterr().err.count("cannot be reached") == 4
