import pytest

from mindgap.space.tree import files_to_upload

README = """---
title: A Space
emoji: 🌉
colorFrom: blue
colorTo: red
sdk: gradio
sdk_version: 6.31.0
python_version: "3.11"
app_file: app.py
license: apache-2.0
short_description: What it shows
---

# A Space

See [how to help](CONTRIBUTING.md) and [the paper](https://arxiv.org/abs/2410.23437).
"""


class Tree:
    """A small Space in a folder, without a repository."""

    def __init__(self, root):
        self.root = root
        self.write("README.md", README)
        self.write("CONTRIBUTING.md", "# Contributing\n")
        self.write("app.py", "print(1)\n")
        self.write("requirements.txt", "gradio==6.31.0\n")

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    def front_matter(self, old, new):
        assert old in README
        self.write("README.md", README.replace(old, new, 1))

    def files(self):
        return files_to_upload(self.root)

    def found(self, check):
        """The findings of a check as "file:line: sentence"."""
        return [f"{finding.where}: {finding.sentence}" for finding in check(self.files())]


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path)
