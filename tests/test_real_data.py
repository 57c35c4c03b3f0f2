"""Published datasets: their known errors are found, and files change only where they are fixed.

What else is found in them, and whether it is true, is in docs/real-data.md.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labelaudit.auditing import findings_file
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.fixes.apply import apply, fixable
from labelaudit.auditing.run import audit
from labelaudit.core.rows import all_but
from labelaudit.dataset.tables import Dataset
from labelaudit.images.files import is_image
from labelaudit.io.load import load
from labelaudit.io.patch_names import PATCH
from labelaudit.io.save import save, undo

OLD_TACO = "taco/annotations_2019-06-26_bbox_y_flipped.json"
SETS = ["bccd", "cards", "coco_cc/instances.json", "taco/annotations.json", OLD_TACO]

RULES = {  # the rule that shows each kind of known error
    "degenerate_box": "tiny-box",
    "near_duplicate_box": "near-duplicate-box",
    "duplicate_annotation_id": "duplicate-annotation-id",
    "out_of_bounds_box": "out-of-bounds",
    "overlapping_boxes_of_two_classes": "conflicting-classes",
    "category_without_annotations": "unused-class",
    "box_disagrees_with_segmentation": "wrong-convention",
}
KINDS = {  # how many of each kind are known
    ("bccd", "degenerate_box"): 2,
    ("bccd", "near_duplicate_box"): 7,
    ("taco/annotations.json", "duplicate_annotation_id"): 2,
    ("taco/annotations.json", "out_of_bounds_box"): 1,
    ("taco/annotations.json", "overlapping_boxes_of_two_classes"): 2,
    ("taco/annotations.json", "category_without_annotations"): 1,
    (OLD_TACO, "box_disagrees_with_segmentation"): 1,
}
# What a box holds, and where none is, only a model or somebody who looks at the image can tell.
UNSEEN = {
    ("bccd", "wrong_class"): 3,
    ("bccd", "missing_box"): 6,
    ("bccd", "class_not_annotated"): 15,
}

Entry = dict[str, Any]  # JSON: a known error, or a finding as the fix list has it


def known_errors(shared: Path, name: str) -> list[Entry]:
    folder, _, file = name.partition("/")
    content = json.loads((shared / folder / "known_errors.json").read_text("utf-8"))
    errors: list[Entry] = content["files"][file] if file else content["errors"]
    return errors


@pytest.fixture(scope="module")
def findings(shared_data: Path) -> dict[str, list[Entry]]:
    """What is found in each dataset with default settings."""
    loaded = {name: load(shared_data / name) for name in SETS}
    return {name: list(findings_file.entries(audit(data), data)) for name, data in loaded.items()}


def is_found(error: Entry, entries: list[Entry]) -> bool:
    """Whether the expected rule found what the error names: objects, ids or a class, or a file."""
    named = {
        error[key]
        for key in ("object_index", "other_object_index", "annotation_id", "other_annotation_id")
        if key in error
    }
    return any(
        entry["name"] == RULES[error["kind"]]
        and entry["image"] == error.get("image", entry["image"])
        and set(entry["annotations"]) == named
        and error.get("category", "") in ["", *entry["classes"]]
        for entry in entries
    )


@pytest.mark.parametrize(("name", "kind"), KINDS)
def test_every_known_error_that_labels_can_show_is_found(
    shared_data: Path, findings: dict[str, list[Entry]], name: str, kind: str
) -> None:
    errors = [error for error in known_errors(shared_data, name) if error["kind"] == kind]
    assert len(errors) == KINDS[name, kind]
    assert [error for error in errors if not is_found(error, findings[name])] == []


def test_no_kind_of_known_error_is_passed_over(shared_data: Path) -> None:
    names = ["bccd", "taco/annotations.json", OLD_TACO]
    kinds = [(name, error["kind"]) for name in names for error in known_errors(shared_data, name)]
    assert Counter(kinds) == KINDS | UNSEEN


def test_cells_of_the_wrong_class_are_of_the_wrong_size_too(
    shared_data: Path, findings: dict[str, list[Entry]]
) -> None:
    wrong = {
        (error["image"], error["object_index"])
        for error in known_errors(shared_data, "bccd")
        if error["kind"] == "wrong_class"
    }
    outliers = [entry for entry in findings["bccd"] if entry["name"] == "size-outlier"]
    assert {(entry["image"], *entry["annotations"]) for entry in outliers} == wrong


def test_the_page_about_real_data_counts_what_is_found(findings: dict[str, list[Entry]]) -> None:
    page = (Path(__file__).parents[1] / "docs" / "real-data.md").read_text("utf-8")
    table = page.split("| rule |")[1].split("| images |")[0].splitlines()[2:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    written = {
        (name, row[0]): int(cell)
        for row in rows
        for name, cell in zip(SETS, row[1:], strict=True)
        if cell
    }
    assert written == Counter(
        (name, f"{entry['name']} ({entry['severity']})")
        for name in SETS
        for entry in findings[name]
    )


def worse_than_info(entries: list[Entry]) -> list[tuple[str, list[Any]]]:
    return [(one["name"], one["annotations"]) for one in entries if one["severity"] != "info"]


def test_in_the_playing_cards_one_picture_is_there_in_two_sizes(
    findings: dict[str, list[Entry]],
) -> None:
    (one,) = findings["cards"]
    assert one["name"] == "near-duplicate-image"
    assert "cam_image1.jpg" in one["message"]
    assert "cam_image54.jpg" in one["message"]


def test_errors_and_warnings_in_coco_and_taco_are_the_known_ones(
    findings: dict[str, list[Entry]],
) -> None:
    assert worse_than_info(findings["coco_cc/instances.json"]) == []
    assert worse_than_info(findings["taco/annotations.json"]) == [
        ("duplicate-annotation-id", [309, 309]),
        ("duplicate-annotation-id", [4040, 4040]),
        ("out-of-bounds", [1777]),
    ]
    assert worse_than_info(findings[OLD_TACO]) == [("wrong-convention", [])]


def test_beside_the_known_ones_bccd_has_one_more_pair_of_boxes_on_a_cell(
    shared_data: Path, findings: dict[str, list[Entry]]
) -> None:
    known = {
        (error["image"], error["object_index"])
        for error in known_errors(shared_data, "bccd")
        if "object_index" in error
    }
    found = {
        (entry["image"], entry["annotations"][0])
        for entry in findings["bccd"]
        if entry["annotations"]
    }
    assert found - known == {("BloodImage_00013.jpg", 14)}


def fixed(dataset: Dataset) -> Dataset:
    """The dataset after all its fixes, unsafe ones too."""
    findings = audit(dataset)
    return apply(dataset, findings.rows(fixable(findings, unsafe=True))).dataset


def label_files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not is_image(path.name) and not path.name.endswith(PATCH)
    }


@pytest.mark.parametrize("name", ["bccd", "cards"])
def test_a_folder_copied_without_changes_is_the_same_bytes_and_links_to_its_images(
    shared_data: Path, tmp_path: Path, name: str
) -> None:
    save(load(shared_data / name), tmp_path / "out")
    assert label_files(tmp_path / "out") == label_files(shared_data / name)
    pictures = [path for path in (tmp_path / "out").rglob("*") if is_image(path.name)]
    assert len(pictures) == len(load(shared_data / name).images)
    assert all(path.is_symlink() and path.exists() for path in pictures)


def without_objects(text: bytes, gone: set[int]) -> bytes:
    """A Pascal VOC file without the lines of some of its objects."""
    number = iter(range(text.count(b"<object>")))
    return re.sub(
        rb"(?s)[ \t]*<object>.*?</object>\r?\n",
        lambda match: b"" if next(number) in gone else match.group(),
        text,
    )


@pytest.mark.parametrize(("name", "fixes"), [("bccd", 10), ("cards", 0)])
def test_dropped_objects_take_their_lines_along_and_undo_gives_them_back(
    shared_data: Path, tmp_path: Path, name: str, fixes: int
) -> None:
    dataset = load(shared_data / name)
    cleaned = fixed(dataset)
    assert len(cleaned.boxes) == len(dataset.boxes) - fixes
    cleaned = cleaned.keep(
        boxes=all_but(len(cleaned.boxes), np.arange(0, len(cleaned.boxes), 40))
    )  # as a user's code might
    save(cleaned, tmp_path / "out")
    places = [
        set(zip(data.boxes.file.tolist(), data.boxes.record.tolist(), strict=True))
        for data in (dataset, cleaned)
    ]
    expected = label_files(shared_data / name)
    for file, path in enumerate(dataset.files.path.tolist()):
        gone = {record for owner, record in places[0] - places[1] if owner == file}
        expected[path] = without_objects(expected[path], gone)
    assert label_files(tmp_path / "out") == expected
    undo(tmp_path / "out")
    assert label_files(tmp_path / "out") == label_files(shared_data / name)


def test_records_dropped_from_coco_leave_all_others_as_they_are(
    shared_data: Path, tmp_path: Path
) -> None:
    path = shared_data / "coco_cc" / "instances.json"
    dataset = load(path)
    gone = np.arange(0, len(dataset.boxes), 40)
    save(dataset.keep(boxes=all_but(len(dataset.boxes), gone)), tmp_path / "out.json")
    content = json.loads(path.read_bytes())
    content["annotations"] = [
        one for row, one in enumerate(content["annotations"]) if row not in gone
    ]
    assert repr(json.loads((tmp_path / "out.json").read_bytes())) == repr(content)
    undo(tmp_path / "out.json")
    assert (tmp_path / "out.json").read_bytes() == path.read_bytes()


def test_the_old_taco_file_becomes_what_its_authors_made_of_it(
    shared_data: Path, tmp_path: Path
) -> None:
    path = shared_data / OLD_TACO
    dataset = load(path)
    findings = audit(dataset, min_severity=Severity.ERROR)
    save(apply(dataset, findings).dataset, tmp_path / "out.json")
    old, new = (json.loads(file.read_bytes()) for file in (path, tmp_path / "out.json"))
    assert _without_boxes(new) == _without_boxes(old)
    published = json.loads((shared_data / "taco" / "annotations.json").read_bytes())
    assert _boxes_by_mask(new).items() <= _boxes_by_mask(published).items()
    undo(tmp_path / "out.json")
    assert (tmp_path / "out.json").read_bytes() == path.read_bytes()


def _without_boxes(content: Entry) -> Entry:
    annotations = [one | {"bbox": None} for one in content["annotations"]]
    return content | {"annotations": annotations}


def _boxes_by_mask(content: Entry) -> dict[str, list[float]]:
    images = {one["id"]: one["file_name"] for one in content["images"]}
    return {
        f"{images[one['image_id']]} {one['segmentation']}": one["bbox"]
        for one in content["annotations"]
    }
