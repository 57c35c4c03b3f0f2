from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from labelaudit.auditing.findings import Severity
from labelaudit.auditing.run import audit
from labelaudit.dataset.tables import Dataset
from labelaudit.io.load import load
from labelaudit.testing import draw, images, with_image_files, with_label_issues
from tests.noise_pictures import noise_picture

CAR, BUS = "car 10 10 90 90", "bus 200 20 300 90"


def told(dataset: Dataset, **settings: float) -> list[str]:
    wanted = {name.replace("_", "-"): value for name, value in settings.items()}
    found = audit(dataset, select=["REF018"], settings={"unlabelled-image": wanted})
    return [str(message) for message in found.message]


def video(*frames: list[str]) -> Dataset:
    return images({f"video_1/{number:03}.jpg": boxes for number, boxes in enumerate(frames)})


def test_a_frame_between_two_with_the_same_objects_was_forgotten():
    moved = ["car 14 12 94 92", "bus 250 20 350 90"]
    assert told(video([CAR, BUS], [], moved)) == [
        "video_1/001.jpg has no box, but 1 of 2 objects are in one place in video_1/000.jpg before "
        "it and in video_1/002.jpg after it"
    ]


def test_frames_in_a_row_are_one_finding_up_to_five():
    gap: list[list[str]] = [[]] * 5
    (message,) = told(video([CAR], *gap, [CAR]))
    assert message.startswith(
        "5 images (video_1/001.jpg, video_1/002.jpg, video_1/003.jpg, ...) have no box"
    )
    assert told(video([CAR], *gap, [], [CAR])) == []


@pytest.mark.parametrize("after", [["bus 10 10 90 90"], ["car 60 10 140 90"], [BUS]])
def test_objects_of_another_class_or_at_another_place_say_nothing(after):
    assert told(video([CAR], [], after)) == []


def test_the_share_of_objects_that_stay_is_a_setting():
    half = video([CAR, BUS], [], [CAR, "bus 400 20 500 90"])
    assert len(told(half)) == 1
    assert len(told(half, min_still=0.51)) == 0
    assert told(video([CAR, BUS, "car 400 20 500 90"], [], [CAR, CAR, CAR])) == []


def test_frames_at_the_ends_and_images_of_no_recording_are_no_finding():
    assert told(video([], [CAR], [CAR], [])) == []
    apart = {f"{number:03}.jpg": boxes for number, boxes in enumerate([[CAR], [], [CAR]])}
    assert told(images(apart)) == []


def test_frames_of_a_recording_are_known_by_what_they_show_too(tmp_path):
    frames = {f"{number:03}.jpg": [] if number == 4 else [CAR] for number in range(9)}
    others = {f"other{number * 7}.jpg": [BUS] for number in range(12)}
    dataset = with_image_files(images({**frames, **others}, size=(320, 240)), tmp_path)
    wide = noise_picture((40, 30), 90).resize((800, 600), Image.Resampling.BICUBIC)
    for number, path in enumerate(dataset.images.path.tolist()):
        if number < len(frames):
            wide.crop((8 * number, 0, 8 * number + 320, 240)).save(path)
        else:
            noise = noise_picture((40, 30), 90, seed=number)
            noise.resize((320, 240), Image.Resampling.BICUBIC).save(path)
    assert [message.partition(" has")[0] for message in told(dataset)] == ["004.jpg"]


def test_names_are_not_sorted_into_recordings_where_none_names_one(monkeypatch):
    def asked(*_: object) -> None:
        raise AssertionError("recordings were asked for")

    monkeypatch.setattr("labelaudit.images.recordings.recordings", asked)
    apart = {f"{number:03}.jpg": boxes for number, boxes in enumerate([[CAR], [], [CAR]])}
    assert told(images(apart)) == []
    with pytest.raises(AssertionError):
        told(video([CAR], [], [CAR]))


def yolo(folder: Path, empty: int, lacking: int, negatives: int = 0) -> Dataset:
    """Four labelled images, and others without boxes."""
    names = [f"a{number}" for number in range(4 + empty)]
    for place in ("images", "labels"):
        (folder / place / "train").mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(names):
        draw(folder / "images/train" / f"{name}.jpg", (64, 48))
        text = "0 .5 .5 .2 .2\n" if number < 4 else ""
        (folder / "labels/train" / f"{name}.txt").write_text(text)
    for number in range(lacking):
        draw(folder / "images/train" / f"b{number}.jpg", (64, 48))
    for number in range(negatives):
        draw(folder / "images/train/negatives" / f"c{number}.jpg", (64, 48))
    return load(folder)


def test_an_image_without_a_label_file_among_others_with_an_empty_one_was_forgotten(tmp_path):
    assert told(yolo(tmp_path, 3, 2)) == [
        "2 images (images/train/b0.jpg, images/train/b1.jpg) have no label file, where 3 images "
        "without objects have an empty one"
    ]


@pytest.mark.parametrize(
    ("empty", "lacking", "negatives"), [(2, 1, 0), (3, 4, 0), (4, 0, 0), (4, 0, 2)]
)
def test_where_that_is_no_habit_and_of_negatives_nothing_is_said(
    tmp_path, empty, lacking, negatives
):
    assert told(yolo(tmp_path, empty, lacking, negatives)) == []


def test_what_a_model_sees_there_is_one_finding():
    dataset = images({"a.jpg": [CAR], "b.jpg": [], "c.jpg": [], "d.jpg": []})
    seen = [
        f"missing {p} {image} car 100 20 160 50" for p, image in ((0.9, 1), (0.5, 3), (0.49, 2))
    ]
    issues = with_label_issues(dataset, *seen, "missing 0.9 0 car 100 20 160 50").label_issues
    found = audit(dataset, select=["REF018"], label_issues=issues)
    assert found.message.tolist() == [
        "of 3 images without a box the model sees objects in 2 images (b.jpg, d.jpg): each is a "
        "missing-box"
    ]
    assert found.severity.tolist() == [Severity.INFO]


def test_negatives_alone_and_splits_without_labels_are_no_finding(tmp_path):
    assert told(images({"a.jpg": [CAR], "b.jpg": [], "c.jpg": []})) == []
    yolo(tmp_path, 4, 0)
    for number in range(3):
        draw(tmp_path / "images/test" / f"{number}.jpg", (64, 48))
    assert told(load(tmp_path)) == []
