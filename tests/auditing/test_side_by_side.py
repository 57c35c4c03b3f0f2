from __future__ import annotations

import pytest

from labelaudit.auditing.findings import Findings
from labelaudit.auditing.rule import RULES
from labelaudit.auditing.side_by_side import side_by_side


@pytest.mark.parametrize(("boxes", "threads"), [(49_999, 1), (50_000, 2)])
def test_rules_run_side_by_side_from_fifty_thousand_boxes_on(monkeypatch, boxes, threads):
    used = []

    def mapped(judge, groups, count):
        used.append(count)
        return [(rule, judge(rule)) for group in groups for rule in group]

    monkeypatch.setattr("labelaudit.auditing.side_by_side.map_groups", mapped)
    monkeypatch.setattr("labelaudit.auditing.side_by_side.cores", lambda: 64)
    rules = [RULES["GEO001"], RULES["DUP001"]]
    found = side_by_side(lambda rule: Findings.of(1, code=[rule.code]), rules, iter, boxes)
    assert [findings.code[0] for findings in found] == ["GEO001", "DUP001"]
    assert used == ([2] if threads == 2 else [])
