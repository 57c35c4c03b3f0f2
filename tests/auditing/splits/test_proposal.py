"""Proposals keep together what shows the same, hold their shares, and say what cannot be done."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.splits.faults import split_faults
from labelaudit.auditing.splits.groups import (
    Bond,
    by_pattern,
    image_groups,
    in_folders,
    of_field,
)
from labelaudit.auditing.splits.proposal import SET_ASIDE, mended_split, stratified_split
from labelaudit.core.ids import Ids
from labelaudit.dataset.merge import merged
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import ConfigError
from labelaudit.testing import images, with_columns
from tests.recorded_frames import PHOTOGRAPHS, on_disk, panned, scene

SHARES = {"train": 0.8, "val": 0.1, "test": 0.1}


def numbered(count: int, *boxes: str) -> Dataset:
    """Images of their own, each with these boxes and one that no other has."""
    return images({f"{n}.jpg": [*boxes, f"car {n} 5 {n + 30} 60"] for n in range(count)})


def sizes(split: np.ndarray) -> list[int]:
    return np.bincount(split).tolist()


def test_frames_of_a_recording_and_copies_are_in_one_split(tmp_path):
    pictures = {f"img_{n}.jpg": frame for n, frame in enumerate(panned(PHOTOGRAPHS[0], 9))}
    pictures |= {f"x{n}.jpg": scene(n) for n in range(30)}
    pictures["copy.jpg"] = pictures["x3.jpg"].resize((300, 300))
    audit = AuditContext(on_disk(images({name: [] for name in pictures}), tmp_path, pictures))
    groups = image_groups(audit)
    proposal = stratified_split(audit, groups, SHARES)
    place = {name: proposal.names[proposal.split[row]] for row, name in enumerate(pictures)}
    assert len({place[f"img_{n}.jpg"] for n in range(9)}) == 1
    assert place["copy.jpg"] == place["x3.jpg"]
    assert groups.count == 31
    assert groups.unseen == 0
    assert sizes(proposal.split)[1:] == [4, 4]


def test_without_pictures_it_is_said_how_many_were_not_seen():
    groups = image_groups(AuditContext(numbered(20)))
    assert (groups.count, groups.unseen) == (20, 20)
    assert image_groups(AuditContext(numbered(20)), pixels=False).unseen == 0


def test_another_seed_gives_another_split_and_the_same_seed_the_same():
    audit = AuditContext(numbered(60))
    groups = image_groups(audit, pixels=False)
    one, again, other = (
        stratified_split(audit, groups, SHARES, seed=seed).split.tolist() for seed in (0, 0, 1)
    )
    assert one == again != other


def test_the_order_of_images_changes_nothing():
    names = [f"lot{n // 3}_{n}.jpg" for n in range(60)]
    boxes = {
        name: ["car 1 1 9 9"] * (n % 4) + ["bus 2 2 8 9"] * (n % 3) for n, name in enumerate(names)
    }
    splits = []
    for order in (names, names[::-1], sorted(names)):
        audit = AuditContext(images({name: boxes[name] for name in order}))
        asked = by_pattern(audit, re.compile("(lot[0-9]+)_"))
        groups = image_groups(audit, pixels=False, asked=[asked])
        assert groups.count == 20
        proposal = stratified_split(audit, groups, SHARES)
        splits.append({name: int(one) for name, one in zip(order, proposal.split, strict=True)})
    assert splits[0] == splits[1] == splits[2]


def test_images_of_a_folder_a_pattern_or_a_field_stay_together():
    names = [
        f"{split}/{place}/{n}.jpg" for split in ("train", "val") for place in "ab" for n in "12"
    ]
    audit = AuditContext(images({name: [] for name in names}))
    assert in_folders(audit).tolist() == [0, 0, 1, 1, 0, 0, 1, 1]
    assert by_pattern(audit, re.compile(r"/(\d)\.")).tolist() == [0, 1] * 4
    assert by_pattern(audit, re.compile(r"val")).tolist() == [-1] * 4 + [0] * 4
    assert len(set(of_field(audit, "folder").tolist())) == 4
    groups = image_groups(audit, pixels=False, asked=[in_folders(audit)])
    assert groups.count == 2
    with pytest.raises(ConfigError, match="no field is called 'patient'"):
        of_field(audit, "patient")


def test_records_that_cannot_be_told_apart_stay_together():
    twice = with_columns(numbered(4), "images", id=Ids.of([1, 2, 2, 3]))
    groups = image_groups(AuditContext(twice), pixels=False)
    assert groups.group.tolist() == [0, 1, 1, 3]
    assert groups.by_bond[Bond.RECORD].tolist() == [0, 1, 1, 3]
    assert groups.by_bond[Bond.ASKED].tolist() == [0, 1, 2, 3]


def test_fewer_groups_than_splits_are_refused():
    audit = AuditContext(numbered(4))
    groups = image_groups(audit, pixels=False, asked=[np.array([0, 0, 1, 1])])
    with pytest.raises(ConfigError, match=r"4 images in 2 groups .* cannot fill 3 splits"):
        stratified_split(audit, groups, SHARES)
    assert sizes(stratified_split(audit, groups, {"train": 1, "val": 1}).split) == [2, 2]


def test_a_share_that_cannot_be_met_and_a_class_in_one_group_are_said():
    dataset = images(
        {f"{n}.jpg": ["car 1 1 9 9"] if n < 12 else ["bus 2 2 9 9"] for n in range(20)}
    )
    audit = AuditContext(dataset)
    asked = np.array([0] * 12 + [-1] * 8)
    proposal = stratified_split(audit, image_groups(audit, pixels=False, asked=[asked]), SHARES)
    assert "car is in 1 group alone: none of it in val or test" in proposal.notes
    small = stratified_split(
        audit, image_groups(audit, pixels=False, asked=[asked]), {"train": 0.3, "val": 0.7}
    )
    assert any("12 images have to stay together, 60.0% of all" in note for note in small.notes)
    plain = stratified_split(audit, image_groups(audit, pixels=False), SHARES)
    assert plain.notes == ()


def _mended(keep: list[str]):
    train = images({"a.jpg": ["car 1 1 9 9"], "b.jpg": ["car 2 2 9 9"], "c.jpg": ["car 3 3 9 9"]})
    val = images({"b.jpg": ["car 2 2 9 9"], "d.jpg": ["car 4 4 9 9"]})
    test = images({"c.jpg": ["car 3 3 9 9"], "e.jpg": ["car 5 5 9 9"]})
    audit = AuditContext(merged([train, val, test], ["train", "val", "test"]))
    return audit, mended_split(audit, image_groups(audit), keep)


def test_a_split_that_is_kept_stays_and_what_leaks_into_it_is_set_aside():
    audit, proposal = _mended(["test"])
    assert proposal.names == ("train", "val", "test", SET_ASIDE)
    where = [proposal.names[number] for number in proposal.split]
    #                a        b        c          b        d      c       e
    assert where == ["train", "train", SET_ASIDE, "train", "val", "test", "test"]
    assert split_faults(audit, proposal.groups) == [
        "1 of 2 images of val (50.0%) belong with images of train: the same picture 1",
        "1 of 2 images of test (50.0%) belong with images of train: the same picture 1",
    ]


def test_two_splits_that_are_kept_keep_their_images():
    _, proposal = _mended(["test", "val"])
    where = [proposal.names[number] for number in proposal.split]
    assert where == ["train", SET_ASIDE, SET_ASIDE, "val", "val", "test", "test"]
    assert proposal.notes == ()


def test_what_two_kept_splits_share_is_said():
    _, proposal = _mended(["train", "val", "test"])
    assert proposal.names == ("train", "val", "test")
    assert proposal.notes == (
        "2 groups of images in both train and val and test, which stay: they still leak",
    )


def test_a_split_that_is_not_there_cannot_be_kept():
    with pytest.raises(ConfigError, match="no split is called 'dev'; the splits are train, val"):
        _mended(["dev"])
    audit = AuditContext(numbered(3))
    with pytest.raises(ConfigError, match="the dataset has no splits"):
        mended_split(audit, image_groups(audit, pixels=False), ["test"])


def test_faults_name_what_is_in_no_split_and_what_a_split_lacks():
    train = images({f"{n}.jpg": ["car 1 1 9 9", f"bus {n} 2 90 9"] for n in range(3)})
    val = images({"v.jpg": ["car 7 7 9 9"]})
    dataset = merged([train, val], ["train", "val"])
    members = dataset.split_members.rows(np.array([1, 2, 3]))
    audit = AuditContext(dataclasses.replace(dataset, split_members=members))
    assert split_faults(audit, image_groups(audit, pixels=False)) == [
        "1 image in no split",
        "val has nothing of 1 class: bus",
    ]
    lone = AuditContext(numbered(3))
    assert split_faults(lone, image_groups(lone, pixels=False)) == []
