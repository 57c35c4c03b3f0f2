from __future__ import annotations

import numpy as np
import pytest

from labelaudit.auditing.findings import Severity
from labelaudit.auditing.run import audit
from labelaudit.network.settings import network_settings
from labelaudit.testing import images, with_columns


def told(*sizes: tuple[float, float], train_size: int = 320, **settings: float) -> list[str]:
    names = [f"{number}.jpg" for number in range(len(sizes))]
    dataset = images({name: ["car 1 1 9 9"] for name in names})
    dataset = with_columns(dataset, "images", size=[list(size) for size in sizes])
    found = audit(
        dataset,
        select=["NET005"],
        network=network_settings(train_size=train_size),
        settings={"NET005": settings},
    )
    assert set(found.severity.tolist()) <= {Severity.INFO}
    return list(found.message.tolist())


def test_small_images_are_one_finding_about_the_smallest():
    assert told((640, 480), (100, 80), (64, 48), (150, 150)) == [
        "3 images of 4 are more than 2 times enlarged for an input of 320 px: the most 2.jpg, "
        "64 x 48 px, 5 times"
    ]


@pytest.mark.parametrize(("width", "count"), [(159, 1), (160, 0)])
def test_an_image_may_be_enlarged_twice(width: int, count: int) -> None:
    assert len(told((width, 40))) == count
    assert len(told((width, 40), max_enlargement=3)) == 0


def test_what_counts_is_the_input_of_the_network():
    assert told((640, 480)) == []
    assert len(told((640, 480), train_size=1536)) == 1


def test_images_of_unknown_or_impossible_size_are_not_counted():
    assert told((np.nan, np.nan), (0, 90), (-5, 90)) == []
    assert told((np.nan, np.nan), (10, 10))[0].startswith("1 image of 1 is more")


def test_a_size_that_nobody_said_is_not_judged():
    dataset = images({"a.jpg": ["car 1 1 9 9"]})
    dataset = with_columns(dataset, "images", size=[[40, 40]], assumed=[True])
    network = network_settings(train_size=320)
    assert len(audit(dataset, select=["NET005"], network=network)) == 0
