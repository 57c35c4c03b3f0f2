"""A class that was labelled until some time, or from some time on."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.needs import NO_SOURCES, Need
from labelaudit.auditing.run import audit
from labelaudit.auditing.sources.box_sources import NO_TIMES
from labelaudit.auditing.sources.times import WHEN
from labelaudit.dataset.tables import Attributes, Dataset, RecordType
from labelaudit.rules.src.chances import power_of_chance
from labelaudit.testing import drawn_by, images

CAR, BUS = "car 9 9 50 50", "bus 60 60 90 90"


def day(number: int) -> str:
    return (datetime.date(2024, 1, 1) + datetime.timedelta(number)).isoformat()


def labelled(
    scenes: Sequence[Sequence[str]], *, field: str = "created_at", name: str = "{}.jpg"
) -> Dataset:
    """An image a day, with these boxes."""
    by_day: Mapping[str, Mapping[str, Sequence[str]]] = {
        day(number): {name.format(number): boxes} for number, boxes in enumerate(scenes)
    }
    return drawn_by(by_day, field=field)


def messages(dataset: Dataset, **settings: float) -> list[str]:
    chosen = {"changed-policy": {name.replace("_", "-"): it for name, it in settings.items()}}
    found = audit(dataset, select=["SRC006"], settings=chosen)
    assert set(found.severity.tolist()) <= {Severity.INFO}
    return list(found.message.tolist())


def test_a_class_that_is_labelled_until_a_day_is_found_and_no_other():
    assert messages(labelled([[CAR, BUS]] * 30 + [[CAR]] * 20)) == [
        "bus is in 30 of 30 images that were labelled until 2024-01-30, and in none of 20 since "
        "(by chance: 1 of 10^11)"
    ]


def test_a_class_that_is_labelled_from_a_day_on_is_found():
    (message,) = messages(labelled([[CAR]] * 40 + [[CAR, BUS], [CAR]] * 20))
    assert message.startswith(
        "bus is in 20 of 40 images that were labelled from 2024-02-10, and in none of 40 before"
    )


def test_a_class_that_is_labelled_now_and_then_is_not_found():
    assert messages(labelled([[CAR, BUS], [CAR]] * 30)) == []
    assert messages(labelled([[CAR, BUS], *[[CAR]] * 9] * 6)) == []
    assert messages(labelled([[CAR]] * 50)) == []


def test_both_ends_are_told_of_a_class_that_was_labelled_for_a_while():
    told = messages(labelled([[CAR]] * 30 + [[CAR, BUS]] * 30 + [[CAR]] * 30))
    assert [message.split(", and")[0] for message in told] == [
        "bus is in 30 of 60 images that were labelled until 2024-02-29",
        "bus is in 30 of 60 images that were labelled from 2024-01-31",
    ]


def test_the_largest_chance_counts_times_all_days_and_classes():
    dataset = labelled([[CAR, BUS]] * 12 + [[CAR]] * 12)
    counts = np.array([12])
    p = 2 * 24 * 2 * 10 ** power_of_chance(counts, counts, counts)
    assert len(messages(dataset, max_p=p * 1.01)) == 1
    assert messages(dataset, max_p=p * 0.99) == []


def test_frames_of_one_recording_count_once():
    name = "video_1/{:06}.jpg"
    assert messages(labelled([[CAR, BUS]] * 30 + [[CAR]] * 30, name=name)) == []


def test_other_folders_may_hold_other_objects():
    scenes = [(f"a/{n}.jpg", [CAR, BUS]) for n in range(30)]
    scenes += [(f"b/{n}.jpg", [CAR]) for n in range(30)]
    apart = {day(n): dict([one]) for n, one in enumerate(scenes)}
    assert messages(drawn_by(apart, field="created_at")) == []
    mixed = [(f"{'ab'[n % 2]}/{n}.jpg", [CAR, BUS] if n < 30 else [CAR]) for n in range(60)]
    both = {day(n): dict([one]) for n, one in enumerate(mixed)}
    assert len(messages(drawn_by(both, field="created_at"))) == 1


@pytest.mark.parametrize("field", WHEN)
def test_fields_are_called_as_tools_call_them(field: str) -> None:
    assert len(messages(labelled([[CAR, BUS]] * 30 + [[CAR]] * 30, field=field))) == 1


def test_times_of_pictures_are_no_times_of_labels():
    dataset = labelled([[CAR, BUS]] * 30 + [[CAR]] * 30, field="date_captured")
    context = AuditContext(dataset)
    assert context.times is None
    assert context.lacking[Need.TIMES] == NO_SOURCES
    assert (
        AuditContext(drawn_by({"a": {"1.jpg": [CAR]}, "b": {"1.jpg": [BUS]}})).lacking[Need.TIMES]
        == NO_TIMES
    )


@pytest.mark.parametrize(("known", "is_timed"), [(9, True), (8, False)])
def test_the_time_of_most_boxes_has_to_be_known(known: int, is_timed: bool) -> None:
    dataset = images({f"{n}.jpg": [CAR] for n in range(10)})
    said = [Attributes(RecordType.BOX, row, {"created_at": day(row)}) for row in range(known)]
    timed = dataclasses.replace(dataset, attributes=lambda _: iter(said))
    times = AuditContext(timed).times
    assert (times is not None) is is_timed


def test_a_box_is_as_old_as_its_image_where_it_says_nothing():
    dataset = images({f"{n}.jpg": [CAR, BUS] if n < 30 else [CAR] for n in range(60)})
    said = [Attributes(RecordType.IMAGE, row, {"annotated_at": day(row)}) for row in range(60)]
    assert len(messages(dataclasses.replace(dataset, attributes=lambda _: iter(said)))) == 1


@pytest.mark.parametrize(("since", "count"), [(10, 1), (9, 0)])
def test_a_chance_of_one_in_a_thousand_is_told(since: int, count: int) -> None:
    """All days, twice for two classes, by one of 92,378 or 48,620 choices: .0008 and .0015."""
    assert len(messages(labelled([[CAR, BUS]] * 9 + [[CAR]] * since))) == count
