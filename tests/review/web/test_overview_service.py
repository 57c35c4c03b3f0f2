"""How bad a dataset is by its queue, by class and source, and findings by a field."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import labelaudit
from labelaudit.auditing.estimates.expected_errors import ExpectedErrors
from labelaudit.auditing.run import Options
from labelaudit.auditing.scan import Scan, scan
from labelaudit.auditing.summary.overview import overview
from labelaudit.errors import ConfigError
from labelaudit.reports import REPORTS
from labelaudit.review.queue.decisions import ItemDecision, decide
from labelaudit.review.queue.enqueue import enqueue
from labelaudit.review.queue.items import Filter, Verdict
from labelaudit.review.queue.leases import next_items
from labelaudit.review.queue.manual_boxes import change_box, own_fixes
from labelaudit.review.queue.places import QueuePlace
from labelaudit.review.queue.store import Queue
from labelaudit.review.web.overview_service import OverviewService
from labelaudit.testing import one_image, with_label_issues

BOXES = [  # image, class, box, who drew it: the first two pairs are duplicates, then two classes
    (1, 1, [10, 10, 30, 30], "ann"),
    (1, 1, [10, 10, 30, 30], "ann"),
    (1, 2, [60, 10, 30, 30], "bo"),
    (2, 2, [10, 10, 40, 40], "bo"),
    (2, 1, [10, 10, 40, 40], "bo"),
    (3, 2, [10, 10, 40, 40], None),
]


@pytest.fixture
def opened(
    tmp_path: Path, queue_place: Callable[[str], QueuePlace]
) -> Iterator[tuple[OverviewService, Queue]]:
    annotations = [
        {"id": n, "image_id": image, "category_id": label, "bbox": box, "area": 1, "iscrowd": 0}
        | ({"annotator": who} if who else {})
        for n, (image, label, box, who) in enumerate(BOXES, 1)
    ]
    images = [{"id": n, "file_name": f"{n}.jpg", "width": 128, "height": 96} for n in (1, 2, 3)]
    classes = [{"id": 1, "name": "car"}, {"id": 2, "name": "bus"}]
    labels = {"images": images, "annotations": annotations, "categories": classes}
    (tmp_path / "labels.json").write_text(json.dumps(labels))
    dataset = labelaudit.load(tmp_path / "labels.json")
    with Queue.open(queue_place("queue")) as queue:
        enqueue(queue, labelaudit.audit(dataset, select=["DUP001", "DUP003"]), dataset, Options())
        yield OverviewService(dataset, queue, ["annotator"]), queue


def group(service: OverviewService, field: str) -> dict[str, tuple[int, int, int]]:
    """Of each value: labels, findings, open."""
    (found,) = [one for one in service.overview().groups if one.field == field]
    return {one.value: (one.boxes, one.findings, one.open) for one in found.groups}


def decided(queue: Queue, mark: str, verdict: Verdict) -> None:
    decide(queue, "ann", [ItemDecision(mark, verdict)], uuid=f"{mark} {verdict}")


def marks(queue: Queue) -> dict[str, str]:
    """The finding of each rule."""
    found = next_items(queue, "ann", Filter(), count=9)
    return {one.entry["code"]: one.fingerprint for one in found}


def test_findings_are_counted_by_class_and_by_whoever_drew_the_boxes(opened):
    service, queue = opened
    assert group(service, "class") == {"car": (3, 2, 2), "bus": (3, 0, 0)}
    assert group(service, "annotator") == {"ann": (2, 1, 1), "bo": (3, 1, 1), "": (1, 0, 0)}
    decided(queue, marks(queue)["DUP001"], Verdict.ACCEPT)
    assert group(service, "annotator")["ann"] == (2, 1, 0)


def test_what_was_skipped_is_not_open_since_who_begins_does_not_come_to_it(opened):
    service, queue = opened
    decided(queue, marks(queue)["DUP001"], Verdict.SKIP)
    assert group(service, "annotator")["ann"] == (2, 1, 0)
    told = service.overview()
    assert {one.code: one.open for one in told.rules} == {"DUP001": 0, "DUP003": 1}
    assert sum(one.open for one in told.worst) == 1


def test_what_was_rejected_is_no_error_any_more(opened):
    service, queue = opened
    before = service.overview()
    assert (before.wrong_boxes, before.wrong_images, before.errors) == (2, 2, 2.0)
    assert sum(one.errors for one in before.groups[0].groups) == before.errors
    decided(queue, marks(queue)["DUP001"], Verdict.REJECT)
    after = service.overview()
    assert (after.wrong_boxes, after.wrong_images) == (1, 1)
    assert after.errors < before.errors
    assert [(one.code, one.open) for one in after.rules] == [("DUP003", 1), ("DUP001", 0)]


def written(name: str, seen: Scan) -> str:
    out = io.StringIO()
    REPORTS[name].write(seen, out)
    return out.getvalue()


def halved(tmp_path: Path) -> Path:
    """Labels of which all boxes are of images half as wide and high: a single finding."""
    images, annotations = [], []
    for n in range(1, 21):
        images.append(
            {"id": n, "file_name": f"{n}.jpg", "width": 640, "height": 480 + 20 * (n % 3)}
        )
        half = (480 + 20 * (n % 3)) / 2
        for box in ([0, 0, 10 * n, 9 * n], [9 * n, 9 * n, 320 - 9 * n, half - 9 * n]):
            annotations.append(
                {"id": len(annotations) + 1, "image_id": n, "category_id": 1, "bbox": box}
            )
    labels = {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "a"}]}
    (tmp_path / "half.json").write_text(json.dumps(labels))
    return tmp_path / "half.json"


def test_labels_that_one_cause_makes_wrong_count_alike_in_report_json_and_page(tmp_path: Path):
    options = Options(select=("GEO019",))
    seen = scan(labelaudit.load(halved(tmp_path)), options)
    assert len(seen.findings) == 1
    assert overview(seen).boxes.errors == 40
    assert json.loads(written("json", seen))["summary"]["overview"]["boxes"]["errors"] == 40
    assert "40 of 40" in written("text", seen)
    with Queue.open(tmp_path / "queue.sqlite") as queue:
        enqueue(queue, seen.findings, seen.dataset, options)
        page = OverviewService(seen.dataset, queue)
        assert (page.overview().wrong_boxes, page.overview().wrong_images) == (40, 20)
        decided(queue, marks(queue)["GEO019"], Verdict.REJECT)
        assert page.overview().wrong_boxes == 0


def test_expected_errors_are_those_of_a_report_until_something_is_decided(opened):
    service, _ = opened
    result = scan(service.dataset, Options(select=("DUP001", "DUP003")))
    report = overview(result)
    names = service.dataset.images.name
    told = {str(names[one.image]): one.expected for one in report.top_images}
    seen = service.overview()
    assert {one.name: one.errors for one in seen.worst} == pytest.approx(told)
    assert sorted(told.values()) != [1.0, 1.0]  # warnings are no certainties
    assert (seen.errors, seen.wrong_images) == (report.boxes.errors, report.images.errors)
    assert not seen.by_model


def test_values_of_fields_have_the_rates_and_limits_of_a_report_until_something_is_rejected(opened):
    service, queue = opened

    def rates() -> dict[str, tuple[float, float, float]]:
        (_, by_annotator) = service.overview().groups
        return {one.value: (one.per_1000, one.low, one.high) for one in by_annotator.groups}

    result = scan(service.dataset, Options(select=("DUP001", "DUP003"), by=("annotator",)))
    (report,) = result.breakdowns
    before = {one.value: (one.rate, one.low, one.high) for one in report.groups}
    assert rates() == before
    assert all(low < rate < high for rate, low, high in before.values() if rate)
    decided(queue, marks(queue)["DUP001"], Verdict.REJECT)
    assert sum(rate for rate, _, _ in rates().values()) < sum(
        rate for rate, _, _ in before.values()
    )


def test_a_models_probabilities_are_summed_as_in_a_report(tmp_path):
    dataset = one_image("car 10 10 40 40", "car 50 10 80 40", "bus 50 10 80 40")
    findings = labelaudit.audit(dataset, select=["DUP003"])
    doubted = findings.replaced(probability=[0.25], doubt=[0.25])
    with Queue.open(tmp_path / "queue.sqlite") as queue:
        enqueue(queue, doubted, dataset, Options())
        seen = OverviewService(dataset, queue).overview()
    errors = ExpectedErrors(doubted, dataset, None)
    assert seen.by_model
    assert seen.errors == pytest.approx(errors.box.sum()) == pytest.approx(0.25)
    assert seen.worst[0].errors == pytest.approx(errors.per_image.sum())


def test_what_a_model_doubts_without_a_probability_is_an_order_and_no_number(tmp_path):
    dataset = one_image("car 10 10 40 40", "car 50 10 80 40", "bus 50 10 80 40", "bus 90 9 99 99")
    issues = with_label_issues(
        dataset, "3 spurious 0.9", "missing 0.8 0 bus 110 10 160 60", max_share=0.5
    ).label_issues
    issues = dataclasses.replace(issues, missing_calibrated=False)
    findings = labelaudit.audit(dataset, label_issues=issues, select=["MOD001", "MOD004"])
    assert len(findings) == 2
    with Queue.open(tmp_path / "queue.sqlite") as queue:
        enqueue(queue, findings, dataset, Options())
        seen = OverviewService(dataset, queue).overview()
    assert (seen.errors, seen.missing, seen.by_model, seen.wrong_boxes) == (0, 0, False, 0)
    assert seen.doubted == 2
    (image,) = seen.worst
    assert (image.name, image.errors, image.doubted, image.open) == ("image.jpg", 0, 2, 2)


def test_a_finding_about_a_class_is_counted_where_the_filter_finds_it(tmp_path):
    labels = {
        "images": [{"id": 1, "file_name": "1.jpg", "width": 128, "height": 96}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 2, "bbox": [9, 9, 30, 30], "area": 900}
        ],
        "categories": [{"id": 1, "name": "car"}, {"id": 2, "name": "bus"}],
    }
    (tmp_path / "labels.json").write_text(json.dumps(labels))
    dataset = labelaudit.load(tmp_path / "labels.json")
    with Queue.open(tmp_path / "queue.sqlite") as queue:
        enqueue(queue, labelaudit.audit(dataset, select=["CLS003"]), dataset, Options())
        service = OverviewService(dataset, queue)
        (of_car,) = next_items(queue, "ann", Filter(class_name="car"), count=9)
        assert of_car.entry["records"].keys() == {"category"}
        among = service.among("class", "car")
        assert len(among) == 1
        assert service.among("class", "") == service.among("class", "bus") == ()


def test_an_image_of_which_all_is_decided_is_none_to_begin_with(opened):
    service, queue = opened
    assert sorted(one.name for one in service.overview().worst) == ["1.jpg", "2.jpg"]
    decided(queue, marks(queue)["DUP001"], Verdict.ACCEPT)
    assert [one.name for one in service.overview().worst] == ["2.jpg"]


def test_classes_on_one_object_stand_in_the_matrix_and_lead_to_their_findings(opened):
    service, queue = opened
    told = service.overview().confused
    assert told is not None
    cells = {
        (one, other): told.counts[row][column]
        for row, one in enumerate(told.classes)
        for column, other in enumerate(told.classes)
        if told.counts[row][column]
    }
    ((pair, count),) = cells.items()
    assert (set(pair), count, told.elsewhere) == ({"car", "bus"}, 1, 0)
    (item,) = service.among("confused", " \u2192 ".join(pair))
    found = next_items(queue, "ann", Filter(among=(item,)), count=9)
    assert [one.entry["code"] for one in found] == ["DUP003"]


def test_findings_are_chosen_by_the_value_of_a_field_also_those_that_came_later(opened):
    service, queue = opened
    assert len(service.among("annotator", "ann")) == 1
    assert service.among("annotator", "") == ()
    dataset = service.dataset
    fixes = own_fixes(dataset, 5, label=0)
    change_box(queue, "ann", dataset, box=5, fixes=fixes, uuid="1")
    assert len(service.among("annotator", "")) == 1
    assert service.among("annotator", "nobody") == ()
    with pytest.raises(ConfigError, match="no field is called 'weather'"):
        service.among("weather", "rain")


def test_only_fields_with_several_values_and_those_asked_for_are_told(opened):
    service, _ = opened
    assert service.fields == ["annotator"]  # there is one split and one folder
    without: Any = OverviewService(service.dataset, service.queue)
    assert without.fields == []
