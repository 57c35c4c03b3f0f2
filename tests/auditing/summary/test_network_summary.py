from __future__ import annotations

import msgspec

from labelaudit.auditing.class_conflicts.merge_advice import merge_worthy
from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.rule import RULES
from labelaudit.auditing.summary.network_summary import NetworkSummary, network_summary
from labelaudit.dataset.tables import Dataset
from labelaudit.network.settings import NetworkSettings, network_settings
from labelaudit.testing import images, one_image

NETWORK = network_settings(train_size=640, strides=[16, 32], anchor_scales=[4])
POLES = [f"pole {x} 0 {x + 20} 400" for x in range(0, 600, 50)]
CARS = [f"car {x} 100 {x + 64} 164" for x in range(8, 568, 32)]


def of(dataset: Dataset, network: NetworkSettings = NETWORK) -> NetworkSummary:
    return network_summary(AuditContext(dataset, network=network))


def test_classes_are_told_by_size_and_use_of_levels_most_boxes_first():
    first, second = of(one_image(*POLES, *CARS, "car 1 1 3 9", "bus 9 9 9 9")).classes
    assert (first.name, first.boxes, first.width, first.height) == ("car", 19, 64, 64)
    assert (first.levels, first.vanishing) == ((19, 0), 1)
    assert (second.name, second.boxes, second.unmatched) == ("pole", 12, 12)
    assert (second.unmatched_as_advised or 0) < 6


def test_boxes_that_are_left_out_are_counted():
    summary = of(one_image(*CARS, "car 1 1 9 9 crowd", "car 9 9 9 9"))
    assert (summary.boxes, summary.skipped) == (18, 2)


def test_anchors_are_told_as_they_are_by_clusters_and_as_advised():
    names = {one.name: one for one in of(one_image(*POLES, *CARS)).anchors}
    assert list(names) == ["as they are", "by k-means", "as advised"]
    assert names["as they are"].anchors == (((64, 64),), ((128, 128),))
    assert names["as they are"].matched == 0.6
    assert names["as advised"].matched > 0.9
    assert names["as advised"].scales


def test_without_anchors_none_are_advised():
    summary = of(one_image(*CARS), network_settings(train_size=640))
    assert summary.anchors == ()
    assert summary.classes[0].unmatched is None


def test_classes_that_might_be_one_are_named():
    vans = [box.replace("car", "van") for box in CARS[:3]]
    merge = of(one_image(*CARS, *vans)).merges[0]
    assert (merge.rare, merge.other, merge.conflicts) == ("van", "car", 3)


def test_classes_are_merged_here_as_the_rule_has_it():
    settings = RULES["NET004"].settings
    vans = [box.replace("car", "van") for box in CARS[:3]]
    audit = AuditContext(one_image(*CARS, *vans), network=NETWORK)
    told = merge_worthy(
        audit,
        max_part=settings["max_part"],
        min_confused=settings["min_confused"],
        min_count=settings["min_count"],
    )
    assert len(told) == len(network_summary(audit).merges)


def test_a_summary_is_plain_json():
    value = msgspec.json.decode(msgspec.json.encode(of(one_image(*POLES, *CARS))))
    assert value["levels"][0]["stride"] == 16
    assert value["train_size"] == [640, 640]


def test_a_dataset_without_boxes_has_nothing_to_say():
    summary = of(images({"a.jpg": []}))
    assert (summary.boxes, summary.classes, summary.anchors) == (0, (), ())
