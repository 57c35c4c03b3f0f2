"""Fixes of SARIF, done by a reader of the standard: they are what a fix in place writes."""

from __future__ import annotations

import base64
import io
import itertools
import json
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from benchmarks.planted.planting import FORMATS, defects, planted
from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.run import Options
from labelaudit.auditing.scan import Scan, scan
from labelaudit.cli import main
from labelaudit.dataset.tables import RecordType
from labelaudit.io.load import load
from labelaudit.io.save import save_in_place
from labelaudit.reports import REPORTS
from tests.io.formats.voc_files import annotation, described, put

Fix = dict[str, Any]


def results(found: Scan) -> list[dict[str, Any]]:
    out = io.StringIO()
    REPORTS["sarif"].write(found, out)
    return json.loads(out.getvalue())["runs"][0]["results"]


def carry_out(fixes: Iterable[Fix], folder: Path) -> None:
    """Do fixes as SARIF 2.1.0, sections 3.55 to 3.57, has them; knows nothing of labels."""
    replacements: dict[str, list[dict[str, Any]]] = {}
    for fix in fixes:
        for change in fix["artifactChanges"]:
            uri = unquote(change["artifactLocation"]["uri"])
            replacements.setdefault(uri, []).extend(change["replacements"])
    for uri, some in replacements.items():
        content = (folder / uri).read_bytes()
        cuts = [(*cut(content, one["deletedRegion"]), inserted(one)) for one in some]
        cuts.sort(key=lambda one: one[:2])
        assert all(a[1] <= b[0] for a, b in itertools.pairwise(cuts))
        for start, end, text in reversed(cuts):
            content = content[:start] + text + content[end:]
        (folder / uri).write_bytes(content)


def inserted(replacement: dict[str, Any]) -> bytes:
    content = replacement.get("insertedContent", {})
    return base64.b64decode(content.get("binary", "")) or content.get("text", "").encode()


def cut(content: bytes, region: dict[str, int]) -> tuple[int, int]:
    if "byteOffset" in region:
        return region["byteOffset"], region["byteOffset"] + region["byteLength"]
    mark = 3 * content.startswith(b"\xef\xbb\xbf")
    lines = re.split(r"(?<=\n)", content[mark:].decode())
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    ends = [
        starts[region[f"{end}Line"] - 1] + region[f"{end}Column"] - 1 for end in ("start", "end")
    ]
    text = "".join(lines)
    start, end = (mark + len(text[:at].encode()) for at in ends)
    return start, end


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.suffix in (".json", ".xml", ".txt", ".yaml")
    }


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def both_ways(folder: Path, *select: str) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """The files after all fixes of SARIF, and after `--fix --in-place`."""
    other = folder.with_name("by-sarif")
    shutil.copytree(folder, other, symlinks=True)
    asked = [word for selector in select for word in ("--select", selector)]
    main(["scan", str(folder), "--fix", "--in-place", "--quiet", "--exit-zero", *asked])
    fixes = results(scan(load(other), Options(select=select)))
    carry_out([fix for one in fixes for fix in one.get("fixes", ())], Path.cwd())
    for path in folder.rglob("*.orig"):
        path.unlink()
    fixed = {name: text for name, text in contents(folder).items() if ".patch" not in name}
    return contents(other), fixed


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("seed", [0, 1])
def test_all_fixes_together_are_what_a_fix_in_place_writes(format_: str, seed: int, here: Path):
    chosen = [defect for defect in defects(format_) if not defect.alone]
    folder = here / "dataset"
    planted(format_, chosen, seed=seed).labels.write(folder)
    before = contents(folder)
    by_sarif, fixed = both_ways(folder, "GEO", "REF", "DUP", "CLS")
    assert by_sarif == fixed
    assert fixed != before


@pytest.mark.parametrize("format_", FORMATS)
def test_a_fix_of_a_box_is_right_without_the_others(format_: str, here: Path):
    chosen = [defect for defect in defects(format_) if not defect.alone]
    planted(format_, chosen).labels.write(here / "dataset")
    dataset = load(here / "dataset")
    found = scan(dataset, Options(select=("GEO", "REF", "DUP", "CLS")))
    last = dataset.boxes.record.max()  # what goes from the end of a list goes together
    tried = 0
    for row, one in enumerate(results(found)):
        fix = found.findings.fix[row]
        alone = fix and fix.part is RecordType.BOX and dataset.boxes.record[fix.row] < last
        if not alone or "fixes" not in one or is_of_several(one["fixes"][0]):
            continue
        copy, other = here / f"copy{row}", here / f"other{row}"
        for place in (copy, other):
            shutil.copytree(here / "dataset", place, symlinks=True)
        fixes = json.loads(json.dumps(one["fixes"]).replace('"dataset/', f'"copy{row}/'))
        carry_out(fixes, here)
        again = scan(load(other), Options(select=("GEO", "REF", "DUP", "CLS")))
        save_in_place(apply(again.dataset, again.findings.rows([row])).dataset)
        names = contents(copy)
        assert names == {name: text for name, text in contents(other).items() if name in names}
        tried += 1
    assert tried > 3


def is_of_several(fix: Fix) -> bool:
    return "it changes" in fix["description"]["text"]


LABELS = {
    "images": [{"id": 1, "file_name": "käfer 😀.jpg", "width": 64, "height": 48}],
    "annotations": [
        {"id": n, "image_id": 1, "category_id": 1, "bbox": [n, 1, 9 * (n % 3), 5]} for n in range(7)
    ],
    "categories": [{"id": 1, "name": "käfer"}],
}


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_however_a_coco_file_is_written(indent: int | None, codec: str, newline: str, here: Path):
    folder = here / "dataset"
    text = json.dumps(LABELS, indent=indent, ensure_ascii=False).replace("\n", newline)
    put(folder / "labels.json", text.encode(codec))
    by_sarif, fixed = both_ways(folder, "GEO001")
    assert by_sarif == fixed
    assert len(json.loads(fixed["labels.json"].decode(codec))["annotations"]) == 4


@pytest.mark.parametrize("codec", ["utf-8", "utf-16", "latin-1"])
def test_in_whatever_encoding_an_annotation_is(codec: str, here: Path):
    declared = '<?xml version="1.0" encoding="latin-1"?>\n' if codec == "latin-1" else ""
    flat = described("k\u00e4fer", (5, 5, 4, 40))
    text = declared + annotation(flat, described("k\u00e4fer"), flat)
    put(here / "dataset" / "Annotations" / "a.xml", text.encode(codec))
    by_sarif, fixed = both_ways(here / "dataset", "GEO")
    assert by_sarif == fixed
    assert fixed["Annotations/a.xml"] != text.encode(codec)


def test_records_that_go_from_the_end_of_a_list_are_one_fix_that_says_so(here: Path):
    (here / "labels.json").write_text(json.dumps(LABELS), "utf-8")
    content = {**LABELS, "annotations": [LABELS["annotations"][n] for n in (1, 3, 6)]}
    (here / "labels.json").write_text(json.dumps(content), "utf-8")
    found = results(scan(load(here / "labels.json"), Options(select=("GEO001",))))
    (fixes,) = [one["fixes"] for one in found if "fixes" in one]
    assert fixes[0]["description"]["text"] == (
        "drop (safe); it changes annotations[1], annotations[2]"
    )


def test_a_change_of_a_whole_file_is_one_fix_with_all_its_records(here: Path):
    (here / "dataset").mkdir()
    (here / "dataset" / "labels.json").write_text(json.dumps(LABELS), "utf-8")
    options = Options(select=("GEO001", "REF015"))
    found = results(scan(load(here / "dataset" / "labels.json"), options))
    said = [
        (one["ruleId"], fix["description"]["text"]) for one in found for fix in one.get("fixes", ())
    ]
    assert [words for code, words in said if code == "GEO001"] == ["drop (safe)"] * 3
    (whole,) = {words for code, words in said if code == "REF015"}
    assert "; it changes " in whole
    assert whole.endswith(" and 1 other")
    by_sarif, fixed = both_ways(here / "dataset", "GEO001", "REF015")
    assert by_sarif == fixed


def test_files_that_cannot_be_changed_or_were_have_no_fixes(here: Path):
    (here / "labels.json").write_text(json.dumps(LABELS), "utf-8")
    found = scan(load(here / "labels.json"), Options(select=("GEO001",)))
    assert any("fixes" in one for one in results(found))
    (here / "labels.json").write_text(json.dumps(LABELS, indent=1), "utf-8")
    assert not any("fixes" in one for one in results(found))
    (here / "a.csv").write_text("filename,xmin,ymin,xmax,ymax,class\na.png,5,6,5,9,cat\n", "utf-8")
    table = results(scan(load(here / "a.csv"), Options(select=("GEO001",))))
    assert table
    assert not any("fixes" in one for one in table)
