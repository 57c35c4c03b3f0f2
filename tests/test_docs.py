"""The generated pages are up to date, and what the written ones show is what happens."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path

import pytest

import labelaudit
from labelaudit.auditing.between_scans.baseline import write_baseline
from labelaudit.auditing.config import Settings, read_config
from labelaudit.auditing.findings_file import entries
from labelaudit.auditing.fixes import KINDS
from labelaudit.auditing.rule import RULES
from labelaudit.cli import main
from labelaudit.io.formats import FORMATS
from labelaudit.io.recognition import recognise
from labelaudit.reports.html.cards import MOST_LISTED
from labelaudit.reports.html.crops import BUDGET, MOST_SCENES
from scripts.generate_docs import check_is_documented
from tests.io.formats.read_only_samples import SAMPLES

ROOT = Path(__file__).parents[1]
SCRIPT = runpy.run_path(str(ROOT / "scripts" / "generate_docs.py"))


def rows_of_formats():
    """The cells of the table of formats, by their names."""
    text = (ROOT / "docs" / "formats.md").read_text("utf-8")
    table = text[text.index("| format |") :].partition("\n\n")[0]
    cells = [line.strip("|").split("|") for line in re.findall(r"^\| `.*$", table, re.MULTILINE)]
    return {cell[0].strip(" `"): [one.strip() for one in cell[1:]] for cell in cells}


def test_the_readme_shows_what_its_first_command_prints(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "80")
    main(["scan", "examples/bccd"])
    text = (ROOT / "README.md").read_text("utf-8")
    shown = text[text.index("examples/bccd\nVOC") :].partition("\n```")[0]
    printed = capsys.readouterr().out.rstrip()
    assert plain_lines(printed) == plain_lines(shown)


def plain_lines(text: str) -> list[str]:
    """Its lines but for what differs from one run to the next, and for spaces at their ends."""
    return [re.sub(r"in [\d.]+ s\.", "in a moment.", line).rstrip() for line in text.split("\n")]


def test_the_page_about_formats_has_all_and_no_others_in_order():
    assert list(rows_of_formats()) == sorted(FORMATS)


def test_the_page_about_formats_says_which_are_fixed_in_place_and_written():
    text = (ROOT / "docs" / "formats.md").read_text("utf-8")
    assert "**COCO, Pascal VOC and YOLO** are read, fixed in place, and written." in text
    able = {name for name in FORMATS if FORMATS[name].patch and FORMATS[name].convert}
    assert able == {"coco", "voc", "yolo"}
    assert not any(FORMATS[name].patch or FORMATS[name].convert for name in set(FORMATS) - able)


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_the_page_about_formats_says_how_one_is_known(name, tmp_path):
    SAMPLES[name](tmp_path / "in")
    why = recognise(tmp_path / "in").evidence.why
    assert rows_of_formats()[name][0].replace("`", "") == why


@pytest.mark.parametrize("name", sorted(SCRIPT["PAGES"]))
def test_a_generated_page_is_up_to_date(name):
    text = "\n".join(SCRIPT["PAGES"][name]()) + "\n"
    message = f"docs/{name} is out of date: run python scripts/generate_docs.py"
    assert (ROOT / "docs" / name).read_text("utf-8") == text, message


def blocks(name, language):
    """The blocks of a language in a page, in order."""
    text = (ROOT / "docs" / name).read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_the_finding_in_the_page_about_findings_is_a_real_one():
    dataset = labelaudit.load(ROOT / "examples" / "bccd")
    findings = labelaudit.audit(dataset, select=["GEO006"])
    assert json.loads(blocks("findings.md", "json")[0]) == next(entries(findings, dataset))


def test_every_key_of_a_finding_is_explained():
    finding = json.loads(blocks("findings.md", "json")[0])
    text = (ROOT / "docs" / "findings.md").read_text("utf-8")
    head = text.partition("A **fix** has")[0]
    assert all(f"`{key}`" in head.partition("| key |")[2] for key in finding)


def test_every_kind_of_fix_is_explained():
    text = (ROOT / "docs" / "findings.md").read_text("utf-8")
    assert all(f"| `{kind}` | {KINDS[kind].documentation} |" in text for kind in KINDS)


def test_a_part_of_a_page_is_written_between_its_marks_and_nowhere_else():
    renewed, mark = SCRIPT["with_part"], "<!-- x, written by scripts/generate_docs.py -->"
    page = f"a\n{mark}\nold\n<!-- end -->\nz\n"
    lines = ["a", mark, "", "new", "", "<!-- end -->", "z"]
    assert list(renewed(page, "x", ["new"])) == lines
    assert list(renewed("\n".join(lines) + "\n", "x", ["new"])) == lines
    with pytest.raises(ValueError, match="no marks"):
        list(renewed(page.replace("end", "fin"), "x", ["new"]))


def test_the_baseline_in_the_page_about_findings_is_a_real_one(tmp_path):
    dataset = labelaudit.load(ROOT / "examples" / "bccd")
    findings = labelaudit.audit(dataset, select=["GEO006"])
    write_baseline(tmp_path / "known.json", findings, dataset)
    written = json.loads((tmp_path / "known.json").read_text())
    assert json.loads(blocks("findings.md", "json")[1]) == written


def test_the_configuration_in_the_page_about_it_can_be_used(tmp_path):
    (tmp_path / "labelaudit.toml").write_text(blocks("configuration.md", "toml")[0])
    (tmp_path / "own_rule.py").touch()
    options = read_config(tmp_path / "labelaudit.toml").options
    assert options.settings == {"tiny-box": {"min-side": 4}}
    text = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    assert all(key.replace("_", "-") in text for key in Settings.__struct_fields__)


def test_pages_of_another_installation_than_this_checkout_are_not_written(tmp_path):
    check_is_documented(ROOT / "labelaudit" / "__init__.py")
    with pytest.raises(SystemExit, match="another installation"):
        check_is_documented(tmp_path / "site-packages" / "labelaudit" / "__init__.py")


def test_the_page_about_the_html_report_says_what_bounds_it():
    text = " ".join((ROOT / "docs" / "html-report.md").read_text("utf-8").split())
    assert f"They take {BUDGET / 1e6:g} MB at most, and {MOST_SCENES:,} findings have one" in text
    assert f"{MOST_LISTED:,} findings are listed" in text


def test_the_number_of_rules_is_that_of_the_registry():
    count = len(RULES)
    assert f"there are {count} now:" in (ROOT / "README.md").read_text("utf-8")
    assert f"- {count} rules, each with a page" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_the_readme_says_when_the_speed_was_measured():
    results = (ROOT / "benchmarks" / "results" / "speed.md").read_text("utf-8")
    table = results.partition("polygons (478.1 MB)")[2]
    date, version = re.search(
        r"^(20\d\d-\d\d-\d\d), .* labelaudit ([\d.]+\d),", table, re.M
    ).groups()
    words = f"on {date} with version {version}, which had"
    assert words in (ROOT / "README.md").read_text("utf-8")
