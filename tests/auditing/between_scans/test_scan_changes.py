from __future__ import annotations

from collections.abc import Mapping, Sequence

from labelaudit.auditing.between_scans.scan_changes import scan_changes
from labelaudit.auditing.run import Options
from labelaudit.auditing.scan import Scan, scan
from labelaudit.testing import images

FLAT = "car 10 10 10 40"


def scanned(boxes: Mapping[str, Sequence[str]]) -> Scan:
    return scan(images(boxes), Options(select=("GEO001",)))


def changes(before: Mapping[str, Sequence[str]], after: Mapping[str, Sequence[str]]):
    found = scan_changes(scanned(before), scanned(after))
    return found.new.box.tolist(), found.gone.box.tolist()


def test_nothing_is_new_or_gone_where_nothing_changed():
    assert changes({"a.jpg": [FLAT]}, {"a.jpg": [FLAT]}) == ([], [])


def test_records_that_only_moved_are_the_same():
    assert changes({"a.jpg": [FLAT]}, {"b.jpg": [], "a.jpg": ["car 0 0 9 9", FLAT]}) == ([], [])


def test_what_was_mended_is_gone_and_what_was_broken_is_new():
    before = {"a.jpg": [FLAT, "car 50 50 90 90"]}
    after = {"a.jpg": ["car 10 10 40 40", "car 50 50 50 90"]}
    assert changes(before, after) == ([1], [0])


def test_one_of_several_equal_findings_can_be_gone():
    assert changes({"a.jpg": [FLAT, FLAT]}, {"a.jpg": [FLAT]})[0] == []
    assert len(changes({"a.jpg": [FLAT, FLAT]}, {"a.jpg": [FLAT]})[1]) == 1
