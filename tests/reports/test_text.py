from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from labelaudit.auditing.run import Options
from labelaudit.auditing.scan import Scan, fixed, scan
from labelaudit.dataset.tables import Files
from labelaudit.io.formats import FORMATS
from labelaudit.io.load import load
from labelaudit.reports.found_images import nearby
from labelaudit.reports.text.layout import place, write
from labelaudit.testing import draw, images, one_image
from tests.reports.conftest import only_read


def shown(scan: Scan, width: int = 100) -> str:
    out = io.StringIO()
    write(scan, out, width=width)
    return out.getvalue()


@pytest.mark.parametrize("width", [40, 80, 120])
def test_the_report_looks_as_it_should(found: Scan, width: int, golden: Callable[[str, str], None]):
    golden(f"scan_{width}.txt", shown(found, width))


def test_statistics_are_a_row_for_each_rule(found: Scan, golden: Callable[[str, str], None]):
    golden("scan_statistics.txt", shown(dataclasses.replace(found, examples=0)))


def test_statistics_are_a_paragraph_for_each_rule_where_a_row_has_no_room(
    found: Scan, golden: Callable[[str, str], None]
):
    golden("scan_statistics_40.txt", shown(dataclasses.replace(found, examples=0), 40))


@pytest.mark.parametrize("folder", ["", "a/long/folder/"])
def test_a_file_name_with_its_record_is_never_cut_to_have_its_message_beside_it(folder: str):
    name = f"{'n' * 30}.jpg"
    dataset = images({f"{folder}{name}": ["car 10 10 10 40"]})
    found = scan(dataset, Options(select=("GEO001",)))
    least = f"…/{name} id 1" if folder else f"{name} id 1"
    beside, below = (
        next(line for line in shown(found, width).splitlines() if name in line)
        for width in (2 * len(least), 2 * len(least) - 1)
    )
    assert beside.startswith(f"  {least}  car is 0 x 30")
    assert below == f"  {folder}{name} id 1"


def test_no_line_is_left_blank_for_a_finding_without_a_place():
    found = scan(images({f"{n}.jpg": ["car 1 1 9 9", "bus 11 11 19 19"] for n in range(3)}))
    assert any(rule.code == "CLS004" for rule in found.by_rule)
    assert "  " not in shown(found, 40).splitlines()


def test_of_a_source_with_a_long_path_the_end_is_shown():
    dataset = dataclasses.replace(images({}), sources=(Path("long" * 8, "labels.json"),))
    first = [shown(scan(dataset), width).splitlines()[0] for width in (40, 60)]
    assert first == [f"…{('long' * 8)[-27:]}/labels.json", f"{'long' * 8}/labels.json"]


def test_the_worst_rules_come_first(found: Scan):
    text = shown(found)
    places = [text.index(name) for name in ("zero-area", "conflicting-classes", "rare-class")]
    assert places == sorted(places)


def test_a_clean_dataset_takes_one_calm_line():
    clean = scan(one_image("car 10 10 90 90"), Options(select=("GEO",)))
    last = shown(clean).splitlines()[-1]
    assert last.startswith("Nothing found, ")
    assert "rules checked" in last


def test_only_as_many_examples_are_shown_as_asked_for(found: Scan):
    text = shown(dataclasses.replace(found, examples=2))
    assert text.count("car is flat") == 2
    assert "... and 3 more" in text


def test_nothing_is_said_to_be_left_where_all_is_shown(found: Scan):
    text = shown(dataclasses.replace(found, examples=5))
    assert text.count("car is flat") == 5
    assert "more" not in text.replace("more with", "")


def test_what_fixing_would_do_is_said(found: Scan):
    assert "5 can be fixed safely with --fix" in shown(found)


def test_of_a_format_that_is_only_read_the_conversion_before_fixing_is_said(found: Scan):
    text = shown(dataclasses.replace(found, dataset=only_read(found.dataset)))
    convert = "labelaudit convert labels.json out.json --to coco"
    assert "10 can be fixed once the labels are converted." in text
    assert f"to convert them: {convert}\n" in text
    assert not any(option in text for option in ("--fix", "--unsafe-fixes", "--diff"))


def test_a_dataset_of_a_format_that_nobody_knows_is_reported(found: Scan):
    own = dataclasses.replace(found.dataset, format="mine")
    assert "--fix" in shown(dataclasses.replace(found, dataset=own))


def test_what_fixing_did_is_said():
    flat = scan(one_image("car 10 10 10 40", "car 50 50 90 90"), Options(select=("GEO001",)))
    text = shown(fixed(flat, unsafe=False))
    assert "Fixed 1: 1 zero-area" in text
    assert "Nothing left found" in text


def test_text_from_a_file_cannot_command_the_terminal():
    dataset = one_image("\x1b[31m[bold]\u202ered:smile: 10 10 10 40")
    text = shown(scan(dataset, Options(select=("GEO001",))))
    assert r"\x1b[31m[bold]\u202ered:smile: is 0 x 30 px" in text
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_of_an_endless_name_the_numbers_are_still_shown():
    dataset = one_image("x" * 10_000 + " 10 10 10 40")
    text = shown(scan(dataset, Options(select=("GEO001",))), width=80)
    assert "…" in text
    assert "".join(text.split()).count("is0x30px") == 1
    assert len(text.splitlines()) < 17


COCO = one_image("car 1 1 9 9")
VOC = dataclasses.replace(
    COCO, format="voc", facts=FORMATS["voc"].facts, files=Files.of(2, path=["a.xml", "b.xml"])
)
SPLITS = dataclasses.replace(
    COCO, files=Files.of(2, path=["t.json", "v.json"]), sources=(Path("t.json"), Path("v.json"))
)


@pytest.mark.parametrize(
    ("dataset", "entry", "shown"),
    [
        (COCO, {"place": "annotations[4]", "annotations": [7]}, "a.jpg id 7"),
        (COCO, {"place": "annotations[4]", "annotations": [7, "x"]}, "a.jpg ids 7, x"),
        (COCO, {"place": "annotations[4]", "annotations": [None]}, "a.jpg annotations[4]"),
        (COCO, {"place": "annotations[4]", "image": None}, "annotations[4]"),
        (COCO, {"place": "images[0]"}, "a.jpg images[0]"),
        (COCO, {"image": None}, "the whole file"),
        (VOC, {"place": "object[4]", "annotations": [4]}, "a.jpg object[4]"),
        (VOC, {"place": "object[4]", "annotations": [4, 2]}, "a.jpg object[4], [2]"),
        (VOC, {"place": "line 5", "annotations": [4, 2]}, "a.jpg line 5, 3"),
        (VOC, {"image": None}, "a.xml"),
        (VOC, {"image": None, "source": None}, ""),
        (SPLITS, {"place": "annotations[4]", "annotations": [7]}, "a.xml: a.jpg id 7"),
    ],
)
def test_a_finding_is_placed_where_a_person_would_look(dataset, entry, shown):
    whole = {"image": "a.jpg", "source": "a.xml", "place": None, "annotations": []}
    assert place(whole | entry, dataset) == shown


def test_colours_are_written_to_a_terminal_only(found: Scan):
    assert "\x1b[" not in shown(found)


def test_the_most_probable_finding_is_the_first_example(found: Scan):
    findings = found.findings
    doubt = findings.probability.copy()
    third = [row for row, code in enumerate(findings.code.tolist()) if code == "GEO001"][2]
    doubt[third] = 0.9
    findings = dataclasses.replace(findings, probability=doubt)
    text = shown(dataclasses.replace(found, findings=findings, examples=1))
    assert "train/000002.jpg id 10" in text


def test_known_findings_are_counted_but_not_shown(found: Scan):
    nothing = found.findings.rows(slice(0))
    text = shown(dataclasses.replace(found, findings=nothing, known=7))
    assert "7 known findings of the baseline left out" in text
    assert "Nothing new found" in text


def test_many_splits_are_counted_instead_of_listed():
    dataset = dataclasses.replace(one_image(), splits=tuple(f"part{n}" for n in range(9)))
    text = shown(scan(dataset, Options(select=("GEO001",))))
    assert "9 splits" in text
    assert "part3" not in text


def test_images_of_one_name_are_told_apart_by_their_files(tmp_path):
    words = "<filename>a.jpg</filename><size><width>9</width><height>9</height></size>"
    flat = "<name>x</name><bndbox><xmin>3</xmin><ymin>3</ymin><xmax>2</xmax><ymax>5</ymax></bndbox>"
    for name in ("one/a.xml", "two/a.xml", "two/b.xml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        text = f"<annotation>{words}<object>{flat}</object></annotation>"
        (tmp_path / name).write_text(text.replace("a.jpg", "b.jpg" if "b.xml" in name else "a.jpg"))
    text = shown(scan(load(tmp_path), Options(select=("GEO",))))
    assert "put together as one dataset: one (1 file), two (2 files)" in text
    assert "one/a.xml: a.jpg object[0]" in text
    assert "two/a.xml: a.jpg object[0]" in text
    assert "  b.jpg object[0]" in text


def test_the_header_says_how_many_images_were_found_and_where(tmp_path: Path):
    names = ["a/1.jpg", "b/2.jpg", "c/3.jpg", "d/4.jpg", "e/5.jpg", "x.jpg"]
    folder = tmp_path / "x" / "y"  # beside which no other test leaves images of these names
    path = coco_of(folder, names)
    for name in names[:2]:
        draw(folder / name, (64, 48))
    assert "\nimages: 2 of 6 found in a, b\n" in shown(scan(load(path)))
    for name in names[2:5]:
        draw(folder / name, (64, 48))
    assert "\nimages: 5 of 6 found in a, b, c and 2 other folders\n" in shown(scan(load(path)))
    (tmp_path / "no").mkdir()
    none = shown(scan(load(path, images=tmp_path / "no")), width=300)
    assert "images: 0 of 6 found; looked in " in none


def test_the_header_says_that_no_image_was_found(tmp_path: Path):
    path = coco_of(tmp_path / "x" / "y", ["a.jpg", "b.jpg"])
    text = shown(scan(load(path)), width=300)
    near = nearby(path.parent)  # as seen from wherever tests run
    assert f"\nimages: none of 2 found in or near {near}; --images says where\n" in text
    assert "images:" not in shown(scan(one_image("car 10 10 90 90")))


def coco_of(folder: Path, names: list[str]) -> Path:
    """A COCO file with images of these names."""
    folder.mkdir(parents=True, exist_ok=True)
    records = [{"id": row, "file_name": name} for row, name in enumerate(names)]
    path = folder / "labels.json"
    path.write_text(json.dumps({"images": records, "annotations": [], "categories": []}))
    return path
