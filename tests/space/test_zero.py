"""ZeroGPU with a stand-in for `spaces`, which sends what it is given and what comes back through pickle."""

import importlib.machinery
import pickle
import subprocess
import sys
import types
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from mindgap.encoders.spec import Folder, ModelSpec
from mindgap.encoders.store import EmbeddingStore
from mindgap.encoders.transformer import load_encoder
from mindgap.models import Models
from mindgap.presets import PRESETS, Role
from mindgap.space import zero
from mindgap.tasks import TASKS
from mindgap.workspace import Workspace
from tests.tiny_model import random_texts, write_tiny_model

TEXTS = random_texts(150)


@pytest.fixture(scope="module")
def spec(tmp_path_factory):
    return ModelSpec("tiny", "Tiny", Folder(str(write_tiny_model(tmp_path_factory.mktemp("tiny")))), normalise=True)


class FakeSpaces(types.ModuleType):
    """Decorates as `spaces` does; keeps the durations asked for, and the calls with their threads."""

    def __init__(self):
        super().__init__("spaces")
        self.__spec__ = importlib.machinery.ModuleSpec("spaces", None)
        self.durations, self.calls, self.refusal = [], [], None

    def GPU(self, *, duration):
        self.durations.append(duration)

        def decorate(function):
            def called(*given):
                if self.refusal:
                    raise self.refusal
                self.calls.append(given)
                return pickle.loads(pickle.dumps(function(*pickle.loads(pickle.dumps(given)))))

            return called

        return decorate


@pytest.fixture
def spaces(monkeypatch):
    """A ZeroGPU Space whose GPU is this machine's CPU."""
    fake = FakeSpaces()
    monkeypatch.setitem(sys.modules, "spaces", fake)
    monkeypatch.delitem(sys.modules, "mindgap.encoders.placed", raising=False)
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    monkeypatch.delenv("MINDGAP_DEVICE", raising=False)
    monkeypatch.setattr(zero, "DEVICE", "cpu")
    yield fake
    sys.modules.pop("mindgap.encoders.placed", None)


def elsewhere(work, *given):
    """`work` on another thread, as Gradio calls it."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work, *given).result()


def test_without_spaces_a_function_stays_itself(monkeypatch):
    monkeypatch.setitem(sys.modules, "spaces", None)
    assert zero.gpu(len) is len


def test_with_spaces_it_is_decorated(spaces):
    assert zero.gpu(len, duration=7)("four") == 4
    assert spaces.durations == [7]
    assert spaces.calls == [("four",)]


@pytest.mark.parametrize(("said", "expected"), [("true", True), ("1", True), ("false", False), ("", False)])
def test_the_space_says_that_it_is_zero_gpu(spaces, monkeypatch, said, expected):
    monkeypatch.setenv("SPACES_ZERO_GPU", said)
    assert zero.is_zero() is expected


def test_the_package_must_be_there_too(monkeypatch):
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert not zero.is_zero()


def test_preparing_decorates_before_any_model_is_there(spaces):
    zero.prepare()
    assert spaces.durations == [zero.SECONDS]


def test_preparing_imports_nothing_elsewhere():
    code = "import sys; from mindgap.space import zero; zero.prepare(); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_long_lists_go_through_the_decorated_function(spaces, spec):
    encoder = load_encoder(spec)
    expected = encoder.encode(TEXTS)
    assert spaces.calls == []
    seen = []
    found = elsewhere(encoder.encode, TEXTS, lambda done, total: seen.append((done, total)))
    ((key, batches),) = spaces.calls
    assert key == encoder.fingerprint
    assert sum(len(batch["input_ids"]) for batch in batches) == len(TEXTS)
    assert all(isinstance(array, np.ndarray) for batch in batches for array in batch.values())
    assert isinstance(found, np.ndarray)
    assert found.dtype == np.float32
    assert seen == [(150, 150)]
    # from a copy in half precision
    assert not np.array_equal(found, expected)
    np.testing.assert_allclose(found, expected, atol=5e-3)


def test_the_copy_is_in_half_precision_unless_asked_otherwise(spaces, spec, monkeypatch):
    load_encoder(spec)
    (placed,) = sys.modules["mindgap.encoders.placed"]._PLACED.values()
    assert next(placed[0].parameters()).dtype == torch.float16
    monkeypatch.setenv("MINDGAP_PRECISION", "full")
    load_encoder(spec)
    (placed,) = sys.modules["mindgap.encoders.placed"]._PLACED.values()
    assert next(placed[0].parameters()).dtype == torch.float32


def test_very_long_lists_take_several_calls(spaces, spec, monkeypatch):
    monkeypatch.setattr("mindgap.encoders.transformer._CALL", 64)
    encoder = load_encoder(spec)
    seen = []
    found = elsewhere(encoder.encode, TEXTS, lambda done, total: seen.append(done))
    assert (len(spaces.calls), seen) == (3, [64, 128, 150])
    np.testing.assert_allclose(found, encoder.encode(TEXTS), atol=5e-3)


def test_a_query_stays_on_the_cpu(spaces, spec):
    encoder = load_encoder(spec)
    np.testing.assert_array_equal(elsewhere(encoder.encode, TEXTS[:1]), encoder.encode(TEXTS[:1]))
    elsewhere(encoder.encode, TEXTS[: zero.LEAST - 1])
    assert spaces.calls == []


def test_a_model_that_comes_later_stays_on_the_cpu(spaces, spec):
    encoder = elsewhere(load_encoder, spec)
    np.testing.assert_array_equal(elsewhere(encoder.encode, TEXTS), encoder.encode(TEXTS))
    assert spaces.calls == []


def test_where_no_gpu_is_to_be_had_the_cpu_answers(spaces, spec, caplog):
    encoder = load_encoder(spec)
    spaces.refusal = RuntimeError("ZeroGPU quota exceeded")
    np.testing.assert_array_equal(elsewhere(encoder.encode, TEXTS), encoder.encode(TEXTS))
    assert "quota exceeded" in caplog.text


def test_a_refusal_in_the_middle_leaves_the_rest_to_the_cpu(spaces, spec, monkeypatch):
    monkeypatch.setattr("mindgap.encoders.transformer._CALL", 64)
    encoder = load_encoder(spec)

    def refuse_next(done, total):
        spaces.refusal = RuntimeError("no more")

    np.testing.assert_allclose(elsewhere(encoder.encode, TEXTS, refuse_next), encoder.encode(TEXTS), atol=5e-3)
    assert len(spaces.calls) == 1


def test_the_workspace_answers_through_it(spaces, spec, monkeypatch, tmp_path):
    monkeypatch.setitem(PRESETS.get("offline").models, Role.SENTENCE, spec)
    models = Models(EmbeddingStore(tmp_path))
    models.encoder(spec)
    workspace = Workspace("offline", models)
    (task, *_) = TASKS.names()
    comparison = elsewhere(workspace.compare, "word1 word2", task, 5, ["sentence-transformer"])
    (ranking,) = comparison.retrievers
    assert ranking.unavailable is None
    assert len(ranking.hits) == 5
    ((_, batches),) = spaces.calls
    assert sum(len(batch["input_ids"]) for batch in batches) == len(TASKS.get(task).gallery)
    assert workspace.device() == "cpu"


def test_elsewhere_nothing_is_placed(spec, monkeypatch):
    monkeypatch.delenv("SPACES_ZERO_GPU", raising=False)
    sys.modules.pop("mindgap.encoders.placed", None)
    load_encoder(spec, "cpu").encode(TEXTS)
    assert "mindgap.encoders.placed" not in sys.modules
