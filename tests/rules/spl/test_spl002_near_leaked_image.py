from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from labelaudit.auditing.findings import Findings, Severity
from labelaudit.auditing.needs import PixelPolicy
from labelaudit.auditing.run import audit
from labelaudit.auditing.scan import scan
from labelaudit.dataset.tables import Dataset
from labelaudit.io.load import load
from labelaudit.testing import draw
from tests.recorded_frames import PHOTOGRAPHS, dealt, on_disk, panned, scene


def told(dataset: Dataset, *select: str) -> Findings:
    return audit(dataset, select=list(select or ["SPL002"]))


def photographs(count: int) -> dict[str, Image.Image]:
    return {f"{n}.jpg": Image.open(path) for n, path in enumerate(PHOTOGRAPHS[:count])}


def test_a_resized_copy_in_val_is_an_error_with_its_share(tmp_path):
    pictures = photographs(6)
    pictures["copy.jpg"] = pictures["0.jpg"].resize((320, 240))
    dataset = dealt([*pictures], {"train": range(4), "val": [4, 5, 6]})
    findings = told(on_disk(dataset, tmp_path, pictures))
    assert findings.severity.tolist() == [Severity.ERROR]
    assert findings.image.tolist() == [6]
    (message,) = findings.message.tolist()
    assert message.startswith("copy.jpg (val) shows what 0.jpg (train) shows (")
    assert message.endswith(": 1 of 3 images of val (33.3%) is so")


def test_photographs_of_their_own_in_train_and_val_are_silent(tmp_path):
    pictures = photographs(20)
    dataset = dealt([*pictures], {"train": range(15), "val": range(15, 20)})
    assert len(told(on_disk(dataset, tmp_path, pictures), "SPL")) == 0


def test_copies_within_one_split_are_no_leak(tmp_path):
    pictures = photographs(4)
    pictures["copy.jpg"] = pictures["0.jpg"].resize((320, 240))
    dataset = dealt([*pictures], {"train": [0, 1, 4], "val": [2, 3]})
    assert len(told(on_disk(dataset, tmp_path, pictures))) == 0


def test_what_leaked_image_finds_is_not_found_again(tmp_path):
    picture = scene(1)
    dataset = dealt(["a.jpg", "b.jpg", "c.jpg"], {"train": [0, 1], "val": [0, 2]})
    found = told(
        on_disk(dataset, tmp_path, {"a.jpg": picture, "b.jpg": scene(2), "c.jpg": scene(3)}), "SPL"
    )
    assert found.name.tolist() == ["leaked-image"]


def test_a_picture_that_was_saved_anew_without_a_loss_is_a_leak_and_said_once(tmp_path):
    pictures = photographs(4)
    for name in ("a.png", "b.png", "c.bmp", "d.bmp", "e.tif"):
        pictures[name] = pictures["1.jpg" if name in ("b.png", "d.bmp") else "0.jpg"]
    in_train, in_val = ["a.png", "b.png", "2.jpg", "d.bmp", "e.tif"], ["c.bmp", "3.jpg"]
    dataset = dealt([*in_train, *in_val], {"train": range(5), "val": [5, 6]})
    found = told(on_disk(dataset, tmp_path, pictures), "SPL", "IMG")
    assert found.name.tolist() == ["near-leaked-image", "duplicate-image"]
    assert found.message[1] == (
        "2 images (b.png (train), d.bmp (train)) are the same picture, pixel for pixel"
    )


def test_a_split_of_copies_is_one_finding(tmp_path):
    pictures = photographs(5)
    pictures |= {f"v{n}.jpg": pictures[f"{n}.jpg"].resize((480, 360)) for n in range(4)}
    dataset = dealt([*pictures], {"train": range(5), "val": range(5, 9)})
    (message,) = told(on_disk(dataset, tmp_path, pictures)).message.tolist()
    assert message == "val shows what train shows: 4 of 4 images of val (100.0%) are so"


def test_between_val_and_test_it_is_a_warning_and_trainval_may_share(tmp_path):
    pictures = photographs(5)
    pictures["copy.jpg"] = pictures["0.jpg"].resize((320, 240))
    for names, severity in ((("val", "test"), [Severity.WARNING]), (("trainval", "val"), [])):
        splits = {names[0]: range(3), names[1]: [3, 4, 5]}
        dataset = on_disk(dealt([*pictures], splits), tmp_path / names[0], pictures)
        assert told(dataset).severity.tolist() == severity


def test_two_images_of_one_scene_are_a_warning_and_an_info_between_val_and_test(tmp_path):
    pictures = photographs(8)
    first, second = panned(PHOTOGRAPHS[20], 2, step=12)
    pictures |= {"here.jpg": first, "there.jpg": second}
    for names, severity in ((("train", "val"), Severity.WARNING), (("val", "test"), Severity.INFO)):
        splits = {names[0]: [0, 1, 2, 8], names[1]: [3, 4, 5, 6, 7, 9]}
        dataset = on_disk(dealt([*pictures], splits), tmp_path / names[0], pictures)
        findings = told(dataset, "SPL")
        assert findings.name.tolist() == ["near-leaked-image"]
        assert findings.severity.tolist() == [severity]
        assert "(one scene, moved, similarity" in findings.message[0]


def test_the_published_split_of_blood_cells_has_two_images_of_val_that_train_shows(shared_data):
    dataset = load(shared_data / "bccd")
    findings = told(dataset, "SPL")
    leaked = dataset.images.name[findings.image[findings.severity == Severity.WARNING]].tolist()
    assert sorted(leaked) == ["BloodImage_00037.jpg", "BloodImage_00230.jpg"]
    assert set(findings.name.tolist()) == {"near-leaked-image"}


def test_playing_cards_under_one_lamp_are_silent(shared_data):
    assert len(told(load(shared_data / "cards"), "SPL")) == 0


def test_it_is_not_checked_where_images_are_not_decoded(tmp_path):
    dataset = dealt(["a.jpg", "b.jpg"], {"train": [0], "val": [1]})
    draw(tmp_path / "a.jpg", (50, 40))
    located = on_disk(dataset, tmp_path, {"a.jpg": scene(1), "b.jpg": scene(2)})
    from labelaudit.auditing.run import Options

    done = scan(located, Options(select=("SPL",), pixels=PixelPolicy.NEVER))
    assert "SPL002" in done.not_checked
    assert np.all(done.findings.code != "SPL002")
    assert Path(str(located.images.path[0])).exists()
