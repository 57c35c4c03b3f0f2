from __future__ import annotations

import pytest

from labelaudit.auditing.findings import Findings, Severity
from labelaudit.auditing.run import audit
from labelaudit.dataset.merge import merged
from labelaudit.dataset.tables import Dataset
from labelaudit.testing import images
from tests.recorded_frames import PHOTOGRAPHS, dealt, on_disk, panned, scene


def told(dataset: Dataset, *select: str) -> Findings:
    return audit(dataset, select=list(select or ["SPL003"]))


def recorded(tmp_path, splits: dict[str, list[int]], *, step: int = 24) -> Dataset:
    """Ten frames of a recording, then ten pictures of their own, dealt out to splits."""
    pictures = {
        f"shot_{n}.jpg": frame for n, frame in enumerate(panned(PHOTOGRAPHS[0], 10, step=step))
    }
    pictures |= {f"shot_{n + 10}.jpg": scene(n) for n in range(10)}
    return on_disk(dealt([*pictures], splits), tmp_path, pictures)


def test_frames_in_train_and_val_are_one_warning(tmp_path):
    dataset = recorded(
        tmp_path, {"train": [0, 1, 3, 4, 6, 7, 9, *range(10, 17)], "val": [2, 5, 8, 17, 18, 19]}
    )
    findings = told(dataset)
    assert findings.severity.tolist() == [Severity.WARNING]
    assert findings.message.tolist() == [
        "recording shot_0.jpg to shot_9.jpg is in train (7 frames) and val (3): "
        "3 of 6 images of val (50.0%) are of a recording that is in train"
    ]
    assert dataset.images.name[findings.image[0]] == "shot_2.jpg"


def test_a_recording_that_is_whole_in_a_split_is_silent(tmp_path):
    assert (
        len(told(recorded(tmp_path, {"train": list(range(14)), "val": list(range(14, 20))}))) == 0
    )


def test_it_explains_near_leaks_and_is_as_bad_as_they_are(tmp_path):
    splits = {"train": [0, 2, 4, 6, *range(8, 17)], "val": [1, 3, 5, 7, 17, 18, 19]}
    dataset = recorded(tmp_path, splits, step=2)
    near = told(dataset, "SPL002")
    findings = told(dataset, "SPL")
    assert findings.name.tolist() == ["recording-in-two-splits"]
    assert findings.severity.tolist() == [Severity.ERROR if len(near) else Severity.WARNING]


def test_a_split_of_frames_alone_is_one_finding_for_all_recordings(tmp_path):
    pictures = {f"a_{n}.jpg": frame for n, frame in enumerate(panned(PHOTOGRAPHS[0], 8))}
    pictures |= {f"b_{n}.jpg": frame for n, frame in enumerate(panned(PHOTOGRAPHS[1], 8))}
    pictures |= {f"c_{n}.jpg": scene(n) for n in range(12)}
    names = [*pictures]
    val = [3, 6, 11, 14]
    dataset = dealt(names, {"train": [n for n in range(28) if n not in val], "val": val})
    assert told(on_disk(dataset, tmp_path, pictures)).message.tolist() == [
        "2 recordings are in train and val: "
        "4 of 4 images of val (100.0%) are of a recording that is in train"
    ]


def test_between_val_and_test_it_is_an_info(tmp_path):
    splits = {"val": [0, 1, 3, 4, 6, 7, 9], "test": [2, 5, 8, *range(10, 20)]}
    assert told(recorded(tmp_path, splits)).severity.tolist() == [Severity.INFO]


@pytest.mark.parametrize("folder", ["video_7", "seq-3", "Clip12"])
def test_folders_that_are_called_as_recordings_are_need_no_picture(folder):
    train = images({f"train/{folder}/{n}.jpg": [] for n in range(5)})
    val = images({f"val/{folder}/{n}.jpg": [] for n in (7, 8)} | {"val/x.jpg": []})
    (message,) = told(merged([train, val], ["train", "val"])).message.tolist()
    assert message.startswith(
        f"recording {folder.lower()} is in train (5 frames) and val (2): 2 of 3"
    )


@pytest.mark.parametrize("folder", ["cats", "images", "2021-05", "restrain_2"])
def test_folders_of_other_names_are_no_recordings(folder):
    train = images({f"train/{folder}/{n}.jpg": [] for n in range(5)})
    val = images({f"val/{folder}/{n}.jpg": [] for n in (7, 8)})
    assert len(told(merged([train, val], ["train", "val"]))) == 0


def test_names_that_count_on_are_no_evidence_without_pictures_or_with_pictures_of_their_own(
    tmp_path,
):
    names = [f"video1_frame_{n}.jpg" for n in range(20)]
    splits = {"train": list(range(0, 20, 2)), "val": list(range(1, 20, 2))}
    assert len(told(dealt(names, splits))) == 0
    pictures = {name: scene(n) for n, name in enumerate(names)}
    assert len(told(on_disk(dealt(names, splits), tmp_path, pictures))) == 0
