from __future__ import annotations

from labelaudit.auditing.findings import Safety
from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.run import audit
from labelaudit.core.ids import Ids
from labelaudit.testing import images, with_columns


def dataset(names, ids, **columns):
    plain = images({f"{number}.jpg": ["car 1 1 9 9"] for number in range(len(names))})
    return with_columns(plain, "images", name=names, id=Ids.of(ids), **columns)


def test_the_later_image_is_found_and_both_are_named():
    findings = audit(dataset(["a.jpg", "b.jpg", "c.jpg"], [5, 6, 5]), select=["REF002"])
    words = "image id 5 is used 2 times: here for c.jpg, first for a.jpg"
    assert findings.message.tolist() == [words]
    assert findings.image.tolist() == [2]
    assert findings.fix.tolist() == [None]


def test_two_files_may_count_from_one_each():
    split = dataset(["a.jpg", "b.jpg"], [1, 1], file=[0, 1])
    assert not len(audit(split, select=["REF002"]))


def test_a_number_and_its_text_are_two_ids():
    assert not len(audit(dataset(["a.jpg", "b.jpg"], [1, "1"]), select=["REF002"]))


def test_missing_ids_are_not_the_same_id():
    assert not len(audit(dataset(["a.jpg", "b.jpg"], [None, None]), select=["REF002"]))


def test_the_same_record_twice_is_merged_without_losing_a_label():
    twice = dataset(["a.jpg", "a.jpg"], [5, 5], path=["pics/a.jpg"] * 2)
    findings = audit(twice, select=["REF002", "REF008"])
    assert findings.code.tolist() == ["REF002"]
    assert (findings.fix[0].kind, findings.fix[0].safety) == ("merge", Safety.SAFE)
    fixed = apply(twice, findings).dataset
    assert len(fixed.images) == 1
    assert fixed.boxes.image.tolist() == [0, 0]
    assert not len(audit(fixed, select=["REF"]))


def test_merging_is_unsafe_where_two_sizes_are_stated():
    sizes = [[640, 480], [320, 240]]
    twice = dataset(["a.jpg", "a.jpg"], [5, 5], size=sizes, path=["pics/a.jpg"] * 2)
    assert audit(twice, select=["REF002"]).fix[0].safety is Safety.UNSAFE


def test_records_of_an_image_that_was_not_found_are_merged_unsafely():
    for paths in (["", ""], ["pics/a.jpg", "more/a.jpg"]):
        twice = dataset(["a.jpg", "a.jpg"], [5, 5], path=paths)
        assert audit(twice, select=["REF002"]).fix[0].safety is Safety.UNSAFE


def test_boxes_of_images_that_share_an_id_are_no_copies():
    boxes = {"1.jpg": ["car 1 1 9 9", "car 1 1 9 9", "car 1 1 9 9.2", "bus 1 1 9 9"], "2.jpg": []}
    one = images(boxes)
    assert set(audit(one, select=["DUP"]).code) == {"DUP001", "DUP003"}
    for paths, compared in (([""] * 2, False), (["1.jpg", "2.jpg"], False), (["1.jpg"] * 2, True)):
        shared = with_columns(one, "images", id=Ids.of([5, 5]), path=paths)
        assert bool(len(audit(shared, select=["DUP"]))) is compared


def test_an_image_without_a_name_is_called_by_its_id():
    findings = audit(dataset(["", ""], [5, 5]), select=["REF002"])
    assert "for the image with id 5, first" in findings.message[0]
    assert findings.fix.tolist() == [None]


def test_many_frames_of_one_id_are_one_finding_that_nothing_mends_safely():
    frames = dataset(["_semantic"] * 5, ["_semantic"] * 5)
    findings = audit(frames, select=["REF002", "REF007", "REF008", "DUP", "IMG"])
    assert findings.code.tolist() == ["REF002"]
    assert "is used 5 times" in findings.message[0]
    assert findings.fix[0].safety is Safety.UNSAFE
    fixed = apply(frames, findings).dataset
    assert len(fixed.images) == 1
    assert len(fixed.boxes) == 5


def test_records_of_two_names_under_one_id_are_not_merged():
    findings = audit(dataset(["a.jpg", "a.jpg", "b.jpg"], [5, 5, 5]), select=["REF002"])
    assert findings.fix.tolist() == [None]


def test_an_odd_id_is_told_where_it_is_of_one_image_alone():
    findings = audit(
        dataset(["a.jpg", "b.jpg", "c.jpg"], ["x", "x", "y"]), select=["REF002", "REF007"]
    )
    assert sorted(findings.code.tolist()) == ["REF002", "REF007"]


def test_ids_that_begin_again_are_one_finding():
    ids = [*range(1, 12)] * 2
    put_together = dataset([f"{number}.jpg" for number in range(22)], ids)
    (message,) = audit(put_together, select=["REF002"]).message
    assert message == "11 images have an id that an earlier one has: 11.jpg has 1 of 0.jpg"
    assert audit(put_together, select=["REF002"]).image.tolist() == [11]
    assert audit(put_together, select=["REF002"]).fix.tolist() == [None]
    twice = dataset([f"{number % 11}.jpg" for number in range(22)], ids)
    findings = audit(twice, select=["REF002"])
    assert findings.fix[0].safety is Safety.UNSAFE
    assert len(apply(twice, findings).dataset.images) == 11
    few = dataset([f"{number}.jpg" for number in range(20)], [*range(1, 11)] * 2)
    assert len(audit(few, select=["REF002"])) == 10


def test_no_box_of_images_that_share_an_id_is_judged_by_the_size_of_either():
    two = images({"1.jpg": ["car 600 1 642 90"], "2.jpg": ["car 1 1 90 90"]})
    assert "GEO005" in audit(two).code
    for paths, judged in ((["1.jpg", "2.jpg"], False), (["1.jpg"] * 2, True)):
        shared = with_columns(two, "images", id=Ids.of([5, 5]), path=paths)
        assert ("GEO005" in audit(shared).code) is judged
