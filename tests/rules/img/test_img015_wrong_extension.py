from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from PIL import Image

from labelaudit.auditing.findings import Findings, Severity
from labelaudit.auditing.run import audit
from labelaudit.dataset.tables import Dataset
from labelaudit.images.headers import KINDS
from labelaudit.rules.img.img015_wrong_extension import ENDINGS
from labelaudit.testing import images, with_columns
from tests.noise_pictures import noise_picture


def saved(folder: Path, *kinds: str, name: str = "a{}.jpg") -> Dataset:
    """Images of these kinds, all called alike."""
    names = [name.format(number) for number in range(len(kinds))]
    for one, kind in zip(names, kinds, strict=True):
        noise_picture((40, 30), 50).convert("RGB").save(folder / one, kind)
    dataset = with_columns(
        images({one: [] for one in names}), "images", path=[*map(str, map(folder.joinpath, names))]
    )
    return dataclasses.replace(dataset, image_folders=(folder,))


def told(dataset: Dataset) -> Findings:
    return audit(dataset, select=["IMG015"])


def test_files_of_one_kind_by_another_name_are_one_finding(tmp_path):
    findings = told(saved(tmp_path, "JPEG", "PNG", "PNG", "WEBP"))
    assert findings.message.tolist() == [
        "2 images (a1.jpg, a2.jpg) end in .jpg, but are PNG: most look into the file, some go by "
        "its name",
        "a3.jpg ends in .jpg, but is WEBP: most look into the file, some go by its name",
    ]
    assert findings.image.tolist() == [1, 3]
    assert findings.severity.tolist() == [Severity.INFO] * 2


def test_what_ultralytics_leaves_out_is_a_warning(tmp_path):
    findings = told(saved(tmp_path, "GIF", "PPM", "BMP"))
    severities = dict(zip(findings.image.tolist(), findings.severity.tolist(), strict=True))
    assert severities == {0: Severity.WARNING, 1: Severity.WARNING, 2: Severity.INFO}
    assert "Ultralytics" in findings.message[0]


@pytest.mark.parametrize(
    ("kind", "ending"),
    [(kind, ending) for kind, endings in ENDINGS.items() for ending in endings.split()],
)
def test_an_ending_of_its_kind_is_no_finding(tmp_path, kind, ending):
    Image.init()
    if kind not in Image.SAVE:
        pytest.skip("this Pillow writes none")
    dataset = saved(tmp_path, kind, name=f"a{{}}.{ending.upper()}")
    assert len(told(dataset)) == 0


def test_every_kind_that_is_opened_has_endings():
    assert set(KINDS) <= set(ENDINGS)


def test_names_without_the_ending_of_an_image_and_broken_files_say_nothing(tmp_path):
    dataset = saved(tmp_path, "PNG", "PNG", name="a{}.cache")
    assert len(told(dataset)) == 0
    broken = saved(tmp_path, "PNG")
    (tmp_path / "a0.jpg").write_bytes(b"no image")
    assert len(told(broken)) == 0


def test_one_file_that_is_listed_twice_is_one(tmp_path):
    dataset = saved(tmp_path, "PNG", "PNG")
    path = dataset.images.path.tolist()[0]
    findings = told(with_columns(dataset, "images", path=[path, path]))
    assert findings.message[0].startswith("a0.jpg ends in .jpg")
