from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from labelaudit.auditing.run import Options, audit
from labelaudit.auditing.scan import fixed, scan
from labelaudit.dataset.tables import Dataset
from labelaudit.io.load import load
from labelaudit.io.save import save
from labelaudit.testing import draw

Numbers = Sequence[int]


def yolo(folder: Path, names: int, splits: Mapping[str, Sequence[Numbers]]) -> Dataset:
    """A folder with the class numbers of each label file of each split."""
    for split, files in splits.items():
        (folder / "labels" / split).mkdir(parents=True)
        for row, numbers in enumerate(files):
            draw(folder / f"images/{split}/{split}{row}.jpg", (640, 480))
            lines = [
                f"{number} 0.5 {0.1 + 0.07 * place:.2f} 0.3 0.05\n"
                for place, number in enumerate(numbers)
            ]
            (folder / f"labels/{split}/{split}{row}.txt").write_text("".join(lines))
    listed = [f"class{number}" for number in range(names)]
    keys = "".join(f"{split}: images/{split}\n" for split in splits)
    (folder / "data.yaml").write_text(f"path: .\n{keys}names: {json.dumps(listed)}\n")
    return load(folder / "data.yaml")


def numbers(dataset: Dataset) -> list[int]:
    ids = dataset.categories.id
    return [-1 if row < 0 else int(ids.number[row]) for row in dataset.boxes.label.tolist()]


FROM_ONE = [[1, 2, 3], [3, 2, 1], [2, 3], [1, 3, 3]]


@pytest.mark.parametrize(
    ("names", "files", "words"),
    [
        (
            3,
            FROM_ONE,
            "11 labels count classes from 1, which are listed from 0: 5 are of class 3, which does "
            "not exist, and none is of class 0",
        ),
        (
            1,
            [[1, 1, 1]] * 4,
            "12 labels count classes from 1, which are listed from 0: 12 are of class 1, which "
            "does not exist, and none is of class 0",
        ),
        (
            2,
            [[1, 2]] * 5,
            "10 labels count classes from 1, which are listed from 0: 5 are of class 2, which does "
            "not exist, and none is of class 0",
        ),
    ],
)
def test_labels_from_1_are_one_finding_and_are_renumbered(
    names: int, files: list[Numbers], words: str, tmp_path: Path
):
    dataset = yolo(tmp_path / "in", names, {"train": files})
    before = scan(dataset, Options(select=("REF006", "REF014", "CLS")))
    assert before.findings.message.tolist() == [words]
    after = fixed(before, unsafe=True)
    assert after.fixed == {"shifted-class-numbers": 1}
    save(after.dataset, tmp_path / "out")
    mended = load(tmp_path / "out" / "data.yaml")
    assert numbers(mended) == [number - 1 for file in files for number in file]
    assert "REF014" not in audit(mended, select=["REF006", "REF014"]).code.tolist()


def test_one_split_that_counts_from_1_is_renumbered_alone(tmp_path: Path):
    right = [[0, 1, 2], [2, 1, 0], [0, 2], [1, 1, 0]]
    dataset = yolo(tmp_path, 3, {"train": right, "val": FROM_ONE})
    before = scan(dataset, Options(select=("REF006", "REF014")))
    (message,) = before.findings.message.tolist()
    assert message.startswith("images of val: 11 labels count classes from 1")
    after = fixed(before, unsafe=True).dataset
    assert sorted(numbers(after)) == sorted(
        [number for file in right for number in file]
        + [number - 1 for file in FROM_ONE for number in file]
    )


def test_a_class_that_the_list_lacks_is_no_shift(tmp_path: Path):
    dataset = yolo(tmp_path, 3, {"train": [*FROM_ONE, [0]]})
    codes = set(audit(dataset, select=["REF006", "REF014"]).code.tolist())
    assert codes == {"REF006"}


def test_a_number_far_beyond_the_list_is_no_shift(tmp_path: Path):
    dataset = yolo(tmp_path, 3, {"train": [*FROM_ONE, [4]]})
    assert "REF014" not in audit(dataset, select=["REF006", "REF014"]).code.tolist()


def test_ten_labels_are_needed(tmp_path: Path):
    few = yolo(tmp_path / "few", 3, {"train": [[1, 2, 3]] * 3})
    enough = yolo(tmp_path / "enough", 3, {"train": [*[[1, 2, 3]] * 3, [1]]})
    assert "REF014" not in audit(few, select=["REF006", "REF014"]).code.tolist()
    assert "REF014" in audit(enough, select=["REF006", "REF014"]).code.tolist()


@pytest.mark.parametrize(("names", "expected"), [(6, True), (7, False)])
def test_half_of_the_numbers_must_be_used(names: int, expected: bool, tmp_path: Path):
    dataset = yolo(tmp_path, names, {"train": [[1, 2, names]] * 4})
    assert ("REF014" in audit(dataset, select=["REF006", "REF014"]).code.tolist()) is expected


def renumbered(labels: Sequence[int], ids: Sequence[int]) -> dict[str, object]:
    boxes = [[10, 40 * n, 50, 30] for n in range(len(labels))]
    return {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 640, "height": 2000}],
        "annotations": [
            {"id": n + 1, "image_id": 1, "category_id": label, "bbox": box, "area": 1500}
            | {"iscrowd": 0}
            for n, (label, box) in enumerate(zip(labels, boxes, strict=True))
        ],
        "categories": [{"id": number, "name": f"class{number}"} for number in ids],
    }


@pytest.mark.parametrize(
    ("labels", "ids", "step"),
    [
        ([0, 1, 2, 0, 1, 2] * 2, [1, 2, 3], -1),
        ([1, 2, 3, 1, 2, 3] * 2, [0, 1, 2], 1),
        ([0] * 12, [1], -1),
    ],
)
def test_ids_that_count_from_another_number_are_renumbered(
    labels: list[int], ids: list[int], step: int, tmp_path: Path
):
    (tmp_path / "a.json").write_text(json.dumps(renumbered(labels, ids)))
    before = scan(load(tmp_path / "a.json"), Options(select=("REF006", "REF014")))
    assert before.findings.code.tolist() == ["REF014"]
    after = fixed(before, unsafe=True).dataset
    assert numbers(after) == [label - step for label in labels]


@pytest.mark.parametrize(
    "ids", [[1, 2, 4], [1, 2, 2], [1, "2", 3]], ids=["a gap", "a repeat", "text"]
)
def test_a_list_without_an_order_tells_no_shift(ids: list[int], tmp_path: Path):
    (tmp_path / "a.json").write_text(json.dumps(renumbered([0, 1, 2] * 4, ids)))
    assert (
        "REF014" not in audit(load(tmp_path / "a.json"), select=["REF006", "REF014"]).code.tolist()
    )


def test_classes_that_are_made_up_from_their_numbers_tell_no_shift(tmp_path: Path):
    dataset = yolo(tmp_path, 3, {"train": FROM_ONE})
    (tmp_path / "data.yaml").unlink()
    assert len(dataset.boxes)
    assert "REF014" not in audit(load(tmp_path), select=["REF006", "REF014"]).code.tolist()


def test_sizes_that_are_those_of_the_class_before_follow_from_it(tmp_path: Path):
    heights = (0.02, 0.2, 0.6)

    def split(name: str, images: int, step: int) -> None:
        for row in range(images):
            draw(tmp_path / f"images/{name}/{name}{row}.jpg", (640, 480))
            lines = [
                f"{of + step} {0.2 + 0.3 * of} 0.5 0.2 {heights[of] * (1 + row % 7 / 50):.4f}\n"
                for of in range(3)
            ]
            path = tmp_path / f"labels/{name}/{name}{row}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(lines))

    split("train", 60, 0)
    split("val", 6, 1)
    keys = "train: images/train\nval: images/val\n"
    (tmp_path / "data.yaml").write_text(f"path: .\n{keys}names: [a, b, c]\n")
    assert audit(load(tmp_path), select=["REF014", "GEO009"]).code.tolist() == ["REF014"]
    assert set(audit(load(tmp_path), select=["GEO009"]).code.tolist()) == {"GEO009"}
