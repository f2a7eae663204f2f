"""Proxies, tokens and addresses that the environment names: one sentence for what is wrong, never a password."""

import json

import pytest
from server import Fault
from test_faults import FILE, NAME, WEIGHTS, closed_port, one_sentence

from mindgap.cli import main
from mindgap.hub import fetch_files
from mindgap.hub.faults import host_of, proxy_for, without_password
from mindgap.hub.listing import probe

PROXIES = ("HTTP_PROXY", "http_proxy")
ALL = ("ALL_PROXY", "all_proxy")


@pytest.fixture
def proxy(monkeypatch):
    """Sets a proxy for the loopback too."""
    from huggingface_hub import close_session

    def name(address, names=PROXIES):
        for variable in names:
            monkeypatch.setenv(variable, address)
        for variable in ("NO_PROXY", "no_proxy"):
            monkeypatch.setenv(variable, "")
        close_session()

    return name


@pytest.mark.parametrize(
    ("names", "address", "message"),
    [
        (ALL, "socks5://me:secret@127.0.0.1:9", "The proxy socks5://127.0.0.1:9 (ALL_PROXY) cannot be used"),
        (PROXIES, "foo://me:secret@x:1", "The proxy foo://x:1 (HTTP_PROXY) cannot be used"),
        (PROXIES, "http://me:secret@x:port", "The proxy http://x:port (HTTP_PROXY) cannot be used"),
    ],
)
def test_a_proxy_that_no_client_can_use_is_one_sentence(empty_hub, proxy, capsys, names, address, message):
    proxy(address, names)
    for call in (probe, lambda: fetch_files(NAME, "main")):
        said = one_sentence(call)
        assert said.startswith(message)
        assert "secret" not in said
    assert main(["download", "--dry-run", "--json"]) == 1
    assert {model["error"] for model in json.loads(capsys.readouterr().out)["models"]} == {said}


@pytest.mark.parametrize("token", ["tökén", "a\x07b"])
def test_a_token_that_no_header_holds_is_one_sentence(empty_hub, monkeypatch, token):
    monkeypatch.setenv("HF_TOKEN", token)
    for call in (probe, lambda: fetch_files(NAME, "main")):
        said = one_sentence(call)
        assert "HF_TOKEN" in said
        assert token not in said
    assert empty_hub.requests == []


def test_certificates_that_are_not_there_are_named(empty_hub, monkeypatch):
    def refuse():
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr("huggingface_hub.get_session", refuse)
    assert "SSL_CERT_FILE" in one_sentence(fetch_files, NAME, "main")


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("http://user:secret@127.0.0.1:9", "127.0.0.1:9"),
        ("user:secret@127.0.0.1:9", "127.0.0.1:9"),
        ("//user:secret@127.0.0.1:9/", "127.0.0.1:9"),
        ("http://user:sec@ret@host:8", "host:8"),
        ("http://user:sec/ret@host:8/x", "host:8"),
        ("http://[::1", "[::1"),
        ("https://huggingface.co/api?x#y", "huggingface.co"),
        ("huggingface.co", "huggingface.co"),
        ("http://a\x1b[2Jb", "a?[2Jb"),
        ("", "the Hub"),
    ],
)
def test_only_the_host_of_an_address_is_shown(monkeypatch, address, host):
    assert host_of(address) == host
    assert "sec" not in without_password(address)


@pytest.mark.parametrize("user", ["user:secret@", "http://user:secret@", "http://user:sec@secret@"])
def test_a_proxys_password_is_never_shown(empty_hub, proxy, user):
    port = closed_port()
    proxy(f"{user}127.0.0.1:{port}")
    assert proxy_for(empty_hub.url) in (f"127.0.0.1:{port}", f"http://127.0.0.1:{port}")
    said = one_sentence(fetch_files, NAME, "main")
    assert f"127.0.0.1:{port}" in said
    assert "sec" not in said
    assert "user" not in said


@pytest.mark.parametrize(
    "faults", [{}, {NAME: Fault(status=503)}, {NAME: Fault(body=b"{}")}, {FILE: Fault(status=429)}]
)
def test_the_password_of_the_hubs_own_address_is_never_shown(empty_hub, monkeypatch, faults):
    empty_hub.faults.update(faults)
    if FILE in faults:
        empty_hub.add(NAME, {FILE: WEIGHTS})
    monkeypatch.setenv("HF_ENDPOINT", empty_hub.url.replace("http://", "http://user:secret@"))
    said = one_sentence(fetch_files, NAME, "main")
    assert host_of(empty_hub.url) in said
    assert "secret" not in said


@pytest.mark.parametrize(
    "address", ["foo://user:secret@host", "foo://user:s cret@secret@host", "http://user:secret@[::1"]
)
def test_the_password_of_an_address_that_is_none_is_never_shown(own_cache, monkeypatch, address):
    monkeypatch.setenv("HF_ENDPOINT", address)
    said = one_sentence(fetch_files, NAME, "main")
    assert "HF_ENDPOINT" in said
    assert "secret" not in said


def redirected(hub, location):
    hub.add(NAME, {"vocab.txt": b"a"})
    hub.faults["vocab.txt"] = Fault(status=302, headers={"Location": location})
    return one_sentence(fetch_files, NAME, "main")


def test_after_a_redirect_the_host_that_failed_is_named(empty_hub):
    port = closed_port()
    said = redirected(empty_hub, f"http://127.0.0.1:{port}/x")
    assert said.startswith(f"127.0.0.1:{port} cannot be reached, so vocab.txt")


def test_after_a_redirect_the_status_is_that_hosts(empty_hub):
    empty_hub.faults["elsewhere"] = Fault(status=503)
    said = redirected(empty_hub, f"{empty_hub.storage_url}/elsewhere")
    assert said.startswith(f"{host_of(empty_hub.storage_url)} has a fault of its own (503)")


def test_a_redirect_to_no_address_is_not_blamed_on_the_setting(empty_hub):
    said = redirected(empty_hub, "file:///etc/passwd")
    assert "HF_ENDPOINT" not in said
    assert f"{host_of(empty_hub.url)} redirects vocab.txt" in said
