from __future__ import annotations

import json

import pytest

from labelaudit.auditing.rule import RULES

GOOD = ("a.jpg", "car", 10, 10, 90, 60)
FLAT = ("a.jpg", "car", 200, 20, 0, 60)  # an error with a safe fix
OUTSIDE = ("b.jpg", "car", 600, 10, 100, 60)  # a warning with an unsafe fix


def test_fixing_and_undoing_gives_the_original_bytes(run, coco, tmp_path):
    path = coco(GOOD, FLAT)
    before = path.read_bytes()
    fixed = run("fix", path, "--in-place")
    assert fixed.code == 0
    assert "Fixed 1: 1 zero-area" in fixed.err
    assert path.read_bytes() != before
    undone = run("undo", path)
    assert "Restored" in undone.err
    assert path.read_bytes() == before
    assert [left.name for left in tmp_path.iterdir()] == ["labels.json"]


def test_of_a_list_only_the_lines_that_are_left_in_it_are_fixed(run, coco, tmp_path):
    path = coco(GOOD, FLAT, ("b.jpg", "car", 9, 9, 0, 9))
    lines = run("scan", path, "--select", "GEO001", "--output-format", "jsonl").out.splitlines()
    (tmp_path / "agreed.jsonl").write_text(lines[1] + "\n")
    run("fix", path, "--list", "agreed.jsonl", "-o", "cleaned.json")
    cleaned = json.loads((tmp_path / "cleaned.json").read_text())
    assert [box["id"] for box in cleaned["annotations"]] == [1, 2]


def test_unsafe_fixes_of_a_list_are_applied_on_request_only(run, coco, tmp_path):
    path = coco(GOOD, OUTSIDE)
    listed = run("scan", path, "--select", "GEO005", "--output-format", "jsonl").out
    (tmp_path / "list.jsonl").write_text(listed)
    assert "Fixed 0: nothing" in run("fix", path, "--list", "list.jsonl").err
    assert (
        "Fixed 1: 1 out-of-bounds" in run("fix", path, "--list", "list.jsonl", "--unsafe-fixes").err
    )


def test_a_list_for_other_labels_is_refused(run, coco, tmp_path):
    listed = run("scan", coco(GOOD, FLAT), "--select", "GEO001", "--output-format", "jsonl").out
    (tmp_path / "list.jsonl").write_text(listed)
    ran = run("fix", coco(GOOD, ("a.jpg", "car", 300, 20, 0, 60)), "--list", "list.jsonl")
    assert ran.code == 2
    assert "the labels have changed" in ran.err


def test_a_difference_exits_with_1_and_none_with_0(run, coco):
    old, same = coco(GOOD, OUTSIDE, name="old.json"), coco(OUTSIDE, GOOD, name="same.json")
    ran = run("diff", old, same)
    assert ran.code == 0
    assert "Nothing changed" in ran.out
    moved = run("diff", old, coco(GOOD, ("b.jpg", "car", 590, 10, 40, 60), name="new.json"))
    assert moved.code == 1
    assert "box removed · 1" in moved.out


def test_a_difference_is_told_to_programs(run, coco):
    old, new = coco(GOOD, name="old.json"), coco((*GOOD[:5], 61), name="new.json")
    differences = json.loads(run("diff", old, new, "--output-format", "json").out)["differences"]
    assert differences == {
        "box moved": [
            {
                "kind": "box moved",
                "image": "a.jpg",
                "before": {"class": "car", "box": [10, 10, 90, 60]},
                "after": {"class": "car", "box": [10, 10, 90, 61]},
            }
        ]
    }


def test_of_many_differences_a_few_are_shown(run, coco):
    old = [(f"{n}.jpg", "car", 10, 10, 90, 60) for n in range(9)]
    new = [(f"{n}.jpg", "car", 10, 10, 90, 61) for n in range(9)]
    old, new = coco(*old, name="old.json"), coco(*new, name="new.json")
    assert "... and 7 more" in run("diff", old, new, "--examples", "2").out


def test_the_statistics_of_a_dataset_are_shown(run, coco):
    ran = run("stats", coco(GOOD, OUTSIDE, ("b.jpg", "\x1b[31mbus", 1, 1, 9, 9)))
    assert ran.code == 0
    assert "COCO · 2 images · 3 boxes · 2 classes" in ran.out
    assert r"\x1b[31mbus" in ran.out
    assert "\x1b" not in ran.out


def test_the_statistics_of_a_dataset_are_told_to_programs(run, coco):
    numbers = json.loads(run("stats", coco(GOOD, OUTSIDE), "--output-format", "json").out)
    assert numbers["boxes"] == 2
    assert numbers["classes"][0]["name"] == "car"


def test_a_converted_dataset_holds_the_same_boxes(run, coco, tmp_path):
    path = coco(GOOD, OUTSIDE)
    ran = run("convert", path, "voc", "--to", "voc")
    assert ran.code == 0
    assert "Wrote voc: 2 images, 2 boxes as voc" in ran.err
    assert run("diff", path, tmp_path / "voc").code == 0


def test_what_a_format_cannot_hold_is_said(run, coco):
    ran = run("convert", coco(GOOD, OUTSIDE), "voc", "--to", "voc")
    assert "ids" in ran.err


def test_converting_does_not_write_over_anything(run, coco):
    path = coco(GOOD)
    before = path.read_bytes()
    ran = run("convert", path, path, "--to", "coco")
    assert ran.code == 2
    assert "exists" in ran.err
    assert path.read_bytes() == before


def test_a_place_that_is_taken_is_refused_before_anything_is_read(run, coco):
    assert "exists" in run("convert", "gone.json", coco(GOOD), "--to", "coco").err


def test_all_rules_are_listed(run):
    out = run("rules").out
    assert all(code in out for code in RULES)


def test_a_family_of_rules_is_listed(run):
    out = run("rules", "GEO").out
    assert "GEO001" in out
    assert "REF001" not in out


@pytest.mark.parametrize("rule", sorted({"zero-area", "geo001", *RULES}))
def test_a_rule_is_explained(run, rule):
    ran = run("rules", rule)
    assert ran.code == 0
    assert "Why it hurts:" in ran.out
    assert "Message" in ran.out


def test_rules_of_ones_own_are_explained_too(run, tmp_path, monkeypatch):
    from labelaudit.auditing import rule
    from labelaudit.core import registry

    own = registry.Registry[rule.Rule]("rule", "labelaudit.rules")
    RULES.values()  # imports all rules
    own._items, own._scanned = dict(RULES._items), True
    for module in ("auditing.run", "auditing.rule", "auditing.config", "cli.rules"):
        monkeypatch.setattr(f"labelaudit.{module}.RULES", own)
    (tmp_path / "labelaudit.toml").write_text('plugins = ["mine.py"]')
    (tmp_path / "mine.py").write_text(
        "from labelaudit import AuditContext, Found, Severity, found, rule\n"
        '@rule("OWN001", "mine", message="here", severity=Severity.INFO)\n'
        "def mine(audit: AuditContext) -> Found:\n"
        '    """Everything."""\n'
        "    return found(range(len(audit.dataset.boxes)))\n"
    )
    assert "OWN001" in run("rules").out


def test_no_name_in_labels_is_a_command_of_a_pipeline_that_reads_the_log(run, coco):
    flat = coco(("::error file=x::pwned", "##[group]car", 10, 10, 0, 60))
    ran = run("scan", flat, "--select", "GEO001")
    assert "\\x3a:error file=x::pwned" in ran.out
    said = [run("scan", flat, "--select", "::error::x"), run("scan", "::error::x.json"), ran]
    for line in "\n".join(one.out + one.err for one in said).splitlines():
        assert not line.lstrip().startswith("::")
        assert "##[" not in line
