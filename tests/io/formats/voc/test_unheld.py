"""What annotations say beyond boxes: counted before a conversion loses it, and kept by fixes."""

from __future__ import annotations

from pathlib import Path

import pytest

from labelaudit.cli import main
from labelaudit.io.formats.voc.unheld import unheld
from labelaudit.io.load import load
from labelaudit.testing import draw
from tests.io.formats.voc_files import annotation, described

SAID = {
    "<pose>Left</pose>": "objects with a pose: without it",
    "<pose> Frontal\n</pose>": "objects with a pose: without it",
    "<truncated>1</truncated>": "objects marked as truncated: without the mark",
    "<truncated>\n1\n</truncated>": "objects marked as truncated: without the mark",
    "<truncated>True</truncated>": "objects marked as truncated: without the mark",
    "<occluded>1</occluded>": "objects marked as occluded: without the mark",
    "<part><name>head</name></part>": "parts of objects: without them",
    "<attributes><attribute><name>a</name></attribute></attributes>": (
        "attributes of objects: without them"
    ),
    "<actions><jumping>1</jumping></actions>": "objects with actions: without them",
}
SILENT = (
    *("<pose>Unspecified</pose>", "<pose>unspecified </pose>", "<pose></pose>", "<pose> </pose>"),
    *("<pose/>", "<pose>Unknown</pose>", "<truncated>0</truncated>", "<truncated>10</truncated>"),
    *("<occluded>0</occluded>", "<truncated/>", "<attributes></attributes>"),
)


def put(folder: Path, *extras: str) -> Path:
    """A folder with an image that has an object for each of `extras`."""
    (folder / "Annotations").mkdir(parents=True)
    corners = ((at, at, 9 * at, 9 * at) for at in range(2, 2 + len(extras)))
    objects = [
        described(corners=sides, extra=extra) for sides, extra in zip(corners, extras, strict=True)
    ]
    (folder / "Annotations" / "a.xml").write_text(annotation(*objects))
    draw(folder / "JPEGImages" / "a.jpg", (100, 80))
    return folder


@pytest.mark.parametrize("extra", SAID)
def test_what_no_table_holds_is_counted(tmp_path, extra):
    counts = unheld(load(put(tmp_path / "ds", extra, "", extra)))
    assert {what: count for what, count in counts.items() if count} == {SAID[extra]: 2}


@pytest.mark.parametrize("extra", SILENT)
def test_what_says_nothing_is_not(tmp_path, extra):
    assert not any(unheld(load(put(tmp_path / "ds", extra))).values())


def test_a_file_that_is_gone_is_passed_over(tmp_path):
    dataset = load(put(tmp_path / "ds", "<pose>Left</pose>"))
    (tmp_path / "ds" / "Annotations" / "a.xml").unlink()
    assert not any(unheld(dataset).values())


@pytest.mark.parametrize("target", ["coco", "voc", "yolo"])
def test_a_conversion_names_it_and_writes_all_boxes(tmp_path, capsys, target):
    source = put(tmp_path / "ds", "<pose>Left</pose><truncated>1</truncated>", "")
    output = tmp_path / ("out.json" if target == "coco" else "out")
    assert main(["convert", str(source), str(output), "--to", target]) == 0
    said = capsys.readouterr().err.splitlines()
    assert "Lost: 1 object with a pose: without it" in said
    assert "Lost: 1 object marked as truncated: without the mark" in said
    written = load(output)
    assert len(written.boxes) == 2
    assert main(["convert", str(output), str(tmp_path / "again"), "--to", "voc"]) == 0
    assert "pose" not in capsys.readouterr().err
