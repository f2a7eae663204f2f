"""The generator of programs: it keeps its promises, compiles, and stays out of the galleries."""

import json
import os
import random
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from mindgap.errors import CallerError, Failure
from mindgap.paths import data
from mindgap.pretraining.programs import c_code, programs, pseudocode
from mindgap.pretraining.programs.c_loops import choose, expand
from mindgap.pretraining.programs.catalogue import Node, catalogue, synonyms, tree
from mindgap.pretraining.programs.draw import C_LINES, PSEUDOCODE_LINES, draw
from mindgap.pretraining.programs.naming import Identifiers, pool

KINDS = ("c", "pseudocode")
TOPICS = set(
    "arrays strings number-theory parsing arithmetic bits encoding games files-and-text statistics trees "
    "dynamic-programming system-calls dates-and-time lists graphs geometry physics-and-units hashing "
    "everyday-calculations state-machines simulation puzzles recursion queues searching sorting memory-management "
    "stacks matrices".split()
)
SKELETONS = [skeleton for group in catalogue().values() for skeleton in group]


@cache
def drawn(kind):
    return programs(kind, 5000, 7)


def compile_errors(texts, folder):
    if not shutil.which("gcc"):
        assert not os.environ.get("CI"), "CI must have gcc: the generated programs may not stay uncompiled there"
        pytest.skip("gcc is not installed")
    paths = [folder / f"program{i}.c" for i in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text + "\n", "utf-8")
    return subprocess.run(["gcc", "-std=c11", "-fsyntax-only", *map(str, paths)], capture_output=True, text=True).stderr


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_draws_the_same_and_another_does_not(kind):
    assert programs(kind, 60, 3) == programs(kind, 60, 3)
    assert programs(kind, 60, 3)[:20] == programs(kind, 20, 3)
    assert len(set(programs(kind, 60, 3)) & set(programs(kind, 60, 4))) < 6


@pytest.mark.parametrize("kind", KINDS)
def test_hash_randomisation_changes_nothing(kind):
    code = f"from mindgap.pretraining.programs import programs; print(programs({kind!r}, 40, 5))"
    root = Path(__file__).parents[2]
    for hash_seed in ("0", "77"):
        env = {**os.environ, "PYTHONHASHSEED": hash_seed}
        out = subprocess.run(
            [sys.executable, "-c", code], cwd=root, env=env, capture_output=True, text=True, check=True
        )
        assert out.stdout.strip() == repr(programs(kind, 40, 5))


def test_the_kinds_are_not_aligned():
    def names(kind):
        rng = random.Random(f"programs:{kind}:1")
        return [[s.name for s in draw(kind, rng)[0]] for _ in range(300)]

    agreements = sum(a == b for a, b in zip(names("c"), names("pseudocode"), strict=True))
    assert agreements < 15  # chance alone gives about 1 in 200


def test_an_unknown_kind_is_the_callers_mistake():
    with pytest.raises(CallerError, match=r"'rust'.*c, pseudocode"):
        programs("rust", 1, 0)
    with pytest.raises(CallerError, match="-1"):
        programs("c", -1, 0)
    assert programs("c", 0, 0) == []


@pytest.mark.parametrize("kind", KINDS)
def test_texts_are_distinct_and_of_the_promised_length(kind):
    texts = drawn(kind)
    assert len(set(texts)) > 0.95 * len(texts)
    lines = C_LINES if kind == "c" else PSEUDOCODE_LINES
    assert {text.count("\n") + 1 for text in texts} <= set(lines)


@pytest.mark.parametrize("kind", KINDS)
def test_every_topic_and_every_skeleton_appears(kind):
    rng = random.Random(2)
    seen = {(s.topic, s.name) for _ in range(5000) for s in draw(kind, rng)[0]}
    assert {topic for topic, _ in seen} == TOPICS == set(catalogue())
    assert seen == {(s.topic, s.name) for s in SKELETONS}


def test_the_catalogue_is_broad():
    assert len(SKELETONS) >= 90
    assert min(len(group) for group in catalogue().values()) >= 3
    for skeleton in SKELETONS:
        assert skeleton.steps, skeleton.name
        assert skeleton.functions or skeleton.inlines, skeleton.name


def test_the_words_are_many():
    words = {word for text in drawn("pseudocode") for word in re.findall(r"[a-z]{2,}", text.lower())}
    assert len(words) >= 1200
    code = re.sub(r'"(?:\\.|[^"\\])*"', "", "\n".join(drawn("c")))
    assert len(set(re.findall(r"[A-Za-z_]\w*", code))) >= 800


@pytest.mark.parametrize("kind", KINDS)
def test_no_mark_of_the_templates_is_left(kind):
    for text in drawn(kind):
        assert not re.search(r"[«»¦$\t ]+$|[«»¦$]", text.replace("\t", " "), re.MULTILINE), text
        if kind == "pseudocode":
            assert not re.search(r"[{}]|,:|\.:|\.,| ,|!", text.replace("!=", "")), text


def test_c_holds_no_comments():
    for text in drawn("c"):
        code = re.sub(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])+\'', "", text)
        assert "/*" not in code
        assert "//" not in code


def test_drawn_programs_compile(tmp_path):
    assert compile_errors(programs("c", 40, 11), tmp_path) == ""


def test_every_skeleton_compiles(tmp_path):
    rng = random.Random(4)
    assert compile_errors([c_code.render([skeleton], rng) for skeleton in SKELETONS], tmp_path) == ""


def test_every_wording_of_every_skeleton_renders():
    for seed in range(12):
        rng = random.Random(seed)
        for skeleton in SKELETONS:
            assert pseudocode.render([skeleton], rng)


def test_loops_take_every_form_and_mean_the_same(tmp_path):
    body = tree(["for int $i in 2..=5 {", '    printf("%d", $i);', "for int $j down 0..3 {", "    putchar('a' + $j);"])
    forms = {str(expand(body, random.Random(seed))) for seed in range(60)}
    assert len(forms) >= 6
    for word in ("'for (", "'while (", "'do {", ">= 0", "-- > 0"):
        assert any(word in form for form in forms), word


@pytest.mark.skipif(not shutil.which("gcc"), reason="gcc is not installed")
def test_every_form_of_a_loop_counts_alike(tmp_path):
    section = next(s for s in SKELETONS if s.name == "running_total")
    lines = ["$T $acc = 0;", "$T $a[] = {1, 2, 3};", "each $item in $a, 3 {", "    $acc += $item;"]
    lines += ["for int $i in 2..=5 {", "    $acc += 10 * $i;", "for int $j down 0..3 {", "    $acc += 100 * $j;"]
    body = (*tree(lines), Node('printf("%g ", (double)$acc);'))
    for seed in range(8):
        rng = random.Random(seed)
        writer = c_code._Writer(section, Identifiers(rng), rng)
        code = "\n".join(c_code._lines(expand(body, rng), c_code._draw_style(rng), 1))
        path = tmp_path / f"{seed}.c"
        path.write_text(f"#include <stdio.h>\nint main(void) {{\n{writer.fill(code)}\n}}\n")
        subprocess.run(["gcc", "-std=c11", "-o", tmp_path / "out", path], check=True)
        out = subprocess.run([tmp_path / "out"], capture_output=True, text=True).stdout
        assert out.strip() == "446"  # 1+2+3, then 10*(2+3+4+5), then 100*(2+1+0)


def test_braces_go_only_where_no_else_could_stray():
    bare = Node("for (;;) {", (Node("if (a) {", (Node("b();"),)),))
    assert c_code._may_be_bare(bare)
    assert not c_code._may_be_bare(Node("if (c) {", (bare,)))
    assert not c_code._may_be_bare(Node("if (c) {", (Node("x();"), Node("y();"))))
    assert not c_code._may_be_bare(Node("switch (c) {", (Node("x();"),)))


def test_a_choice_takes_one_side_and_one_number():
    rng = random.Random(0)
    assert {choose("a «b¦c¦» $[3-4]", rng) for _ in range(99)} == {f"a {x} {n}" for x in ("b", "c", "") for n in (3, 4)}


def test_a_role_without_names_is_reported():
    with pytest.raises(Failure, match="nonesuch"):
        pool(SKELETONS[0], "nonesuch")


def test_synonyms_open_with_themselves():
    for phrase, group in synonyms().items():
        assert group[0] == phrase.lstrip("!+")
        assert len(set(group)) >= 2, phrase


def test_no_text_stands_in_a_gallery():
    taken = set()
    for split in ("train", "validation", "test"):
        for line in (data("pseudocode-c") / f"{split}.jsonl").read_text("utf-8").splitlines():
            pair = json.loads(line)
            taken |= {" ".join(pair[field].split()) for field in ("query", "document", "description")}
            taken |= {" ".join(text.split()) for text in pair.get("negatives", ())}
    for kind in KINDS:
        assert not taken & {" ".join(text.split()) for text in drawn(kind)}
