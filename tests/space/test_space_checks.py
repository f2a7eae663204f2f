"""Sizes, secrets, links and requirements: each has an example that fails."""

import subprocess

import pytest

from mindgap.errors import Failure
from mindgap.space import tree as trees
from mindgap.space.links import check_links, targets
from mindgap.space.requirements import check_requirements, pinned
from mindgap.space.secret_search import check_secrets, secret_in
from mindgap.space.tree import check_sizes, check_untracked, files_to_upload, total_bytes


def git(root, *arguments):
    subprocess.run(
        ["git", "-C", str(root), "-c", "init.defaultBranch=main", *arguments], check=True, capture_output=True
    )


def test_only_what_git_tracks_is_uploaded(tree):
    tree.write(".gitignore", "*.log\n")
    for name in (
        "tests/test_a.py",
        "benchmarks/b.py",
        ".ci/run",
        "requirements-dev.txt",
        "a.log",
        "new.py",
        "data/ä ö.md",
    ):
        tree.write(name, "x = 1\n")
    git(tree.root, "init")
    git(tree.root, "add", "--all")
    git(tree.root, "rm", "--cached", "-q", "new.py")
    expected = [".gitignore", "CONTRIBUTING.md", "README.md", "app.py", "data/ä ö.md", "requirements.txt"]
    assert list(files_to_upload(tree.root)) == expected
    (warning,) = check_untracked(tree.root)
    assert (warning.error, warning.file) == (False, "new.py")
    (tree.root / "app.py").unlink()
    assert "app.py" not in files_to_upload(tree.root)


def test_an_ignored_file_that_is_tracked_by_nobody_is_never_uploaded(tree):
    tree.write(".gitignore", "checkpoints/\n")
    tree.write("checkpoints/model.bin", "x")
    git(tree.root, "init")
    git(tree.root, "add", "--all")
    assert not any(name.startswith("checkpoints") for name in files_to_upload(tree.root))
    assert list(check_untracked(tree.root)) == []


def test_without_a_repository_hidden_and_cache_folders_stay_out(tree):
    for name in (".venv/lib/x.py", ".env", "a/__pycache__/x.pyc", "tests/test_a.py", "a/b.py"):
        tree.write(name, "x")
    assert list(tree.files()) == ["CONTRIBUTING.md", "README.md", "a/b.py", "app.py", "requirements.txt"]


def test_a_repository_without_git_is_refused(tree, monkeypatch):
    (tree.root / ".git").mkdir()
    monkeypatch.setenv("PATH", str(tree.root))
    with pytest.raises(Failure, match="Install git"):
        files_to_upload(tree.root)


def test_sizes(tree, monkeypatch):
    assert tree.found(check_sizes) == []
    monkeypatch.setattr(trees, "MOST_BYTES", 20)
    tree.write("big.txt", "x" * 21)
    assert "big.txt: It has 21 bytes; without LFS or Xet at most 20 can be uploaded." in tree.found(check_sizes)
    total = total_bytes(tree.files())
    assert total == sum(path.stat().st_size for path in tree.root.iterdir())
    monkeypatch.setattr(trees, "MOST_TOTAL", total - 1)
    assert f"All files together have {total:,} bytes" in tree.found(check_sizes)[-1]


def test_a_link_to_another_file_is_not_followed(tree):
    (tree.root / "notes.md").symlink_to(tree.root / "CONTRIBUTING.md")
    assert tree.found(check_sizes)[0].startswith("notes.md: It is a symbolic link")


SECRETS = {
    "a Hugging Face token": "token hf_" + "aB3" * 12,
    "an AWS access key": "AKIA" + "ABCDEFGHIJKLMNOP",
    "an AWS secret key": "aws_secret_access_key = " + "a1B2" * 10,
    "a private key": "-----BEGIN " + "OPENSSH PRIVATE KEY-----",
    "a GitHub token": "ghp_" + "a1" * 18,
    "a GitLab token": "glpat-" + "a1b2" * 5,
    "a Slack token": "xoxb-" + "1234567890ab",
    "a Google key": "AIza" + "a1b2c" * 7,
    "a PyPI token": "pypi-" + "AgEI" * 15,
    "a key of a language model's provider": "sk-" + "a1b2" * 6,
    "a password or token": 'API_KEY = "' + "abc123" * 5 + '"',
}


@pytest.mark.parametrize("kind", SECRETS)
def test_a_secret_is_found_and_not_repeated(tree, kind):
    tree.write("settings.py", f"x = 1\n# {SECRETS[kind]}\n")
    (found,) = tree.found(check_secrets)
    assert found == f"settings.py:2: This looks like {kind}; remove it, and revoke it where it was real."
    assert SECRETS[kind][-8:] not in found


@pytest.mark.parametrize(
    "line",
    [
        "hf_hub_download(repo)",
        'token = os.environ.get("HF_TOKEN")',
        'token="a-sentence-of-letters-alone"',
        "passwords: none",
        "sk-learn",
        "sha256 = '53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db'",
        "-----BEGIN CERTIFICATE-----",
    ],
)
def test_what_is_no_secret(line):
    assert secret_in(line) is None


def test_files_that_hold_secrets_by_their_name(tree):
    tree.write("id_ed25519", "x")
    tree.write("keys/server.pem", "x")
    assert [line.split(":")[0] for line in tree.found(check_secrets)] == ["id_ed25519", "keys/server.pem"]


def test_weights_are_no_text(tree):
    (tree.root / "weights.bin").write_bytes(b"\0\xff" + SECRETS["a private key"].encode())
    assert tree.found(check_secrets) == []


@pytest.mark.parametrize(
    ("line", "finding"),
    [
        (
            "[a](docs/missing.md)",
            "docs/page.md:3: The link to docs/missing.md leads to nothing that would be uploaded.",
        ),
        ("![a](picture.png)", None),
        ("![a](../picture.png)", "leads to nothing"),
        ('[a](../README.md#a-space "title")', None),
        ("[a](../../outside.md)", "leads to nothing"),
        ("[a](/README.md)", "is absolute"),
        ("[a](#part-1-why)", None),
        ("[a](#part-2)", "names a heading that is not there"),
        ("[a](http://example.org/x)", "is not https"),
        ("[a](https:///x)", "has no host"),
        ("[a](https://localhost/x)", "has no host"),
        ("[a](https://example.org/x?y#z)", None),
        ("[a](ftp://example.org)", "is not https"),
        ("[a](https://[bad)", "is no address"),
        ("[a](mailto:a@example.org)", None),
        ("[ref]: missing.md", "leads to nothing"),
        ('<img alt="x" src="gone.png">', "leads to nothing"),
        ("`[a](gone.md)`", None),
        ("[folder](../docs/)", None),
        ("[tests](../tests/test_a.py)", "leads to nothing"),
    ],
)
def test_links(tree, line, finding):
    tree.write("docs/picture.png", "x")
    tree.write("tests/test_a.py", "x")
    tree.write("docs/page.md", f"## Part 1: why?\n\n{line}\n")
    found = tree.found(check_links)
    if finding is None:
        assert found == []
    else:
        assert len(found) == 1
        assert finding in found[0]


def test_code_blocks_have_no_links(tree):
    tree.write("page.md", "```md\n[a](gone.md)\n```\n[b](gone.md)\n")
    assert tree.found(check_links) == ["page.md:4: The link to gone.md leads to nothing that would be uploaded."]


def test_several_links_of_one_line():
    assert targets("[a](b.md), ![c](d.png) and <a href='e.md'>") == ["b.md", "d.png", "e.md"]


@pytest.mark.parametrize(
    ("line", "sound"),
    [
        ("torch==2.13.0", True),
        ("POT==0.9.7.post1", True),
        ("gradio[oauth]==6.31.0", True),
        ('x==1.0; python_version < "3.12"', True),
        ("# a comment", True),
        ("numpy==2.4.6 # why", True),
        ("--extra-index-url https://download.pytorch.org/whl/cpu", True),
        ("torch>=2", False),
        ("torch", False),
        ("torch==2.*", False),
        ("git+https://example.org/x", False),
    ],
)
def test_requirements_are_pinned(tree, line, sound):
    tree.write("requirements.txt", f"gradio==6.31.0\n{line}\n")
    found = tree.found(check_requirements)
    assert found == [] if sound else found[0].startswith("requirements.txt:2: ")


def test_pins_by_name(tree):
    tree.write("requirements.txt", "Rank_BM25==0.2.2\ngradio[oauth]==6.31.0  # page\n")
    assert pinned(tree.files()) == {"rank-bm25": "0.2.2", "gradio": "6.31.0"}


def test_no_requirements(tree):
    (tree.root / "requirements.txt").unlink()
    assert tree.found(check_requirements) == ["requirements.txt: It is not there; a Space installs what it lists."]
