"""A running page and a real browser."""

from __future__ import annotations

import dataclasses
import os
import shutil
import socket

import pytest

from mindgap.workspace import Workspace

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--use-gl=swiftshader",
    "--enable-unsafe-swiftshader",
]
ATTACK = (
    '<img src=x onerror="window.hacked=1"><script>window.hacked=2</script>{{constructor}}${window.hacked=3}</pre>\'"`'
)


class HostileWorkspace(Workspace):
    """Answers as if every text of the data were an attack."""

    def compare(self, *arguments, **options):  # type: ignore[no-untyped-def]
        found = super().compare(*arguments, **options)
        rankings = []
        for ranking in found.retrievers:
            hits = tuple(dataclasses.replace(hit, text=ATTACK + hit.text, id=ATTACK + hit.id) for hit in ranking.hits)
            attacked = ranking.unavailable and ATTACK + ranking.unavailable
            rankings.append(dataclasses.replace(ranking, hits=hits, model=ATTACK, unavailable=attacked))
        return dataclasses.replace(found, retrievers=tuple(rankings), notes=(ATTACK,))


def serve(workspace: Workspace):  # type: ignore[no-untyped-def]
    """Launch the page in this process; returns (blocks, url)."""
    from mindgap.ui.page import serve_page

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return serve_page(workspace, "127.0.0.1", port, prevent_thread_lock=True, quiet=True)


@pytest.fixture(scope="session")
def page_url(models):  # type: ignore[no-untyped-def]
    blocks, url = serve(Workspace("offline", models))
    yield url
    blocks.close()


@pytest.fixture(scope="session")
def hostile_url(models):  # type: ignore[no-untyped-def]
    blocks, url = serve(HostileWorkspace("offline", models))
    yield url
    blocks.close()


@pytest.fixture(scope="session")
def browser():  # type: ignore[no-untyped-def]
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("CI must have Chromium: the browser tests may not be skipped there")
        pytest.skip("Chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield running
        running.close()


class Watched:
    """A browser page that remembers errors and requests to other machines."""

    def __init__(self, page) -> None:  # type: ignore[no-untyped-def]
        self.page = page
        self.errors: list[str] = []
        self.outside: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._request)

    def _request(self, request) -> None:  # type: ignore[no-untyped-def]
        if not request.url.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:")):
            self.outside.append(request.url)


def wait_restored(page) -> None:  # type: ignore[no-untyped-def]
    """Until the page shows what its address asks for."""
    page.wait_for_function("() => document.body.dataset.restored === 'yes'")


@pytest.fixture
def open_page(browser, page_url):  # type: ignore[no-untyped-def]
    """Opens the page in a fresh profile; afterwards no error and no outside request may have happened."""
    contexts, watched = [], []

    def open_it(path="", width=1400, height=900, url=page_url, **options):  # type: ignore[no-untyped-def]
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        page = context.new_page()
        contexts.append(context)
        watched.append(Watched(page))
        page.goto(url + path)
        page.wait_for_selector(".mg-lane", state="attached")
        wait_restored(page)
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert [error for each in watched for error in each.errors] == []
    assert [url for each in watched for url in each.outside] == []
