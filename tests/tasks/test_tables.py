import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mindgap.errors import Unavailable
from mindgap.tasks.tables import read_columns, split_files, text_columns

CURE = "fetch it again"


def parquet(path, **columns):
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)


def names(found):
    return {split: [path.name for path in paths] for split, paths in found.items()}


def test_splits_are_told_by_file_and_folder_names(tmp_path):
    for name in (
        "data/train-00001-of-00002.parquet", "data/train-00000-of-00002.parquet", "data/test-00000-of-00001.parquet",
        "validation/0000.parquet", "data/dev.parquet", "data/trainer.parquet", ".hidden/test.parquet",
    ):  # fmt: skip
        parquet(tmp_path / name, a=["x"])
    assert names(split_files(tmp_path)) == {
        "train": ["train-00000-of-00002.parquet", "train-00001-of-00002.parquet", "trainer.parquet"],
        "test": ["test-00000-of-00001.parquet"],
        "validation": ["dev.parquet", "0000.parquet"],
    }


def test_parquet_comes_before_other_formats_and_descriptions_are_no_rows(tmp_path):
    (tmp_path / "dataset_infos.json").write_text("{}")
    assert split_files(tmp_path) == {}
    (tmp_path / "train.jsonl").write_text('{"a": "x"}\n')
    assert names(split_files(tmp_path)) == {"train": ["train.jsonl"]}
    parquet(tmp_path / "rows.parquet", a=["x"])
    assert names(split_files(tmp_path)) == {"train": ["rows.parquet"]}


def test_columns_and_whether_they_hold_text(tmp_path):
    path = tmp_path / "train.parquet"
    category = pa.array(["x", "y"]).dictionary_encode()
    parquet(path, text=["a", "b"], large=pa.array(["a", "b"], pa.large_string()), number=[1, 2], category=category)
    assert text_columns([path], CURE) == {"text": True, "large": True, "number": False, "category": True}


@pytest.mark.parametrize("suffix", [".parquet", ".jsonl", ".json", ".csv", ".tsv"])
def test_every_format_gives_the_same_rows(tmp_path, suffix):
    path = tmp_path / f"train{suffix}"
    rows = [{"code": "int a;\nint b;", "label": 1}, {"code": 'char *s = "é";', "label": 0}]
    mark = "\t" if suffix == ".tsv" else ","
    quoted = [f'"{row["code"].replace(chr(34), chr(34) * 2)}"{mark}{row["label"]}' for row in rows]
    if suffix == ".parquet":
        parquet(path, code=[row["code"] for row in rows], label=[1, 0])
    elif suffix == ".jsonl":
        path.write_text("\n".join(map(json.dumps, rows)) + "\n", "utf-8")
    elif suffix == ".json":
        path.write_text(json.dumps(rows, ensure_ascii=False), "utf-8")
    else:
        path.write_text("\n".join([mark.join(["code", "label"]), *quoted]) + "\n", "utf-8")
    assert text_columns([path], CURE) == {"code": True, "label": False}
    assert read_columns([path], ["code", "label"], CURE) == {"code": [r["code"] for r in rows], "label": [1, 0]}


def test_the_limit_counts_through_all_files(tmp_path):
    paths = [tmp_path / f"train-{i}.parquet" for i in range(3)]
    for i, path in enumerate(paths):
        parquet(path, a=[f"{i}{j}" for j in range(3)])
    assert read_columns(paths, ["a"], CURE, 4) == {"a": ["00", "01", "02", "10"]}
    assert len(read_columns(paths, ["a"], CURE)["a"]) == 9


@pytest.mark.parametrize("name", ["train.parquet", "train.json", "train.jsonl", "train.csv"])
def test_a_damaged_file_is_one_sentence_with_the_cure(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b'PAR1 "\xff broken \n,,\n,')
    with pytest.raises(Unavailable, match=rf"{name} of the data set in .* cannot be read \(.*\): {CURE}"):
        text_columns([path], CURE)


def test_a_column_that_a_later_file_lacks_is_one_sentence(tmp_path):
    parquet(tmp_path / "train-0.parquet", a=["x"])
    parquet(tmp_path / "train-1.parquet", b=["x"])
    with pytest.raises(Unavailable, match=r"train-1\.parquet"):
        read_columns(sorted(tmp_path.glob("*.parquet")), ["a"], CURE)


def test_a_number_that_no_type_holds_does_not_hinder_the_other_columns(tmp_path):
    path = tmp_path / "train.json"
    path.write_text(json.dumps([{"id": 10**30, "mixed": "a", "text": "x"}, {"id": 1, "mixed": 2, "text": "y"}]))
    assert text_columns([path], CURE) == {"id": False, "mixed": False, "text": True}
    assert read_columns([path], ["text"], CURE) == {"text": ["x", "y"]}
    with pytest.raises(Unavailable, match="its contents are at fault"):
        read_columns([path], ["id"], CURE)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("train.csv", "a,a\nx,y\n"),
        ("train.jsonl", '{"a": "x", "a": "y"}\n'),
        ("train.jsonl", '{"a": 1}\n{"a": "y"}\n'),
        ("train.json", '[{"a": "x"}, {"a": 2}]'),
        ("train.json", '[{"a": 2}, {"a": "x"}]'),
    ],
)
def test_what_fetching_again_cannot_mend_says_so(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    with pytest.raises(Unavailable, match=r"cannot be read .* fetching it again does not help") as refused:
        read_columns([tmp_path / name], ["a"], CURE)
    assert CURE not in str(refused.value)
