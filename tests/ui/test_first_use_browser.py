"""A projection that is missing is trained from the page: offered with an estimate, followed, stopped, kept."""

import threading
from urllib.parse import urlencode

import pytest

from mindgap.errors import CallerError
from mindgap.models import Models
from mindgap.tasks import TASKS
from mindgap.ui.page import autotrain
from mindgap.workspace import Workspace
from tests.conftest import HashEncoder
from tests.ui.conftest import serve

TASK = "pseudocode-c"
LANE = '.mg-lane[data-retriever="projection-st"]'


class Held(HashEncoder):
    """Stops in the middle of the training texts until it is let go."""

    def __init__(self):
        super().__init__("minilm")
        self.go = threading.Event()

    def encode(self, texts, progress=None):
        for done in range(0, len(texts), 100):
            if progress:
                progress(done, len(texts))
        if len(texts) > 1000:
            while not self.go.wait(0.02):
                progress(done, len(texts))
        return super().encode(texts)


@pytest.fixture
def training(own_folders, monkeypatch):
    """A page whose projections are all missing; returns its encoder and its address."""
    models, encoder = Models(), Held()
    monkeypatch.setattr(models, "encoder", lambda spec: encoder)
    blocks, url = serve(Workspace("offline", models))
    yield encoder, url
    encoder.go.set()
    blocks.close()


def address(method="procrustes"):
    query = TASKS.get(TASK).examples[1].query
    return "?" + urlencode({"task": TASK, "q": query, "method": method, "r": "bm25,projection-st"})


def test_a_missing_projection_is_trained_at_a_click_and_then_answers(training, open_page):
    encoder, url = training
    page = open_page(address(), url=url)
    offer = page.locator(f"{LANE} .mg-off p")
    assert offer.inner_text().startswith("Train it here About ")
    assert " texts to encode." in offer.inner_text()
    page.locator(f"{LANE} [data-train]").click()
    said = page.locator("#mg-training-progress")
    page.wait_for_function("() => /texts encoded/.test(document.querySelector('#mg-training-progress').innerText)")
    assert "Procrustes" in said.inner_text()
    assert said.locator("[role=progressbar]").count() == 1
    assert page.locator("#mg-training-cancel").is_visible()
    assert "while somebody follows it" in said.inner_text()
    # a second click follows what is under way
    page.locator(f"{LANE} [data-train]", has_text="Follow it").click()
    # whoever comes meanwhile may follow the same training
    other = open_page(address(), url=url)
    assert other.locator(f"{LANE} .mg-off p").inner_text() == "Follow it It is being trained now."
    encoder.go.set()
    page.wait_for_selector(f"{LANE} .mg-card", timeout=60_000)
    assert "Trained and kept" in said.inner_text()
    assert not page.locator("#mg-training-cancel").is_visible()
    assert open_page(address(), url=url).locator(f"{LANE} .mg-card").count() == 5


def test_a_training_that_nobody_follows_any_more_is_stopped(training, open_page):
    _, url = training
    page = open_page(address("ridge"), url=url)
    page.locator(f"{LANE} [data-train]").click()
    page.locator("#mg-training-cancel").click()
    page.wait_for_function("() => /nothing was written/.test(document.body.innerText)")
    page.wait_for_selector(f"{LANE} [data-train]")
    page.wait_for_function("() => !document.querySelector('#mg-training-cancel')?.offsetParent")
    assert page.locator(f"{LANE} .mg-card").count() == 0


def test_autotrain_is_a_switch(monkeypatch):
    for wish, meant in [("", False), ("0", False), ("1", True)]:
        monkeypatch.setenv("MINDGAP_AUTOTRAIN", wish)
        assert autotrain() is meant
    monkeypatch.setenv("MINDGAP_AUTOTRAIN", "yes")
    with pytest.raises(CallerError, match="MINDGAP_AUTOTRAIN is 'yes'; it must be 0 or 1"):
        autotrain()
