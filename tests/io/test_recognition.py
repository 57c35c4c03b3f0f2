"""Which format a path is in, and what is said of everything else that lies there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from labelaudit.cli import main
from labelaudit.errors import FormatError
from labelaudit.io.load import load
from labelaudit.io.recognition import recognise
from labelaudit.testing import draw

COCO = {
    "images": [{"id": 1, "file_name": "a.jpg", "width": 64, "height": 48}],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 9, 9]}],
    "categories": [{"id": 1, "name": "car"}],
}
VOC = (
    "<annotation><filename>a.jpg</filename><size><width>64</width><height>48</height></size>"
    "<object><name>car</name><bndbox><xmin>2</xmin><ymin>3</ymin><xmax>10</xmax><ymax>12</ymax>"
    "</bndbox></object></annotation>"
)


@pytest.fixture
def both(tmp_path: Path) -> Path:
    """A folder with a COCO file and twenty VOC files."""
    for number in range(20):
        (tmp_path / f"{number}.xml").write_text(VOC)
    (tmp_path / "coco.json").write_text(json.dumps(COCO))
    return tmp_path


def test_of_two_formats_the_larger_is_read_and_the_other_is_named_with_its_command(both, capsys):
    found = recognise(both)
    assert found.format.name == "voc"
    (note,) = found.notes
    assert "coco.json" in note
    command = note.partition("audit them with labelaudit ")[2].split()
    assert command == ["scan", str(both), "--format", "coco"]
    assert main([*command, "--output-format", "json", "--exit-zero"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["dataset"]["format"], report["dataset"]["notes"]) == ("coco", [])


def test_what_was_not_read_stands_in_the_report(both, capsys):
    assert load(both).notes == recognise(both).notes
    main(["scan", str(both)])
    assert "not read: JSON files" in capsys.readouterr().out
    main(["scan", str(both), "--output-format", "json"])
    assert json.loads(capsys.readouterr().out)["dataset"]["notes"] == list(recognise(both).notes)


def test_a_path_without_labels_is_one_line_that_says_what_is_there_and_what_is_read(tmp_path):
    with pytest.raises(
        FormatError, match=r"this folder; it is empty; formats that are read: .*voc"
    ):
        recognise(tmp_path)
    (tmp_path / "a.jpg").write_bytes(b"")
    with pytest.raises(FormatError, match="only images, no labels"):
        recognise(tmp_path)
    with pytest.raises(FormatError, match="an image; give the file or the folder of its labels"):
        recognise(tmp_path / "a.jpg")
    (tmp_path / "a.txt").write_text("nothing")
    with pytest.raises(FormatError, match=r"no labels found in this folder; there are a\.txt"):
        recognise(tmp_path)
    with pytest.raises(FormatError, match="no labels found in this file; formats"):
        recognise(tmp_path / "a.txt")


def test_a_format_that_is_not_read_is_an_error_with_the_way_to_one_that_is(tmp_path):
    (tmp_path / "a.json").write_text('{"tags": [], "objects": [{"classTitle": "car"}]}')
    for path in (tmp_path, tmp_path / "a.json"):
        with pytest.raises(
            FormatError,
            match=r"labels of Supervisely \(a\.json\) .* export them from there as COCO",
        ):
            recognise(path)


def test_beside_labels_a_format_that_is_not_read_is_named(both):
    (both / "tracks").mkdir()
    (both / "tracks" / "a.json").write_text('[{"jsonResponse": {}}]')
    found = recognise(both)
    assert found.format.name == "voc"
    assert "labels of Kili (tracks/a.json) are not read" in found.notes[1]


def test_results_of_a_detector_are_named_with_the_command_that_uses_them(tmp_path):
    results = [{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}]
    (tmp_path / "my results.json").write_text(json.dumps(results))
    with pytest.raises(FormatError) as error:
        recognise(tmp_path)
    message = str(error.value)
    assert "results of a detector" in message
    assert message.endswith(f"labelaudit scan LABELS --predictions '{tmp_path}/my results.json'")


def test_a_cleaned_copy_is_not_put_together_with_its_original(tmp_path):
    for folder in ("cards", "cards.cleaned"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "1.xml").write_text(VOC)
    dataset = load(tmp_path)
    assert dataset.files.path.tolist() == ["cards/1.xml"]
    assert dataset.notes == ("not read: cards.cleaned, the cleaned copy of what lies beside it",)


def test_a_description_of_images_only_gives_way_to_labels_of_another_format(tmp_path):
    draw(tmp_path / "images" / "a.jpg", (64, 48))
    (tmp_path / "data.yaml").write_text("train: images\nval: images\nnames: [car]\n")
    (tmp_path / "annotations.json").write_text(json.dumps(COCO))
    assert recognise(tmp_path).format.name == "coco"
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "a.txt").write_text("")
    assert recognise(tmp_path).format.name == "yolo"


def test_labels_that_are_read_go_before_more_results_that_are_refused_and_these_are_named(tmp_path):
    (tmp_path / "coco.json").write_text(json.dumps(COCO))
    for number in range(20):
        (tmp_path / f"{number}.txt").write_text("0 0.5 0.5 0.2 0.2 0.91\n" * 9)
    found = recognise(tmp_path)
    assert found.format.name == "coco"
    assert "results of a detector" in found.notes[0]
