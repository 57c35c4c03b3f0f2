"""A cleaned copy is whole, refers to itself, and leaves the original alone, in every layout."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from labelaudit.dataset.tables import Dataset
from labelaudit.io.load import load
from labelaudit.testing import draw
from tests.cli.conftest import Ran
from tests.cli.layouts import LAYOUTS, SIZE, Layout, lone_file, plain, several_files

Run = Callable[..., Ran]


@pytest.fixture(params=LAYOUTS)
def layout(request: pytest.FixtureRequest, tmp_path: Path) -> Layout:
    return LAYOUTS[request.param](tmp_path / "original")


def clean(run: Run, layout: Layout, target: Path, *options: str) -> Ran:
    images = ["--images", layout.images] if layout.images else []
    ran = run("scan", *layout.given, *images, "--fix", "-o", target, *options)
    assert "1 duplicate-box" in ran.out, ran
    return ran


def content(folder: Path) -> dict[Path, bytes]:
    """What is in the files of a folder, by path."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def is_within(dataset: Dataset, folder: Path) -> bool:
    """Whether all files and images that were read are in a folder, as their paths say."""
    files = [Path(dataset.root).absolute() / name for name in dataset.files.path.tolist()]
    paths = [*files, *map(Path, dataset.images.path.tolist())]
    return all(path.is_relative_to(folder) and ".." not in path.parts for path in paths)


def check_whole(target: Path) -> None:
    again = load(target)
    assert is_within(again, target), again.images.path
    assert sorted(Path(name).stem for name in again.images.name.tolist()) == ["a", "b"]
    assert all(again.images.path != "")
    assert sorted(again.class_names[label] for label in again.boxes.label) == ["cat", "dog", "dog"]
    assert again.images.size.tolist() == [list(SIZE)] * 2


def test_it_refers_to_itself_and_finds_its_images(run, layout, tmp_path):
    before = content(tmp_path / "original")
    clean(run, layout, tmp_path / "copies" / "clean")
    check_whole(tmp_path / "copies" / "clean")
    scanned = run("scan", tmp_path / "copies" / "clean", "--select", "DUP,REF,IMG,GEO")
    assert "duplicate-box" not in scanned.out
    assert "missing-image" not in scanned.out
    assert content(tmp_path / "original") == before


def test_with_its_images_copied_it_is_moved_and_the_original_deleted(run, layout, tmp_path):
    clean(run, layout, tmp_path / "clean", "--copy-images")
    shutil.move(tmp_path / "clean", tmp_path / "elsewhere" / "deep" / "moved")
    shutil.rmtree(tmp_path / "original")
    check_whole(tmp_path / "elsewhere" / "deep" / "moved")
    links = (path for path in (tmp_path / "elsewhere").rglob("*") if path.is_symlink())
    assert not list(links)


def test_a_copy_that_is_to_stand_alone_says_which_images_it_lacks(run, tmp_path):
    layout = plain(tmp_path / "original")
    (tmp_path / "original" / "ds" / "images" / "val" / "b.png").unlink()
    ran = clean(run, layout, tmp_path / "clean", "--copy-images")
    assert "\n1 image copied\n1 image not found, and so not copied\n" in ran.err
    assert "not found" not in clean(run, layout, tmp_path / "linked").err


def test_a_copy_of_a_copy_and_changes_in_it_leave_the_original_alone(run, layout, tmp_path):
    clean(run, layout, tmp_path / "clean")
    before = content(tmp_path / "original")
    ran = run("scan", tmp_path / "clean", "--select", "CLS,GEO", "--unsafe-fixes", "--in-place")
    assert ran.code in (0, 1), ran
    run("undo", tmp_path / "clean")
    run("fix", tmp_path / "clean", "--unsafe-fixes", "--in-place")
    assert content(tmp_path / "original") == before


def test_undone_it_is_the_original_but_still_refers_to_itself(run, layout, tmp_path):
    clean(run, layout, tmp_path / "clean")
    assert run("undo", tmp_path / "clean").code == 0
    again = load(tmp_path / "clean")
    assert len(again.boxes) == 4
    assert is_within(again, tmp_path / "clean")


def test_links_hold_while_both_move_together(run, layout, tmp_path):
    clean(run, layout, tmp_path / "original" / "clean")
    shutil.move(tmp_path / "original", tmp_path / "moved" / "along")
    check_whole(tmp_path / "moved" / "along" / "clean")


def test_a_lone_file_becomes_a_file_with_its_images_in_a_folder_beside(run, tmp_path):
    clean(run, lone_file(tmp_path / "original"), tmp_path / "out" / "clean.json")
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["clean.json", "clean.json.patch.jsonl", "clean_images"]
    again = load(tmp_path / "out" / "clean.json")
    assert is_within(again, tmp_path / "out")
    assert len(again.boxes) == 3


def test_a_file_beside_its_original_takes_no_images(run, tmp_path):
    layout = lone_file(tmp_path / "ds")
    ran = run("scan", *layout.given, "--fix")
    assert "Wrote" in ran.err
    names = sorted(path.name for path in (tmp_path / "ds" / "ds").iterdir())
    patch = "labels.cleaned.json.patch.jsonl"
    assert names == ["a.png", "b.png", "labels.cleaned.json", patch, "labels.json"]
    assert all(load(tmp_path / "ds" / "ds" / "labels.cleaned.json").images.path != "")


def test_a_copy_of_several_files_lies_beside_them(run, tmp_path):
    layout = several_files(tmp_path)
    run("scan", *layout.given, "--fix")
    folder = tmp_path / "coco" / "annotations"
    assert (folder / "instances_train2017-instances_val2017.cleaned").is_dir()


def test_nothing_to_fix_writes_nothing_and_says_so(run, tmp_path):
    layout = plain(tmp_path / "original")
    label = tmp_path / "original" / "ds" / "labels" / "train" / "a.txt"
    label.write_text("0 .5 .5 .2 .4\n")
    for words in (("scan", "--fix"), ("fix",)):
        ran = run(words[0], *layout.given, *words[1:], "-o", tmp_path / "clean")
        assert "Nothing to fix: nothing was written." in ran.err
    assert not (tmp_path / "clean").exists()


def test_what_is_there_is_replaced_on_request_alone(run, tmp_path):
    layout = plain(tmp_path / "original")
    clean(run, layout, tmp_path / "clean")
    (tmp_path / "clean" / "old.txt").write_text("old")
    ran = run("scan", *layout.given, "--fix", "-o", tmp_path / "clean")
    assert (ran.code, ran.out) == (2, "")
    assert "exists; give the name of a new file or folder, or replace it by --overwrite" in ran.err
    clean(run, layout, tmp_path / "clean", "--overwrite")
    check_whole(tmp_path / "clean")
    assert not (tmp_path / "clean" / "old.txt").exists()


@pytest.mark.parametrize("target", ["original", "original/ds", "original/ds/images"])
def test_the_dataset_itself_is_never_replaced(run, tmp_path, target):
    layout = plain(tmp_path / "original")
    before = content(tmp_path / "original")
    ran = run("scan", *layout.given, "--fix", "-o", tmp_path / target, "--overwrite")
    assert ran.code == 2
    assert "would be gone" in ran.err
    assert content(tmp_path / "original") == before


def test_an_image_that_nobody_labelled_is_in_the_copy(run, tmp_path):
    layout = plain(tmp_path / "original")
    draw(tmp_path / "original" / "ds" / "images" / "train" / "c.png", SIZE)
    clean(run, layout, tmp_path / "clean")
    assert (tmp_path / "clean" / "images" / "train" / "c.png").is_file()
    assert len(load(tmp_path / "clean").images) == 3


def test_a_name_on_a_server_stays_and_one_of_a_file_elsewhere_leads_to_its_copy(run, tmp_path):
    original = tmp_path / "original"
    (original / "ds").mkdir(parents=True)
    (original / "images").mkdir()
    draw(original / "images" / "a.png", SIZE)
    names = ["../images/a.png", "/data/upload/1/b.png"]
    sides = {"width": SIZE[0], "height": SIZE[1]}
    box = {"category_id": 1, "bbox": [5, 5, 20, 20], "area": 400, "iscrowd": 0}
    content = {
        "images": [{"id": n, "file_name": name, **sides} for n, name in enumerate(names)],
        "categories": [{"id": 1, "name": "cat"}],
        "annotations": [{"id": n, "image_id": n // 2, **box} for n in range(4)],
    }
    (original / "ds" / "labels.json").write_text(json.dumps(content))
    run("scan", original / "ds", "--images", original, "--fix", "-o", tmp_path / "clean")
    written = json.loads((tmp_path / "clean" / "labels.json").read_text())
    found, lost = (image["file_name"] for image in written["images"])
    assert (tmp_path / "clean" / found).is_file()
    assert lost == names[1]
