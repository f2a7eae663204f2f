"""Models of the Hub on this machine: found, converted, refused."""

import dataclasses
import json
import re
import shutil

import numpy as np
import pytest
import torch
from safetensors import safe_open
from server import MAIN

from mindgap.encoders.locate import files_fingerprint, locate
from mindgap.encoders.spec import Hub, ModelSpec
from mindgap.errors import Unavailable
from mindgap.hub.models import State, fetch_model, look, plan
from mindgap.models import Models, resolve_model
from mindgap.presets import CODEBERT, DPR_CONTEXT, DPR_QUESTION, MPNET, PRESETS

PAPER = (CODEBERT, MPNET, DPR_QUESTION, DPR_CONTEXT)


def bring(spec):
    return fetch_model(plan(spec.source.repository, spec.source.revision))


def test_every_hub_model_of_a_preset_is_pinned_to_a_commit():
    sources = [s.source for preset in PRESETS for s in preset.models.values() if isinstance(s.source, Hub)]
    assert len(sources) == 4
    assert all(re.fullmatch("[0-9a-f]{40}", source.revision) and source.preset == "paper" for source in sources)
    assert resolve_model("someone/else").source == Hub("someone/else", "main")
    assert resolve_model("microsoft/codebert-base") == CODEBERT


@pytest.mark.parametrize("spec", PAPER, ids=lambda spec: spec.name)
def test_the_models_load_and_encode_as_the_library_does(hub, spec, tiny_models):
    import transformers

    bring(spec)
    found = Models().encoder(spec).encode(["the cat sat", "a dog"])
    architecture = getattr(transformers, spec.architecture)
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny_models[spec.name])
    if spec is MPNET:  # its .bin is a decoy
        model = architecture.from_pretrained(tiny_models[spec.name]).eval()
    else:
        config = transformers.AutoConfig.from_pretrained(tiny_models[spec.name])
        state = torch.load(tiny_models[spec.name] / "pytorch_model.bin", weights_only=True)
        kind = transformers.RobertaModel if spec is CODEBERT else architecture
        model = kind(config)
        model.load_state_dict(state)
        model.eval()
    for row, text in enumerate(["the cat sat", "a dog"]):
        with torch.inference_mode():
            output = model(**tokenizer(text, return_tensors="pt"))
        expected = output.pooler_output[0] if spec.architecture != "AutoModel" else output.last_hidden_state[0].mean(0)
        if spec.normalise:
            expected = expected / expected.norm()
        np.testing.assert_allclose(found[row], expected.numpy(), atol=1e-5)


def test_only_what_loading_needs_is_fetched(hub, own_cache):
    bring(MPNET), bring(CODEBERT)
    fetched = {path.relative_to(own_cache).parts[3:] for path in own_cache.glob("*/snapshots/**/*") if path.is_file()}
    names = {"/".join(parts) for parts in fetched}
    assert {"model.safetensors", "pytorch_model.bin", "modules.json", "1_Pooling/config.json", "vocab.json"} <= names
    assert not {"README.md", "tf_model.h5", "onnx/model.onnx", "modeling.py"} & names
    mpnet = own_cache / "models--sentence-transformers--all-mpnet-base-v2" / "snapshots" / MPNET.source.revision
    assert not (mpnet / "pytorch_model.bin").exists()


def test_a_bin_is_converted_once_and_always_into_the_same_bytes(hub, tmp_path):
    folder = bring(CODEBERT)
    assert folder == tmp_path / "cache" / "converted" / f"microsoft--codebert-base--{CODEBERT.source.revision}"
    assert {path.name for path in folder.iterdir()} == {
        *("config.json", "vocab.json", "merges.txt", "model.safetensors", "converted.json")
    }
    first, changed = files_fingerprint(folder), (folder / "model.safetensors").stat().st_mtime_ns
    assert locate(CODEBERT) == folder
    assert (folder / "model.safetensors").stat().st_mtime_ns == changed
    shutil.rmtree(folder)
    assert files_fingerprint(locate(CODEBERT)) == first


def test_a_damaged_conversion_is_made_again(hub):
    folder = bring(CODEBERT)
    before = files_fingerprint(folder)
    (folder / "model.safetensors").write_bytes(b"x")
    assert files_fingerprint(locate(CODEBERT)) == before


def test_tensors_that_share_memory_are_kept_apart(hub, own_cache, tiny_models):
    shared = torch.arange(6.0).reshape(2, 3)
    content = {"a": shared, "b": shared, "c": shared.T, "d": shared[1], "half": torch.ones(2, dtype=torch.float16)}
    folder = tiny_models["codebert"]
    files = {name: (folder / name).read_bytes() for name in ("config.json", "vocab.json", "merges.txt")}
    hub.add("some/one", files | {"pytorch_model.bin": saved(content, own_cache.parent)})
    found = fetch_model(plan("some/one", "main"))
    with safe_open(found / "model.safetensors", "pt") as file:
        for name, tensor in content.items():
            assert torch.equal(file.get_tensor(name), tensor)
            assert file.get_tensor(name).dtype == tensor.dtype


def saved(content, folder):
    torch.save(content, folder / "x.bin")
    return (folder / "x.bin").read_bytes()


class Harmful:
    def __reduce__(self):
        return print, ("code was run",)


@pytest.mark.parametrize(
    "content",
    [{"a": Harmful()}, [torch.ones(1)], {"n": 3}],
    ids=["code", "a list", "a number"],
)
def test_a_bin_with_more_than_tensors_is_refused_and_never_run(hub, own_cache, tiny_models, capsys, content):
    folder = tiny_models["codebert"]
    files = {name: (folder / name).read_bytes() for name in ("config.json", "vocab.json", "merges.txt")}
    hub.add("some/one", files | {"pytorch_model.bin": saved(content, own_cache.parent)})
    with pytest.raises(Unavailable, match=r"pytorch_model.bin of some/one holds more than tensors"):
        fetch_model(plan("some/one", "main"))
    assert "code was run" not in capsys.readouterr().out


def test_a_bin_that_is_none_is_damaged(hub, tiny_models):
    folder = tiny_models["codebert"]
    files = {name: (folder / name).read_bytes() for name in ("config.json", "vocab.json", "merges.txt")}
    hub.add("some/one", files | {"pytorch_model.bin": b"not a file of torch"})
    with pytest.raises(Unavailable, match=r"pytorch_model.bin of some/one is damaged"):
        fetch_model(plan("some/one", "main"))


def test_a_model_that_needs_code_of_its_own_is_refused(hub, tiny_models):
    config = json.dumps({"model_type": "unheard-of", "auto_map": {"AutoModel": "modeling.Model"}}).encode()
    files = {"config.json": config, "vocab.txt": b"a", "modeling.py": b"raise SystemExit"}
    hub.add("some/one", files | {"model.safetensors": (tiny_models["mpnet"] / "model.safetensors").read_bytes()})
    with pytest.raises(Unavailable, match="some/one needs code of its own, which is never run here"):
        fetch_model(plan("some/one", "main"))


def test_what_is_here_is_told_without_a_request(hub, own_cache):
    source, seen = MPNET.source, 0
    assert look(source.repository, source.revision).state is State.MISSING
    assert hub.requests == []
    wanted = plan(source.repository, source.revision)
    assert (wanted.bytes_here, wanted.bytes_total) == (0, sum(file.size for file in wanted.files))
    folder, seen = fetch_model(wanted), len(hub.requests)
    found = look(source.repository, source.revision, sums=True)
    assert (found.state, found.bytes_here, found.folder) == (State.PRESENT, wanted.bytes_total, folder)
    (folder / "vocab.txt").unlink()
    found = look(source.repository, source.revision)
    assert (found.state, found.folder) == (State.PARTLY, None)
    assert "vocab.txt is missing" in found.problem
    assert len(hub.requests) == seen


def flip(path, place):
    content = bytearray(path.read_bytes())
    content[place] ^= 0xFF
    path.write_bytes(content)


def test_a_damaged_model_is_refused_with_the_command_and_mended_by_it(hub):
    folder = bring(MPNET)
    flip((folder / "model.safetensors").resolve(), -1)
    message = (
        r"all-mpnet-base-v2 is damaged \(model.safetensors.*: with a network, run `python -m mindgap download --pre"
    )
    with pytest.raises(Unavailable, match=message):
        locate(MPNET)
    assert bring(MPNET) == locate(MPNET) == folder


def test_a_truncated_file_is_seen_by_its_size(hub):
    blob = (bring(MPNET) / "model.safetensors").resolve()
    blob.write_bytes(blob.read_bytes()[:1000])
    assert look(MPNET.source.repository, MPNET.source.revision).state is State.DAMAGED


def test_a_cache_that_another_program_filled_is_taken(hub, own_cache, tmp_path, tiny_models):
    from huggingface_hub import snapshot_download

    for spec in (MPNET, CODEBERT):
        snapshot_download(
            spec.source.repository, revision=spec.source.revision, cache_dir=own_cache, endpoint=hub.url,
            ignore_patterns=["*.py", "onnx/*", "*.h5"],
        )  # fmt: skip
    assert not (tmp_path / "cache" / "hub").exists()
    assert locate(MPNET).parent.name == "snapshots"
    assert locate(CODEBERT).parent.name == "converted"
    assert look(MPNET.source.repository, MPNET.source.revision).state is State.PRESENT


def test_damage_in_such_a_cache_is_found_too(hub, own_cache, tmp_path):
    folder = bring(MPNET)
    shutil.rmtree(tmp_path / "cache")
    blob = (folder / "model.safetensors").resolve()
    whole = blob.read_bytes()
    blob.write_bytes(whole[:1000])
    with pytest.raises(Unavailable, match=r"damaged \(model.safetensors is not whole"):
        locate(MPNET)
    blob.write_bytes(whole)
    flip(blob, -1)
    with pytest.raises(Unavailable, match="does not hash to its name"):
        locate(MPNET)
    blob.write_bytes(whole)
    (folder / "vocab.txt").unlink()
    with pytest.raises(Unavailable, match=r"half downloaded .the tokenizer is missing"):
        locate(MPNET)


def test_a_free_id_is_found_by_its_branch_and_keeps_its_commit(hub, tiny_models):
    hub.add("some/one", tiny_models["mpnet"], commit=MAIN)
    spec = ModelSpec("one", "some/one", Hub("some/one"))
    with pytest.raises(Unavailable, match="`python -m mindgap download --model some/one`"):
        locate(spec)
    folder = bring(spec)
    assert folder.name == MAIN
    assert locate(spec) == locate(dataclasses.replace(spec, source=Hub("some/one", MAIN))) == folder


def test_embeddings_are_kept_for_each_revision(hub, tmp_path, tiny_models):
    other = "2" * 40
    files = {path.name: path.read_bytes() for path in tiny_models["mpnet"].iterdir() if path.is_file()}
    with_change = bytearray(files["model.safetensors"])
    with_change[-2] ^= 1
    bring(MPNET)
    first = Models()
    one = first.store.embed(first.encoder(MPNET), ["a cat"])
    hub.add(MPNET.source.repository, files | {"model.safetensors": bytes(with_change)}, commit=other)
    moved = dataclasses.replace(MPNET, source=dataclasses.replace(MPNET.source, revision=other))
    bring(moved)
    second = Models()
    assert second.encoder(moved).fingerprint != first.encoder(MPNET).fingerprint
    second.store.embed(second.encoder(moved), ["a cat"])
    assert len(list((tmp_path / "cache" / "embeddings").iterdir())) == 2
    assert np.array_equal(Models().store.embed(Models().encoder(MPNET), ["a cat"]), one)
