"""Files of a repository: fetched, verified, taken up again, found without a request."""

import json
import threading

import pytest
from server import MAIN, Fault, git_sum

from mindgap.errors import CallerError, Stopped, Unavailable
from mindgap.hub import fetch_files, find_files, list_files
from mindgap.hub.cache import partial_path
from mindgap.hub.listing import HubFile, check_file
from mindgap.hub.watch import Stalled, guarded, patience

NAME = "owner/name"
WEIGHTS = bytes(range(256)) * 400
FILES = {"config.json": b'{"a": 1}', "model.safetensors": WEIGHTS, "deep/er/notes.txt": b"hello"}


@pytest.fixture
def served(empty_hub):
    empty_hub.add(NAME, FILES)
    return empty_hub


def test_a_listing_has_sizes_and_the_sums_by_which_the_cache_names_files(served):
    listing = list_files(NAME, "main")
    sums = {file.path: (file.size, len(file.oid)) for file in listing.files}
    assert sums == {"config.json": (8, 40), "model.safetensors": (102_400, 64), "deep/er/notes.txt": (5, 40)}
    assert listing.commit == MAIN
    # `printf hello | git hash-object --stdin`
    assert next(f.oid for f in listing.files if f.size == 5) == "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0"


def test_fetched_files_lie_where_the_client_finds_them(served, own_cache):
    from huggingface_hub import try_to_load_from_cache

    calls = []
    folder = fetch_files(NAME, "main", progress=lambda done, total: calls.append((done, total)))
    assert {path: (folder / path).read_bytes() for path in FILES} == FILES
    assert try_to_load_from_cache(NAME, "deep/er/notes.txt", own_cache) == str(folder / "deep/er/notes.txt")
    total = sum(map(len, FILES.values()))
    assert calls[-1] == (total, total)
    assert calls == sorted(calls)
    assert not list(own_cache.rglob("*incomplete"))


def test_the_client_itself_takes_what_was_fetched(served, own_cache, monkeypatch):
    from huggingface_hub import hf_hub_download, snapshot_download

    folder = fetch_files(NAME, MAIN)
    assert snapshot_download(NAME, revision=MAIN, cache_dir=own_cache, local_files_only=True) == str(folder)
    seen = len(served.requests)
    hf_hub_download(NAME, "model.safetensors", revision=MAIN, cache_dir=own_cache, endpoint=served.url)
    assert len(served.requests) == seen


def test_only_what_is_wanted_is_fetched_and_then_no_request_is_made(served):
    def wanted(path):
        return path.endswith(".json")

    folder = fetch_files(NAME, "main", wanted=wanted)
    assert [path.name for path in folder.rglob("*") if path.is_file()] == ["config.json"]
    seen = len(served.requests)
    assert fetch_files(NAME, "main", wanted=wanted) == find_files(NAME, "main", wanted=wanted) == folder
    assert len(served.requests) == seen
    with pytest.raises(Unavailable, match="not whole, on this machine: do this"):
        find_files(NAME, "main", cure="do this.")


def test_data_sets_have_their_own_place(empty_hub, own_cache):
    empty_hub.add("owner/set", {"data/train.parquet": b"PAR1"}, repo_type="dataset")
    folder = fetch_files("owner/set", "main", "dataset")
    assert folder == own_cache / "datasets--owner--set" / "snapshots" / MAIN
    assert (folder / "data/train.parquet").read_bytes() == b"PAR1"
    assert ("GET", f"/datasets/owner/set/resolve/{MAIN}/data/train.parquet") in empty_hub.requests
    with pytest.raises(Unavailable, match="the data set owner/none"):
        fetch_files("owner/none", "main", "dataset")


def test_a_file_that_broke_off_goes_on_where_it_stopped(served, own_cache):
    served.faults["model.safetensors"] = Fault(cut_after=30_000, times=2)  # the redirect, then the file itself
    fetch_files(NAME, "main")
    assert set(served.ranges) == {"bytes=30000-"}


def test_the_next_start_goes_on_where_the_last_one_stopped(served, own_cache, monkeypatch):
    monkeypatch.setenv("MINDGAP_HUB_TIMEOUT", "1.5")
    served.faults["storage"] = Fault(stall_after=50_000)
    with pytest.raises(Unavailable, match="has sent nothing"):
        fetch_files(NAME, "main")
    (partial,) = own_cache.rglob("*incomplete")
    assert partial.stat().st_size == 50_000
    served.faults.clear()
    monkeypatch.setenv("MINDGAP_HUB_TIMEOUT", "30")
    folder = fetch_files(NAME, "main")
    assert set(served.ranges) == {"bytes=50000-"}
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS
    assert not partial.exists()


def test_what_arrived_wrongly_before_is_found_out_by_the_sum_and_fetched_anew(served, own_cache):
    (file,) = [file for file in list_files(NAME, "main").files if file.size == len(WEIGHTS)]
    blob = own_cache / "models--owner--name" / "blobs" / file.oid
    blob.parent.mkdir(parents=True)
    partial_path(blob).write_bytes(b"x" * 1000)
    assert (fetch_files(NAME, "main") / "model.safetensors").read_bytes() == WEIGHTS


@pytest.mark.parametrize("arrived", [WEIGHTS, WEIGHTS + b"more", WEIGHTS[:-1] + b"x"], ids=["whole", "long", "wrong"])
def test_a_partial_file_of_full_length_or_more(served, own_cache, arrived):
    (file,) = [file for file in list_files(NAME, "main").files if file.size == len(WEIGHTS)]
    blob = own_cache / "models--owner--name" / "blobs" / file.oid
    blob.parent.mkdir(parents=True)
    partial_path(blob).write_bytes(arrived)
    assert (fetch_files(NAME, "main") / "model.safetensors").read_bytes() == WEIGHTS


def test_a_damaged_file_in_the_cache_is_fetched_again(served):
    folder = fetch_files(NAME, "main")
    blob = (folder / "model.safetensors").resolve()
    blob.write_bytes(WEIGHTS[:-1] + b"x")
    with pytest.raises(Unavailable):
        find_files(NAME, "main")
    assert (fetch_files(NAME, "main") / "model.safetensors").read_bytes() == WEIGHTS


def test_a_branch_that_moved_stays_usable_until_the_new_commit_is_whole(served, own_cache):
    old = fetch_files(NAME, "main")
    served.add(NAME, FILES | {"new.txt": b"new"}, commit="2" * 40)
    served.faults["new.txt"] = Fault(status=503)
    with pytest.raises(Unavailable):
        fetch_files(NAME, "2" * 40)
    assert find_files(NAME, "main") == old


def test_a_disk_without_links_gets_copies(served, own_cache, monkeypatch):
    def refuse(*_):
        raise OSError("no links here")

    monkeypatch.setattr("os.symlink", refuse)
    folder = fetch_files(NAME, "main")
    assert not (folder / "config.json").is_symlink()
    assert find_files(NAME, "main") == folder


def test_two_programs_do_not_write_the_same_file(served, own_cache):
    from huggingface_hub.utils import WeakFileLock

    lock = own_cache / ".locks" / "models--owner--name" / "mindgap.lock"
    lock.parent.mkdir(parents=True)
    with WeakFileLock(lock), pytest.raises(Unavailable, match="being fetched by another program"):
        fetch_files(NAME, "main")


def test_the_one_who_waits_can_stop_it(served):
    def stop(done, total):
        raise Stopped("enough")

    with pytest.raises(Stopped, match="enough"):
        fetch_files(NAME, "main", progress=stop)


def test_a_record_that_cannot_be_read_costs_a_request_never_an_answer(served, tmp_path):
    folder = fetch_files(NAME, "main")
    (record,) = (tmp_path / "cache" / "hub").iterdir()
    record.write_text(json.dumps({"format": 1, "repository": NAME, "commit": MAIN, "files": {"../x": {}}}))
    seen = len(served.requests)
    assert fetch_files(NAME, "main") == folder
    assert len(served.requests) == seen + 1


@pytest.mark.parametrize("path", ["../x", "/x", "a/../../x", "a\\b", "C:x", ""])
def test_no_path_of_a_listing_leads_out_of_the_folder(path):
    with pytest.raises(ValueError):  # noqa: PT011
        check_file(HubFile(path, 1, "0" * 40))


def test_a_listing_that_leads_out_of_the_folder_is_refused(empty_hub):
    empty_hub.add(NAME, {"../../escape.txt": b"x"})
    with pytest.raises(Unavailable, match="no list of files"):
        fetch_files(NAME, "main")


@pytest.mark.parametrize(
    ("name", "revision", "kind"), [("a b", "main", "model"), (NAME, "../x", "model"), (NAME, "main", "space")]
)
def test_names_that_cannot_be_are_the_callers_mistake(own_cache, name, revision, kind):
    with pytest.raises(CallerError):
        fetch_files(name, revision, kind)


def test_the_token_goes_to_the_hub_and_never_to_where_it_redirects(served, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "secret")
    fetch_files(NAME, "main")
    assert {token for path, token in served.tokens if "/storage/" not in path} == {"Bearer secret"}
    assert [token for path, token in served.tokens if "/storage/" in path] == [None]


def test_patience_is_a_number_of_seconds(monkeypatch):
    monkeypatch.setenv("MINDGAP_HUB_TIMEOUT", "2.5")
    assert patience() == 2.5
    monkeypatch.delenv("MINDGAP_HUB_TIMEOUT")
    assert patience() == 8
    for wrong in ("0", "-1", "soon", "nan", "inf"):
        monkeypatch.setenv("MINDGAP_HUB_TIMEOUT", wrong)
        with pytest.raises(CallerError, match="MINDGAP_HUB_TIMEOUT"):
            patience()


def test_work_that_hangs_is_left_behind_and_stops_at_its_next_beat():
    hang, seen = threading.Event(), []

    def work(beat):
        hang.wait(20)
        try:
            beat()
        except Stopped:
            seen.append("stopped")
            raise

    with pytest.raises(Stalled):
        guarded(work, 0.05)
    hang.set()
    for thread in threading.enumerate():
        if thread.name == "hub":
            thread.join(5)
    assert seen == ["stopped"]


def test_gits_sum_is_gits():
    assert git_sum(b"hello") == "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0"
