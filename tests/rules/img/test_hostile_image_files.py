"""Files that are no images, and what is no file: each is a finding, and nothing waits or fails."""

from __future__ import annotations

import json
import os
import random
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from labelaudit.auditing.findings import Findings
from labelaudit.auditing.run import audit
from labelaudit.dataset.tables import Dataset
from labelaudit.io.load import load
from labelaudit.testing import draw


def coco(folder: Path, names: list[str]) -> Path:
    """Labels of these images, a box in each."""
    images = [
        {"id": number, "file_name": name, "width": 64, "height": 48}
        for number, name in enumerate(names)
    ]
    boxes = [
        {"id": number, "image_id": number, "category_id": 1, "iscrowd": 0}
        | {"bbox": [5 + number % 20, 5, 20, 20], "area": 400}
        for number in range(len(names))
    ]
    path = folder / "labels.json"
    classes = [{"id": 1, "name": "a"}]
    path.write_text(json.dumps({"images": images, "annotations": boxes, "categories": classes}))
    return path


def yolo(folder: Path, names: list[str]) -> Path:
    """Labels of these images, which lie in `images`."""
    (folder / "labels").mkdir()
    for name in names:
        (folder / "labels" / f"{name[:-4]}.txt").write_text("0 .5 .5 .5 .5\n")
    return folder


def about_images(dataset: Dataset) -> Findings:
    return audit(dataset, select=["IMG"])


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A folder of images with one that is fine; what needs a short path is made from within it."""
    (tmp_path / "images").mkdir()
    for name in ("fine.jpg", "fine too.jpg"):
        draw(tmp_path / "images" / name, (64, 48))
    before = Path.cwd()
    os.chdir(tmp_path / "images")
    yield tmp_path
    os.chdir(before)


def fifo() -> None:
    os.mkfifo("odd.jpg")


def bound_socket() -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind("odd.jpg")


def link_in_a_circle() -> None:
    os.symlink("other", "odd.jpg")
    os.symlink("odd.jpg", "other")


def link_to_nothing() -> None:
    os.symlink("gone.jpg", "odd.jpg")


def link_to_a_device() -> None:
    os.symlink("/dev/zero", "odd.jpg")


def folder() -> None:
    os.mkdir("odd.jpg")


def nothing_in_it() -> None:
    Path("odd.jpg").write_bytes(b"")


def one_byte() -> None:
    Path("odd.jpg").write_bytes(b"\xff")


def long_zeros() -> None:
    Path("odd.jpg").write_bytes(bytes(100_000))


def not_permitted() -> None:
    draw(Path("odd.jpg"), (64, 48))
    Path("odd.jpg").chmod(0)


ODD = [
    fifo,
    bound_socket,
    link_in_a_circle,
    link_to_nothing,
    link_to_a_device,
    folder,
    nothing_in_it,
    one_byte,
    long_zeros,
    not_permitted,
]


@pytest.mark.parametrize("labels", [coco, yolo])
@pytest.mark.parametrize("make", ODD)
def test_whatever_stands_in_place_of_an_image_is_one_finding(
    place: Path, make: Callable[[], None], labels: Callable[[Path, list[str]], Path]
):
    if make is not_permitted and os.geteuid() == 0:
        pytest.skip("may read everything")
    make()
    names = ["fine.jpg", "odd.jpg", "fine too.jpg"]
    dataset = load(labels(place, names))
    findings = about_images(dataset)
    named = [str(dataset.images.name[row]) for row in findings.image.tolist()]
    said = [name for name in named if "odd" in name]
    assert len(said) == 1, findings.message.tolist()
    assert set(findings.name.tolist()) <= {"unreadable-image", "missing-image"}


@pytest.mark.parametrize("labels", [coco, yolo])
@pytest.mark.parametrize("name", ["new\nline.jpg", "tab\t.jpg", "\x1b[31mred.jpg", "ä é.jpg"])
def test_odd_names_of_whole_images_are_no_finding(place: Path, name: str, labels):
    draw(Path(name), (64, 48))
    assert about_images(load(labels(place, ["fine.jpg", name, "fine too.jpg"]))).name.tolist() == []


def test_a_name_that_is_no_text_is_told_as_such(place: Path):
    os.rename("fine too.jpg", b"odd\xff.jpg")
    yolo(place, ["fine.jpg"])
    (message,) = audit(load(place), select=["IMG002"]).message.tolist()
    assert message.endswith("cannot be read: its name is no UTF-8")


def test_folders_in_a_circle_are_walked_once(place: Path):
    os.symlink(".", "circle")
    assert len(about_images(load(coco(place, ["fine.jpg", "fine too.jpg"])))) == 0


@pytest.mark.parametrize("labels", [coco, yolo])
def test_random_bytes_are_a_finding_each(place: Path, labels):
    random.seed(3)
    names = [f"{number}.jpg" for number in range(60)]
    starts = [b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF", b"BM", b"GIF89a", b"II*\0"]
    for name in names:
        data = random.choice(starts) + random.randbytes(random.randrange(1, 3000))
        Path(name).write_bytes(data)
    findings = about_images(load(labels(place, [*names, "fine.jpg", "fine too.jpg"])))
    broken = {"unreadable-image", "corrupt-image", "huge-image"}
    assert len(set(findings.image[[name in broken for name in findings.name.tolist()]])) == 60
