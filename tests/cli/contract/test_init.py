from __future__ import annotations

GOOD = ("a.jpg", "car", 10, 10, 90, 60)
OUTSIDE = ("a.jpg", "car", 600, 10, 100, 60)  # a warning
ANOTHER = ("a.jpg", "car", 610, 200, 100, 60)


def test_a_dataset_keeps_the_contract_that_was_drafted_from_it(run, coco, tmp_path):
    path = coco(GOOD, OUTSIDE)
    assert run("scan", path).code == 1
    made = run("contract", "init", path)
    assert (made.code, made.err) == (0, "")
    assert (
        made.out == "contract written to labelaudit.toml; labelaudit scan holds labels against it\n"
    )
    kept = run("scan", path)
    assert kept.code == 0
    assert "Contract kept" in kept.out
    broken = run("scan", coco(GOOD, OUTSIDE, ANOTHER))
    assert broken.code == 1
    assert "Contract broken: 2 failed" in broken.out  # also more boxes in an image than there were
    assert "out-of-bounds: at most 50 %; 66.7 % (2 of 3 boxes)" in broken.out


def test_a_second_contract_is_refused(run, coco, tmp_path):
    path = coco(GOOD)
    run("contract", "init", path)
    before = (tmp_path / "labelaudit.toml").read_bytes()
    again = run("contract", "init", path)
    assert again.code == 2
    assert "there is a contract in it already, which is not replaced" in again.err
    assert (tmp_path / "labelaudit.toml").read_bytes() == before


def test_it_goes_into_the_configuration_that_counts_and_uses_its_settings(run, coco, tmp_path):
    before = "[project]\nname = 'x'\n\n[tool.labelaudit]\nignore = ['out-of-bounds']  # why\n"
    (tmp_path / "pyproject.toml").write_text(before)
    path = coco(GOOD, OUTSIDE)
    assert run("contract", "init", path).code == 0
    text = (tmp_path / "pyproject.toml").read_text()
    assert text.startswith(before)
    assert "[tool.labelaudit.contract]" in text
    assert 'rule = "out-of-bounds"' not in text
    assert run("scan", path).code == 0


def test_another_file_may_be_named_and_what_that_means_is_said(run, coco, tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.labelaudit]\nignore = ['GEO']\n")
    ran = run("contract", "init", coco(GOOD, OUTSIDE), "-o", "labelaudit.toml")
    assert ran.code == 0
    assert "labelaudit.toml counts in this folder from now on" in ran.err
    assert 'rule = "out-of-bounds"' in (tmp_path / "labelaudit.toml").read_text()
    elsewhere = run("contract", "init", coco(GOOD), "--output", tmp_path / "other.toml")
    assert "is not what counts in this folder: scan with --config" in elsewhere.err


def test_labels_that_cannot_be_read_leave_no_file(run, tmp_path):
    ran = run("contract", "init", tmp_path / "gone.json")
    assert ran.code == 2
    assert "no such file" in ran.err
    assert not (tmp_path / "labelaudit.toml").exists()


def test_what_the_baseline_knows_is_not_in_the_ceilings(run, coco, tmp_path):
    path = coco(GOOD, OUTSIDE)
    run("scan", path, "--write-baseline", tmp_path / "known.json")
    (tmp_path / "labelaudit.toml").write_text('baseline = "known.json"\n')
    run("contract", "init", path)
    assert "targets" not in (tmp_path / "labelaudit.toml").read_text()
    assert run("scan", path).code == 0
