import os

import pytest

from mindgap.files import new_folder, sha256_of, write_atomically


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_appears_whole_or_not_at_all(tmp_path):
    def half():
        with new_folder(tmp_path / "made") as folder:
            (folder / "a").write_text("x")
            assert not (tmp_path / "made").exists()
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError):
        half()
    assert list(tmp_path.iterdir()) == []
    with new_folder(tmp_path / "made") as folder:
        (folder / "a").write_text("x")
    assert (tmp_path / "made" / "a").read_text() == "x"


def test_an_existing_folder_is_refused(tmp_path):
    (tmp_path / "made").mkdir()
    with pytest.raises(FileExistsError), new_folder(tmp_path / "made"):
        pass


def test_sum_follows_the_contents(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"one")
    first = sha256_of(path)
    path.write_bytes(b"other")
    assert sha256_of(path) != first
