from __future__ import annotations

import numpy as np
import pytest

from labelaudit.auditing.context import AuditContext
from labelaudit.images.duplicates.pairs import NearDuplicates
from labelaudit.rules.img.near_twin_labels import near_differences
from labelaudit.testing import images, with_image_files

COUNT = 12


def drawn(random: np.random.Generator) -> list[str]:
    """Up to four boxes of two classes, near one of three places each."""
    corners = 100 * random.integers(0, 3, (random.integers(0, 5), 1)) + random.integers(
        0, 9, (1, 2)
    )
    labels = random.choice(["car", "bus"], len(corners)).tolist()
    return [f"{one} {x} {y} {x + 60} {y + 60}" for one, (x, y) in zip(labels, corners, strict=True)]


@pytest.mark.parametrize("seed", range(6))
def test_pairs_that_are_looked_at_together_differ_as_each_alone(seed, tmp_path, monkeypatch):
    random = np.random.default_rng(seed)
    boxes = {f"{n}.jpg": drawn(random) for n in range(COUNT)}
    audit = AuditContext(with_image_files(images(boxes), tmp_path))
    first, second = np.array([(a, b) for a in range(COUNT) for b in range(a + 1, COUNT)]).T
    some = np.sort(random.choice(len(first), 40, replace=False))
    near = NearDuplicates.of(
        40,
        first=first[some],
        second=second[some],
        window=np.tile([0.0, 0, 1, 1], (40, 1)),
        similarity=np.ones(40),
    )

    def differences(pairs: NearDuplicates) -> list[dict[str, object]]:
        with monkeypatch.context() as patch:
            patch.setattr(AuditContext, "near_duplicates", pairs)
            return [
                {
                    name: np.asarray(value).tolist()
                    for name, value in vars(one).items()
                    if name != "pair"
                }
                for one in near_differences(audit)
            ]

    together = differences(near)
    assert len(together) > 10
    assert together == [one for row in range(40) for one in differences(near.rows([row]))]


@pytest.mark.parametrize(
    ("box", "differ"),
    [
        ("car 55 100 155 200", 1),  # the copy shows 91 hundredths of it
        ("car 53 100 153 200", 0),  # 89
        ("car 200 100 300 115", 1),  # an image of 480 px is 32 times as high
        ("car 200 100 300 114", 0),  # 34 times
        ("car 200 100 220 200", 1),  # an image of 640 px is 32 times as wide
        ("car 200 100 219 200", 0),  # 34 times
    ],
)
def test_a_box_is_expected_that_is_shown_nearly_as_a_whole_and_is_not_small(
    box, differ, tmp_path, monkeypatch
):
    audit = AuditContext(with_image_files(images({"a.jpg": [box], "b.jpg": []}), tmp_path))
    cut = NearDuplicates.of(
        1, first=[0], second=[1], window=[[0.1, 0, 1, 1]], similarity=np.ones(1)
    )
    monkeypatch.setattr(AuditContext, "near_duplicates", cut)
    assert len(near_differences(audit)) == differ
