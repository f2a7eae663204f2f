import pytest

from mindgap.encoders.spec import Hub, ModelSpec
from mindgap.space import preload
from mindgap.space.front_matter import REQUIRED, check_front_matter, is_emoji, read_front_matter

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LAST = "short_description: What it shows\n"


def test_a_complete_block_passes(tree):
    assert tree.found(check_front_matter) == []


@pytest.mark.parametrize("key", REQUIRED)
def test_each_required_key_is_asked_for(tree, key):
    line = next(
        line for line in tree.files()["README.md"].read_text("utf-8").splitlines() if line.startswith(key + ":")
    )
    tree.front_matter(line + "\n", "")
    (found,) = tree.found(check_front_matter)
    assert found == f"README.md:1: The front matter has no {key}; add it."


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("emoji: 🌉", "emoji: bridge", "README.md:3: emoji is 'bridge'; it must be an emoji"),
        ("colorFrom: blue", "colorFrom: teal", "README.md:4: colorFrom is 'teal'; it must be one of red, yellow"),
        ("colorTo: red", "colorTo: crimson", "README.md:5: colorTo is 'crimson'"),
        ("sdk: gradio", "sdk: docker", "README.md:6: sdk is 'docker'; it must be one of gradio"),
        ("6.31.0", "6.30.0", "README.md:7: sdk_version is 6.30.0, but requirements.txt has gradio==6.31.0"),
        ('"3.11"', "3.10", "README.md:8: python_version is the number 3.1; put it in quotes"),
        ('"3.11"', '"latest"', "README.md:8: python_version is 'latest'"),
        ("app_file: app.py", "app_file: main.py", "README.md:9: app_file is main.py, which would not be uploaded"),
        ("apache-2.0", "Apache 2.0", "README.md:10: license is 'Apache 2.0'"),
        ("What it shows", "x" * 61, "README.md:11: short_description has 61 characters; at most 60"),
        (LAST, LAST + "models: a/b\n", "README.md:12: models must be a list"),
        (LAST, LAST + "models:\n  - a/b\n  - a b\n", "README.md:12: models names 'a b'"),
        (LAST, LAST + "datasets:\n  - a/b/c\n", "README.md:12: datasets names 'a/b/c'"),
        (LAST, LAST + "tags:\n  - 1\n", "README.md:12: tags must be a list of words"),
        (LAST, LAST + "thumbnail: docs/a.png\n", "README.md:12: thumbnail is 'docs/a.png'; it must be an https"),
        (
            LAST,
            LAST + "suggested_hardware: h100\n",
            "README.md:12: suggested_hardware is 'h100'; it must be one of cpu",
        ),
        (LAST, LAST + "short_descripton: x\n", "README.md:12: A Space knows no short_descripton. Did you mean"),
    ],
)
def test_each_wrong_value_is_a_sentence_with_its_line(tree, old, new, finding):
    tree.front_matter(old, new)
    (found,) = tree.found(check_front_matter)
    assert found.startswith(finding)


def test_what_a_space_does_not_know_is_no_error(tree):
    tree.front_matter(LAST, LAST + "mood: good\n")
    assert [finding.error for finding in check_front_matter(tree.files())] == [False]


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        ("# A Space\n", 1, "There is no front matter"),
        ("", 1, "There is no front matter"),
        ("---\ntitle: x\n", 1, "has no end"),
        ("---\ntitle: x\nemoji: [\n---\n", 3, "cannot be read"),
        ("---\ntitle: x\n  sdk: y: z\n---\n", 3, "cannot be read"),
        ("---\n- a\n---\n", 1, "no list of keys"),
    ],
)
def test_a_block_that_cannot_be_read(text, line, sentence):
    found = read_front_matter(text)
    assert found.line == line
    assert sentence in found.sentence


def test_the_block_builds_no_objects():
    assert "cannot be read" in read_front_matter("---\na: !!python/object/apply:os.getcwd []\n---\n").sentence


def test_no_readme(tree):
    (tree.root / "README.md").unlink()
    assert tree.found(check_front_matter) == ["README.md: It is missing."]


def test_emoji_and_what_is_none():
    assert all(map(is_emoji, ["🌉", "👩🏽‍🚀", "❤️", "🇫🇷"]))
    assert not any(map(is_emoji, ["", "a", "🌉a", "1", None, "‍"]))


@pytest.fixture
def pinned(monkeypatch):
    models = {
        "a": ModelSpec("a", "A", Hub("owner/a", COMMIT)),
        "b": ModelSpec("b", "B", Hub("owner/b", "main")),
    }
    monkeypatch.setattr(preload, "known_models", lambda: models)


@pytest.mark.parametrize(
    ("entry", "wrong"),
    [
        (f"owner/a config.json,model.safetensors {COMMIT}", None),
        ("owner/b", None),
        ("owner/other weights/model.bin", None),
        ("owner/a", f"owner/a names no commit, and the presets pin {COMMIT}"),
        ("owner/a config.json", "names no commit"),
        (f"owner/a config.json {COMMIT[::-1]}", f"is preloaded at {COMMIT[::-1]}, but the presets pin {COMMIT}"),
        ("owner/b config.json main", "'main' for a commit"),
        ("owner/b config.json, vocab.txt " + COMMIT, "no space after a comma"),
        ("owner/b config.json,", "empty file name"),
        ("bad//name", "is not `owner/name"),
        ("", "is not `owner/name"),
    ],
)
def test_what_is_preloaded_is_what_the_presets_pin(tree, pinned, entry, wrong):
    tree.front_matter(LAST, LAST + f'preload_from_hub:\n  - owner/b\n  - "{entry}"\n')
    found = tree.found(check_front_matter)
    if wrong is None:
        assert found == []
    else:
        assert found[0].startswith("README.md:14: preload_from_hub: ")
        assert wrong in found[0]


def test_a_preload_that_is_no_list(tree):
    tree.front_matter(LAST, LAST + "preload_from_hub: owner/a\n")
    assert "must be a list of lines" in tree.found(check_front_matter)[0]


def test_the_presets_say_what_they_pin():
    pinned = preload.pinned_revisions()
    assert set(pinned) >= {"microsoft/codebert-base", "sentence-transformers/all-mpnet-base-v2"}
    assert all(pinned.values())


def test_the_space_preloads_the_papers_models_at_their_pins_with_all_that_loading_needs():
    import yaml

    from mindgap import paths
    from mindgap.hub.choice import model_files
    from mindgap.presets import PRESETS

    front = yaml.safe_load((paths.ROOT / "README.md").read_text("utf-8").split("---\n")[1])
    entries = {
        repository: (files.split(","), commit)
        for repository, files, commit in map(str.split, front["preload_from_hub"])
    }
    pinned = {spec.source.repository: spec.source.revision for spec in PRESETS.get("paper").models.values()}
    assert {repository: commit for repository, (_, commit) in entries.items()} == pinned
    for repository, (files, _) in entries.items():
        assert set(model_files(files, repository)) == set(files)
