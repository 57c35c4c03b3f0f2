from __future__ import annotations

import numpy as np
import pytest

from labelaudit.auditing.findings import Severity
from labelaudit.auditing.findings_file import fingerprints
from labelaudit.auditing.run import Options
from labelaudit.auditing.scan import fixed, scan
from labelaudit.errors import ConfigError
from labelaudit.testing import images, one_image, with_image_files

FLAT = Options(select=("GEO001",))


def test_what_the_baseline_knows_is_left_out_and_counted():
    dataset = one_image("car 9 9 9 20", "car 50 9 50 30")
    first = scan(dataset, FLAT)
    known = frozenset(fingerprints(first.findings, dataset)[:1])
    second = scan(dataset, FLAT, baseline=known)
    assert second.findings.box.tolist() == [1]
    assert second.known == 1


def test_of_three_findings_alike_a_baseline_that_knows_two_leaves_the_third():
    alike = ["car 10 10 40 40"] * 4
    options = Options(select=("DUP001",))
    before, now = one_image(*alike[:3]), one_image(*alike)
    known = frozenset(fingerprints(scan(before, options).findings, before))
    result = scan(now, options, baseline=known)
    assert (len(known), len(result.findings), result.known) == (2, 1, 2)


def test_no_rule_left_is_an_error():
    with pytest.raises(ConfigError, match="no rule is left"):
        scan(one_image(), Options(select=("GEO001",), ignore=("GEO",)))


def test_findings_are_counted_by_rule_and_severity():
    dataset = images(
        {"a.jpg": ["car 9 9 9 20", "car 30 9 30 20", "car 600 9 700 90"], "b.jpg": ["car 9 9 9 20"]}
    )
    result = scan(dataset, Options(select=("GEO001", "GEO005")))
    flat, beyond = result.by_rule
    assert (flat.code, flat.findings, flat.images, flat.safe, flat.unsafe) == ("GEO001", 3, 2, 3, 0)
    assert (beyond.code, beyond.findings, beyond.safe, beyond.unsafe) == ("GEO005", 1, 0, 1)
    assert result.by_severity == {Severity.ERROR: 3, Severity.WARNING: 1}
    assert (result.safe, result.unsafe) == (3, 1)


@pytest.mark.parametrize(
    ("box", "worst"),
    [("car 9 9 9 20", Severity.ERROR), ("car 600 9 700 90", Severity.WARNING)],
)
def test_a_scan_has_its_worst_severity_and_all_below(box, worst):
    result = scan(one_image(box), Options(select=("GEO001", "GEO005")))
    assert [result.has(severity) for severity in Severity] == [s <= worst for s in Severity]


def test_fixing_applies_safe_fixes_only():
    dataset = one_image("car 9 9 9 20", "car 600 9 700 90")
    result = fixed(scan(dataset, Options(select=("GEO001", "GEO005"))), unsafe=False)
    assert result.fixed == {"zero-area": 1}
    assert result.findings.name.tolist() == ["out-of-bounds"]
    assert len(result.dataset.boxes) == 1


def test_fixing_goes_on_with_what_a_fix_brings_to_light():
    dataset = one_image("car 600 10 640 60", "car 600 10 690 60", "car 10 10 90 60")
    options = Options(select=("GEO005", "DUP001"))
    assert set(scan(dataset, options).findings.code.tolist()) == {"GEO005"}
    result = fixed(scan(dataset, options), unsafe=True)
    assert result.fixed == {"out-of-bounds": 1, "duplicate-box": 1}
    assert not len(result.findings)


def test_what_the_baseline_knows_is_not_fixed():
    dataset = one_image("car 9 9 9 20", "car 50 9 50 30")
    known = frozenset(fingerprints(scan(dataset, FLAT).findings, dataset)[:1])
    result = fixed(scan(dataset, FLAT, baseline=known), unsafe=True)
    assert result.dataset.boxes.xyxy[:, 0].tolist() == [9]


def test_classes_in_conflict_are_counted_from_the_findings():
    dataset = images(
        {
            "a.jpg": ["car 10 10 90 90", "van 10 10 90 90", "bus 200 10 290 90"],
            "b.jpg": ["car 10 10 90 90", "van 10 10 90 90", "bus 10 200 90 290"],
            "c.jpg": ["car 10 10 90 90", "bus 10 10 90 90"],
        }
    )
    result = scan(dataset, Options(select=("DUP003",)))
    conflicts = [(one.first, one.second, one.count) for one in result.class_conflicts]
    assert conflicts == [("car", "van", 2), ("car", "bus", 1)]
    assert result.class_conflicts[0].share == 1
    assert result.class_conflicts[1].share == pytest.approx(1 / 3)


def test_nothing_in_conflict_is_no_table():
    assert scan(one_image("car 9 9 20 20"), FLAT).class_conflicts == []


def test_rules_are_gone_over_by_what_the_caller_gives():
    seen = []

    def track(rules):
        for rule in rules:
            seen.append(rule.code)
            yield rule

    scan(one_image("car 9 9 9 20"), Options(select=("GEO001", "GEO005")), track=track)
    assert seen == ["GEO001", "GEO005"]


def test_an_empty_dataset_is_clean():
    result = scan(one_image(), Options(select=("GEO", "DUP")))
    assert result.by_rule == []
    assert not result.has(Severity.INFO)
    assert np.count_nonzero(result.findings.severity) == 0


def test_rules_with_nothing_to_look_at_are_not_checked_with_the_reason():
    result = scan(one_image("car 10 10 40 40"))
    assert result.not_checked["IMG001"] == "no image was found; --images says where they are"
    assert "IMG001" not in {rule.code for rule in result.rules}
    assert "GEO001" not in result.not_checked
    assert result.not_checked.keys().isdisjoint(rule.code for rule in result.rules)


def test_a_selector_none_of_whose_rules_has_anything_to_look_at_is_an_error():
    dataset = one_image("car 10 10 40 40")
    for selected in ("IMG", "IMG001", "missing-image"):
        with pytest.raises(ConfigError, match=f"{selected} was selected and not checked: no image"):
            scan(dataset, Options(select=("GEO", selected)))
    assert scan(dataset, Options(select=("CLS", "GEO"))).not_checked.keys() == {"CLS006"}


def test_ignored_rules_do_not_count_as_selected_and_not_checked():
    options = Options(select=("IMG", "GEO"), ignore=("IMG",))
    assert scan(one_image("car 10 10 40 40"), options).not_checked == {}


def test_fixes_after_which_nothing_can_be_checked_are_no_error(tmp_path):
    dataset = with_image_files(images({"a.jpg": [], "b.jpg": []}), tmp_path)
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(b"")
    before = scan(dataset, Options(select=("IMG002",)))
    after = fixed(before, unsafe=True)
    assert after.fixed == {"unreadable-image": 2}
    assert after.not_checked == {"IMG002": "the labels name no image"}


def test_a_scan_says_in_a_line_what_it_is():
    dataset = one_image("car 10 10 40 40", "car 50 20 50 60")
    found = scan(dataset, Options(select=("GEO001", "CLS")))
    assert repr(found) == f"<Scan of {dataset!r}: 1 error, 1 info; 1 rule not checked>"
