"""Files of formats that are read, written so that they are not: each is answered with a command."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from labelaudit.errors import FormatError
from labelaudit.io.formats.unread_files import wide_encoding, wrapped_coco
from labelaudit.io.load import load
from labelaudit.testing import draw

COCO = {
    "images": [{"id": 1, "file_name": "a.png", "width": 64, "height": 48}],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [4, 6, 30, 20]}],
    "categories": [{"id": 1, "name": "cat"}],
}
EMPTY = {"images": [], "annotations": [], "categories": []}


def refused(path: Path) -> str:
    with pytest.raises(FormatError) as error:
        load(path)
    return str(error.value)


def run(words: str) -> None:
    """Run the command that a message ends with, in this Python."""
    (program,) = re.findall(r'python -c "([^"]*)"', words)
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("whole_folder", [True, False])
@pytest.mark.parametrize(
    ("content", "said", "made"),
    [
        ({"data": COCO}, "COCO under data in x.json", "x_data.coco.json"),
        ({"version": 1, "coco": COCO}, "COCO under coco in x.json", "x_coco.coco.json"),
        ({"a": {"b": COCO}}, "COCO under a.b in x.json", "x_a_b.coco.json"),
        ([COCO], "COCO in a list in x.json", "x.coco.json"),
        ({"train": COCO, "val": EMPTY}, "COCO under train in x.json", "x_train.coco.json"),
    ],
)
def test_coco_in_another_object_is_taken_out_by_the_command_that_the_message_has(
    content: Any, said: str, made: str, whole_folder: bool, tmp_path: Path
):
    draw(tmp_path / "a.png", (64, 48))
    path = tmp_path / "x.json"
    path.write_text(json.dumps(content))
    words = refused(tmp_path if whole_folder else path)
    assert f"{said} is not read; take it out: " in words
    assert ("and do so with 1 more in it" in words) == ("val" in content)
    run(words)
    assert load(tmp_path / made).boxes.xyxy.tolist() == [[4, 6, 34, 26]]


def test_a_long_wrapped_file_is_known_by_its_beginning(tmp_path: Path):
    images = [{"id": n, "file_name": f"{n}.png", "width": 64, "height": 48} for n in range(5000)]
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"data": {"categories": [], "images": images, "annotations": []}}))
    assert path.stat().st_size > 1 << 17
    assert "COCO under data in x.json is not read" in refused(path)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
@pytest.mark.parametrize("ending", [".json", ".jsonl"])
def test_json_of_wide_letters_is_saved_anew_by_the_command(ending, encoding, tmp_path: Path):
    draw(tmp_path / "a.png", (64, 48))
    text = json.dumps(
        COCO if ending == ".json" else {"file_name": "a.png", "objects": {"bbox": []}}
    )
    path = tmp_path / f"x{ending}"
    path.write_text(text, encoding)
    words = refused(tmp_path)
    assert f"save x{ending} as UTF-8: it is {encoding[:6].upper()} text" in words
    run(words)
    assert path.read_text("utf-8") == text
    assert len(load(tmp_path).images) == 1


@pytest.mark.parametrize(("name", "text"), [("a.txt", "0 .5 .5 .1 .1\n"), ("a.yaml", "a: 1\n")])
def test_other_text_of_wide_letters_is_named(name, text, tmp_path: Path):
    (tmp_path / name).write_text(text, "utf-16")
    assert f"save {name} as UTF-8: it is UTF-16 text" in refused(tmp_path)
    assert wide_encoding(name, text.encode()) == ""


def test_a_path_that_a_shell_would_change_is_quoted(tmp_path: Path):
    folder = tmp_path / "a $HOME `x`"
    folder.mkdir()
    (folder / "x.json").write_text(json.dumps({"data": COCO}))
    words = refused(folder)
    command = words[words.index("python -c") :].replace("python", sys.executable, 1)
    subprocess.run(["sh", "-c", command], check=True)
    assert len(load(folder / "x_data.coco.json").boxes) == 1


@pytest.mark.parametrize("value", [COCO, {"info": {"images": 3}}, [1], {"a": [{"images": []}]}])
def test_coco_itself_and_what_has_one_list_alone_are_not_wrapped(value):
    assert wrapped_coco(value) == []


POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab\nsize 12345\n"


@pytest.mark.parametrize("name", ["labels/a.txt", "labels.json", "a.csv", "Annotations/a.xml"])
def test_labels_that_git_lfs_did_not_fetch_are_named_with_what_fetches_them(name, tmp_path: Path):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(POINTER)
    said = f"{name}: pointers of Git LFS, not the labels themselves; git lfs pull fetches these"
    if name.endswith(".xml"):  # in a folder that says what its files are
        assert said in load(tmp_path).notes
    else:
        assert said in refused(tmp_path)


def test_labels_that_were_fetched_are_read_beside_those_that_were_not(tmp_path: Path):
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "a.txt").write_text("0 0.5 0.5 0.2 0.2\n")
    (tmp_path / "labels" / "b.txt").write_text(POINTER)
    dataset = load(tmp_path)
    assert len(dataset.boxes) == 1
    assert any("labels/b.txt: pointers of Git LFS" in note for note in dataset.notes)
