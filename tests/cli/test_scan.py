from __future__ import annotations

import json

import pytest

GOOD = ("a.jpg", "car", 10, 10, 90, 60)
FLAT = ("a.jpg", "car", 200, 20, 0, 60)  # an error with a safe fix
OUTSIDE = ("a.jpg", "car", 600, 10, 100, 60)  # a warning with an unsafe fix


def test_nothing_worse_than_info_exits_with_0(run, coco):
    ran = run("scan", coco(GOOD))
    assert ran.code == 0
    assert "rare-class" in ran.out


def test_findings_exit_with_1_and_are_shown(run, coco):
    ran = run("scan", coco(GOOD, FLAT))
    assert ran.code == 1
    assert "car is 0 x 60 px: it has no inside" in ran.out
    assert ran.err == ""


@pytest.mark.parametrize(("level", "code"), [("info", 1), ("warning", 1), ("error", 0)])
def test_what_fails_is_for_the_user_to_say(run, coco, level, code):
    assert run("scan", coco(GOOD, OUTSIDE), "--fail-on", level).code == code


def test_exit_zero_always_exits_with_0(run, coco):
    assert run("scan", coco(FLAT), "--exit-zero").code == 0


def test_milder_findings_can_be_left_out(run, coco):
    ran = run("scan", coco(GOOD, FLAT), "--severity", "error")
    assert "zero-area" in ran.out
    assert "rare-class" not in ran.out


def test_rules_are_selected_and_ignored_by_lists(run, coco):
    path = coco(GOOD, FLAT, OUTSIDE)
    ran = run("scan", path, "--select", "GEO001,out-of-bounds", "--ignore", "zero-area")
    assert "1 rule checked" in ran.out
    assert "out-of-bounds" in ran.out


def test_a_selection_starts_anew_and_ignoring_adds_to_the_configuration(run, coco, tmp_path):
    (tmp_path / "labelaudit.toml").write_text('select = ["GEO"]\nignore = ["GEO001"]')
    path = coco(FLAT, OUTSIDE)
    assert "zero-area" not in run("scan", path).out
    assert "zero-area" in run("scan", path, "--select", "GEO001").out
    neither = run("scan", path, "--ignore", "GEO005").out
    assert "zero-area" not in neither
    assert "out-of-bounds" not in neither


def test_no_rule_left_is_an_error_and_not_a_clean_dataset(run, coco):
    ran = run("scan", coco(GOOD), "--select", "GEO001", "--ignore", "GEO")
    assert ran.code == 2
    assert "no rule is left to run" in ran.err


def test_json_is_all_that_is_on_standard_output(run, coco):
    ran = run("scan", coco(GOOD, FLAT), "--output-format", "json", "--fix")
    report = json.loads(ran.out)
    assert report["summary"]["fixed"] == {"zero-area": 1}
    assert "labels.cleaned.json" in ran.err


def test_the_fix_list_is_all_that_is_on_standard_output(run, coco):
    ran = run("scan", coco(GOOD, FLAT), "--output-format", "jsonl", "--select", "GEO")
    assert [json.loads(line)["code"] for line in ran.out.splitlines()] == ["GEO001"]


def test_an_output_format_that_does_not_exist_is_refused_with_a_suggestion(run, coco):
    ran = run("scan", coco(GOOD), "--output-format", "jsno")
    assert ran.code == 2
    assert "did you mean 'json'?" in ran.err


def test_safe_fixes_are_written_beside_the_labels(run, coco, tmp_path):
    path = coco(GOOD, FLAT, OUTSIDE)
    before = path.read_bytes()
    ran = run("scan", path, "--fix")
    assert ran.code == 1  # the warning is left
    assert "Fixed 1: 1 zero-area" in ran.out
    cleaned = json.loads((tmp_path / "labels.cleaned.json").read_text())
    assert [box["id"] for box in cleaned["annotations"]] == [1, 3]
    assert path.read_bytes() == before


def test_unsafe_fixes_are_applied_on_request(run, coco, tmp_path):
    ran = run("scan", coco(GOOD, FLAT, OUTSIDE), "--unsafe-fixes", "-o", tmp_path / "new.json")
    assert ran.code == 0
    cleaned = json.loads((tmp_path / "new.json").read_text())
    assert cleaned["annotations"][1]["bbox"] == [600, 10, 40, 60]


def test_in_place_keeps_a_backup(run, coco, tmp_path):
    path = coco(GOOD, FLAT)
    before = path.read_bytes()
    run("scan", path, "--in-place")
    assert (tmp_path / "labels.json.orig").read_bytes() == before
    assert len(json.loads(path.read_text())["annotations"]) == 1


def test_in_place_and_output_exclude_each_other(run, coco, tmp_path):
    ran = run("scan", coco(FLAT), "--in-place", "-o", tmp_path / "new.json")
    assert ran.code == 2
    assert "exclude each other" in ran.err


def test_a_diff_writes_nothing(run, coco, tmp_path):
    ran = run("scan", coco(GOOD, FLAT), "--fix", "--diff")
    assert ran.code == 0  # nothing would be left
    assert "@@ annotations[1] @@" in ran.out
    assert [path.name for path in tmp_path.iterdir()] == ["labels.json"]


def test_of_a_baseline_only_new_findings_count(run, coco, tmp_path):
    known = tmp_path / "known.json"
    first = run("scan", coco(GOOD, FLAT), "--write-baseline", known, "--select", "GEO")
    assert first.code == 0
    assert "1 finding known from now on" in first.err
    same = run("scan", coco(FLAT, GOOD), "--baseline", known, "--select", "GEO")
    assert same.code == 0
    assert "1 known finding of the baseline left out" in same.out
    new = run("scan", coco(FLAT, GOOD, OUTSIDE), "--baseline", known, "--select", "GEO")
    assert new.code == 1
    assert "zero-area" not in new.out
    assert "out-of-bounds" in new.out


def test_the_baseline_may_stand_in_the_configuration(run, coco, tmp_path):
    (tmp_path / "labelaudit.toml").write_text('baseline = "known.json"')
    path = coco(GOOD, FLAT)
    assert run("scan", path).code == 2  # it is not written yet
    assert run("scan", path, "--write-baseline", "known.json").code == 0
    assert run("scan", path).code == 0


def test_several_files_are_splits_of_one_dataset(run, coco):
    train = coco(("a.jpg", "car", 10, 10, 0, 30), name="train.json")
    val = coco(("b.jpg", "car", 10, 10, 0, 30), name="val.json")
    ran = run("scan", train, val)
    assert "train 1 · val 1" in ran.out
    assert "train.json: a.jpg id 1" in ran.out


def test_images_are_looked_for_where_the_user_says(run, coco, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    ran = run("scan", coco(GOOD), "--images", "elsewhere", "--select", "IMG001")
    assert "missing-image" in ran.out


def test_the_statistics_are_counts_only(run, coco):
    ran = run("scan", coco(GOOD, FLAT), "--statistics")
    assert "zero-area" in ran.out
    assert "has no inside" not in ran.out


def test_what_could_not_be_checked_is_said_with_its_reason(run, coco):
    text = " ".join(run("scan", coco(GOOD)).out.split())
    assert "not checked: all of IMG (no image was found; --images says where they are)" in text
    assert "not checked: class-map-differs (there are no splits with a list" in text
    summary = json.loads(run("scan", coco(GOOD), "--output-format", "json").out)["summary"]
    assert summary["not_checked"]["IMG001"] == "no image was found; --images says where they are"
    assert not set(summary["rules"]) & set(summary["not_checked"])


def test_rules_that_were_asked_for_and_could_not_run_exit_with_2(run, coco):
    ran = run("scan", coco(GOOD), "--select", "IMG")
    assert (ran.code, ran.out) == (2, "")
    assert "IMG was selected and not checked: no image was found" in ran.err


@pytest.mark.parametrize("option", ["--write-baseline", "--queue", "-o"])
def test_a_place_that_cannot_be_written_is_refused_before_anything_is_checked(
    run, coco, option, tmp_path, monkeypatch
):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("labelaudit.cli.scan.scanned", None)  # calling it would fail
    ran = run("scan", coco(FLAT), option, "file/new")
    assert ran.code == 2
    assert "file is no folder; nothing can be written below it" in ran.err


@pytest.mark.parametrize("option", ["--write-baseline", "--queue"])
def test_a_folder_is_no_place_for_a_file(run, coco, option):
    ran = run("scan", coco(FLAT), option, ".")
    assert (ran.code, ran.out) == (2, "")
    assert "a folder, where a file is to be written" in ran.err


def test_what_is_no_queue_is_refused_before_anything_is_checked(run, coco, tmp_path):
    (tmp_path / "notes.txt").write_text("no queue")
    ran = run("scan", coco(FLAT), "--queue", "notes.txt")
    assert (ran.code, ran.out) == (2, "")
    assert "notes.txt: not a review queue" in ran.err


def test_the_folder_of_a_baseline_has_to_be_there(run, coco, monkeypatch):
    monkeypatch.setattr("labelaudit.cli.scan.scanned", None)  # calling it would fail
    ran = run("scan", coco(FLAT), "--write-baseline", "gone/known.json")
    assert ran.code == 2
    assert "gone/known.json: there is no such folder to write it in" in ran.err


@pytest.mark.parametrize(
    ("words", "fails"),
    [(["--queue", "q.sqlite"], "_enqueue"), (["--fix"], "written"), (["--diff"], "fixed")],
)
def test_the_report_is_printed_even_if_a_later_step_fails(run, coco, words, fails, monkeypatch):
    def failing(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(f"labelaudit.cli.scan.{fails}", failing)
    ran = run("scan", coco(GOOD, FLAT), *words)
    assert ran.code == 2
    assert "car is 0 x 60 px: it has no inside" in ran.out
    assert "Fixed" not in ran.out
    assert "No space left on device" in ran.err


def test_a_contract_that_is_broken_exits_with_1_and_one_that_is_kept_with_0(run, coco, tmp_path):
    path, config = coco(GOOD, OUTSIDE), tmp_path / "labelaudit.toml"
    target = '[[contract.targets]]\nrule = "out-of-bounds"\n'
    config.write_text(f"{target}max = 1")
    kept = run("scan", path)
    assert kept.code == 0
    assert "Contract kept: 1 passed" in kept.out
    config.write_text(f"{target}max = 0")
    broken = run("scan", path)
    assert broken.code == 1
    assert "Contract broken: 1 failed" in broken.out
    assert run("scan", path, "--exit-zero").code == 0


def test_what_a_contract_does_not_speak_of_fails_as_without_one(run, coco, tmp_path):
    path = coco(GOOD, FLAT)
    (tmp_path / "labelaudit.toml").write_text('[contract]\nclasses = ["car"]')
    ran = run("scan", path)
    assert ran.code == 1
    assert "Contract kept" in ran.out


def test_a_contract_that_cannot_be_meant_is_one_line(run, coco, tmp_path):
    (tmp_path / "labelaudit.toml").write_text("[contract]\nbox-side.mni = 3")
    ran = run("scan", coco(GOOD))
    assert ran.code == 2
    assert "labelaudit.toml: contract.box-side: there is no key 'mni'; did you mean" in ran.err


def test_fixing_may_mend_what_broke_a_contract(run, coco, tmp_path):
    (tmp_path / "labelaudit.toml").write_text("[contract]\nbox-side.min = 1")
    path = coco(GOOD, FLAT)
    assert "Contract broken" in run("scan", path).out
    assert "Contract kept" in run("scan", path, "--fix", "-o", tmp_path / "clean.json").out
