import json
from pathlib import Path
from typing import ClassVar

import pytest

from mindgap import cli, paths
from mindgap.errors import CallerError, Failure
from mindgap.space.publish import check_repository, make_plan, upload

ROOT = Path(__file__).parents[2]


class FakeApi:
    """Keeps what it was given; the folder is looked into while it is there."""

    calls: ClassVar[list] = []
    error: ClassVar[Exception | None] = None

    def __init__(self, token):
        self.token = token

    def upload_folder(self, **given):
        if FakeApi.error:
            raise FakeApi.error
        there = {
            str(p.relative_to(given["folder_path"])): p.read_bytes()
            for p in Path(given["folder_path"]).rglob("*")
            if p.is_file()
        }
        FakeApi.calls.append((self.token, given, there))
        return type("Commit", (), {"commit_url": "https://huggingface.co/spaces/me/gap/commit/1"})


@pytest.fixture
def hub(monkeypatch, tree):
    FakeApi.calls, FakeApi.error = [], None
    monkeypatch.setattr("huggingface_hub.HfApi", FakeApi)
    monkeypatch.setattr(paths, "ROOT", tree.root)
    monkeypatch.setenv("HF_TOKEN", "secret")
    return FakeApi


def test_the_projects_own_tree_has_no_error():
    plan = make_plan(ROOT)
    assert [f"{finding.where}: {finding.sentence}" for finding in plan.findings if finding.error] == []
    assert {"app.py", "README.md", "requirements.txt", "mindgap/cli.py"} <= set(plan.files)
    assert not any(name.startswith(("tests/", "benchmarks/", ".venv", ".git/")) for name in plan.files)


def test_a_dry_run_lists_and_uploads_nothing(hub, capsys):
    assert cli.main(["publish", "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert "app.py" in out
    assert "4 files" in out
    assert hub.calls == []


def test_json_of_a_dry_run(hub, tree, capsys):
    tree.write("docs/page.md", "[a](gone.md)\n")
    assert cli.main(["publish", "--dry-run", "--json", "--repo", "me/gap"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["repo"] == "me/gap"
    assert report["uploaded"] is None
    assert {"path": "app.py", "bytes": 9} in report["files"]
    assert report["total_bytes"] == sum(file["bytes"] for file in report["files"])
    assert report["largest"][0] == "README.md"
    (finding,) = report["findings"]
    assert (finding["file"], finding["line"], finding["error"]) == ("docs/page.md", 1, True)


def test_an_upload_is_exactly_the_plan(hub, tree, capsys):
    tree.write("tests/test_a.py", "x")
    tree.write("data/a b[1].txt", "y")
    assert cli.main(["publish", "--repo", "me/gap"]) == 0
    ((token, given, there),) = hub.calls
    assert token == "secret"
    assert (given["repo_id"], given["repo_type"], given["delete_patterns"]) == ("me/gap", "space", "*")
    assert there == {name: path.read_bytes() for name, path in tree.files().items()}
    assert "data/a b[1].txt" in there
    assert not Path(given["folder_path"]).exists()
    assert "https://huggingface.co/spaces/me/gap/commit/1" in capsys.readouterr().out


@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_nothing_is_uploaded_while_there_is_an_error(hub, tree, as_json):
    tree.write("requirements.txt", "gradio==6.31.0\ntorch\n")
    assert cli.main(["publish", "--repo", "me/gap", *as_json]) == 1
    assert hub.calls == []


def test_a_missing_token_is_a_sentence(hub, monkeypatch, capsys):
    monkeypatch.delenv("HF_TOKEN")
    assert cli.main(["publish", "--repo", "me/gap"]) == 2
    assert "HF_TOKEN is not set" in capsys.readouterr().err
    assert hub.calls == []


@pytest.mark.parametrize("name", [None, "", "gap", "a/b/c", "me/ gap", "me/"])
def test_the_space_must_be_named(name):
    with pytest.raises(CallerError, match="OWNER/NAME"):
        check_repository(name)


def test_an_upload_without_repo_is_refused_before_any_work(hub, capsys):
    assert cli.main(["publish"]) == 2
    assert capsys.readouterr().out == ""


def test_what_the_hub_refuses_is_a_sentence(hub, tree):
    hub.error = OSError("connection lost\nmore")
    with pytest.raises(Failure, match=r"did not take the upload to me/gap \(connection lost\)"):
        upload(make_plan(tree.root), "me/gap")


def test_a_space_that_is_not_there(hub, tree):
    from huggingface_hub.errors import RepositoryNotFoundError

    hub.error = RepositoryNotFoundError.__new__(RepositoryNotFoundError)
    with pytest.raises(Failure, match="There is no Space me/gap"):
        upload(make_plan(tree.root), "me/gap")
