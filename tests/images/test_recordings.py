"""Recordings are found by what frames show, and by folders; that names count on is no evidence."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from labelaudit.auditing.context import AuditContext
from labelaudit.images.frame_names import following, named_recordings
from labelaudit.images.recordings import LEAST_FRAMES, Recordings
from labelaudit.testing import images
from tests.recorded_frames import PHOTOGRAPHS, on_disk, panned, scene


def found(pictures: dict[str, Image.Image], folder) -> Recordings:
    dataset = images({name: [] for name in pictures})
    return AuditContext(on_disk(dataset, folder, pictures)).recordings


def groups(recordings: Recordings) -> list[list[int]]:
    return [recordings.rows(number).tolist() for number in range(len(recordings))]


def single(count: int, start: int = 100) -> dict[str, Image.Image]:
    """Pictures of their own, with names that count on."""
    return {f"img_{start + n}.jpg": scene(n) for n in range(count)}


def test_frames_of_two_recordings_among_single_pictures_are_told_apart(tmp_path):
    one = {f"img_{n}.jpg": frame for n, frame in enumerate(panned(PHOTOGRAPHS[0], 8))}
    two = {f"img_{n + 8}.jpg": frame for n, frame in enumerate(panned(PHOTOGRAPHS[1], 6))}
    recordings = found({**one, **two, **single(12)}, tmp_path)
    assert groups(recordings) == [list(range(8)), list(range(8, 14))]
    assert recordings.names == ("img_0.jpg to img_7.jpg", "img_8.jpg to img_13.jpg")


def test_pictures_of_their_own_are_no_recording_however_their_names_count(tmp_path):
    assert len(found(single(20), tmp_path)) == 0
    real = {f"video1_frame_{n}.jpg": Image.open(path) for n, path in enumerate(PHOTOGRAPHS[:20])}
    assert len(found(real, tmp_path)) == 0


@pytest.mark.parametrize("frames", [LEAST_FRAMES - 1, LEAST_FRAMES])
def test_a_recording_has_so_many_frames_at_least(frames, tmp_path):
    some = {f"a_{n}.jpg": frame for n, frame in enumerate(panned(PHOTOGRAPHS[3], frames))}
    assert len(found({**some, **single(10)}, tmp_path)) == (frames == LEAST_FRAMES)


def test_frames_are_found_whatever_split_they_are_in_and_whatever_roboflow_calls_them(tmp_path):
    frames = panned(PHOTOGRAPHS[4], 6)
    splits = ("train", "valid")
    some = {
        f"{splits[n % 2]}/images/clip_{n}_jpg.rf.{n * 7919:032x}.jpg": frame
        for n, frame in enumerate(frames)
    }
    assert groups(found({**some, **single(10)}, tmp_path)) == [list(range(6))]


def test_a_named_recording_holds_frames_that_a_cut_parts(tmp_path):
    halves = [*panned(PHOTOGRAPHS[5], 4), *panned(PHOTOGRAPHS[6], 4)]
    some = {f"video_3_frame_{n}.jpg": frame for n, frame in enumerate(halves)}
    recordings = found({**some, **single(12)}, tmp_path)
    assert groups(recordings) == [list(range(8))]
    assert recordings.names == ("video_3",)


def test_without_pictures_folders_that_are_called_as_recordings_are_count_alone():
    names = [*(f"train/seq-12/{n}.jpg" for n in range(3)), "val/seq-12/9.jpg"]
    names += [f"train/cat/{n}.jpg" for n in range(4)] + [f"video_5_{n}.jpg" for n in range(4)]
    recordings = AuditContext(images({name: [] for name in names})).recordings
    assert groups(recordings) == [[0, 1, 2, 3]]
    assert recordings.names == ("seq-12",)


def test_where_a_camera_stood_still_over_all_of_the_dataset_nothing_is_said(tmp_path):
    still = scene(7)
    generator = np.random.default_rng(0)
    pictures = {}
    for n in range(40):
        grey = np.asarray(still).astype(int) + generator.integers(-6, 7, (480, 480, 3))
        pictures[f"cam_{n}.jpg"] = Image.fromarray(grey.clip(0, 255).astype(np.uint8))
    assert len(found(pictures, tmp_path)) <= 1


def test_names_that_count_on_are_paired_over_splits_and_within_folders():
    names = ["train/a_1.jpg", "val/a_2.jpg", "train/a_3.jpg", "b_9.jpg", "c.jpg"]
    assert following(names).tolist() == [[0, 1], [0, 2], [1, 2]]
    assert following([]).shape == (0, 2)


def test_any_of_the_last_numbers_of_a_name_may_count():
    names = ["000001_cam0.jpg", "000001_cam1.jpg", "000002_cam0.jpg", "000002_cam1.jpg"]
    assert following(names).tolist() == [[0, 1], [0, 2], [1, 3], [2, 3]]


def test_recordings_are_named_by_folders_first():
    named = named_recordings(["video_1/clip2_3.jpg", "clip2_4.jpg", "train/restrain_5.jpg"])
    assert named == {("folder", "video_1"): [0], ("name", "clip2"): [1]}
