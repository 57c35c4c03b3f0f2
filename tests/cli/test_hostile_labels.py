"""Labels that no sane program wrote give findings or one clear line, and never a wrong clean."""

from __future__ import annotations

import gzip
import json
import os

import pytest

from tests.cli.sound_files import COCO, DEEP, TEXT, YOLO, refused, write, yolo

BOX = '"bbox": [10, 10, 90, 60]'
VOC = (
    "<annotation><filename>a.jpg</filename><size><width>640</width><height>480</height></size>"
    "<object><name>car</name><bndbox><xmin>10</xmin><ymin>10</ymin><xmax>90</xmax><ymax>60</ymax>"
    "</bndbox></object></annotation>"
)


# COCO


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (TEXT[:60], "unreadable-record"),
        (TEXT[:-1], "unreadable-record"),
        (TEXT + TEXT, "unreadable-record"),
        (TEXT + "\0", "unreadable-record"),
        (TEXT.replace("car", "c\0r"), "unreadable-record"),
        (b"\xef\xbb\xbf" + TEXT.encode(), "wrong-type"),
        (TEXT.replace("car", "caf\u00e9").encode("latin-1"), "missing-field"),
        (TEXT.replace("car", "\\ud800"), "missing-field"),
        (TEXT.replace("a.jpg", "\\udfff.jpg"), "missing-field"),
        (TEXT.replace("[10, 10, 90", "[NaN, Infinity, -Infinity"), "not-finite"),
        (TEXT.replace("[10, 10, 90, 60]", "[1e308, 1e308, 1e308, 1e308]"), "not-finite"),
        (TEXT.replace("[10, 10, 90", f"[10, 10, {'9' * 500}"), "not-finite"),
        (TEXT.replace("[10, 10, 90, 60]", "[" + "9" * 5000 + ", 1, 1, 1]"), "unreadable-record"),
        (TEXT.replace("[10, 10, 90, 60]", '["10", "10", "90", "60"]'), "wrong-type"),
        (TEXT.replace(BOX, f"{BOX}, {BOX}"), "duplicate-key"),
        (TEXT[:-1] + ', "annotations": []}', "duplicate-key"),
        (TEXT.replace(BOX, f'{BOX}, "more": {DEEP}'), "unreadable-record"),
        (TEXT.replace("[10, 10, 90, 60]", DEEP), "unreadable-record"),
        (f'{{"images": {DEEP}}}', "unreadable-record"),
        (f'{TEXT[:-1]}, "more": {DEEP}}}', "unreadable-record"),
        (f'{TEXT[:-1]}, "info": nonsense}}', "unreadable-record"),
        (f'{TEXT[:-1]}, "info": {{"a" 1}}}}', "unreadable-record"),
        (json.dumps(COCO | {"annotations": [[1, 2], 7, None]}), "unreadable-record"),
        (json.dumps(COCO | {"annotations": {"1": {}}}), "missing-field"),
        (json.dumps(COCO | {"categories": ["car"]}), "wrong-type"),
        (json.dumps({key: COCO[key] for key in ("annotations", "categories")}), "missing-field"),
        (TEXT.replace("a.jpg", "../../etc/passwd"), "image path"),
        (TEXT.replace("a.jpg", "a\\u0000.jpg"), "image path"),
    ],
    ids=range(28),
)
def test_a_broken_coco_file_gives_the_finding_that_says_so(run, tmp_path, text, rule):
    ran = run("scan", write(tmp_path / "labels.json", text))
    assert ran.code == 1
    assert ran.err == ""
    assert rule in ran.out


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("", "is empty"),
        (" \n", "is empty"),
        ("null", "is not JSON"),
        ("<html>", "is not JSON"),
        (b"\0" * 1000, "is not JSON"),
        (DEEP, "a list"),
        ("{}", "neither images, annotations nor categories"),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, "neither"),
        ('[{"image_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}]', "results of a detector"),
        ('{"id": 1, "bbox": [1, 2, 3, 4]}\n{"id": 2}\n', "neither"),
        (TEXT.encode("utf-16"), "save labels.json as UTF-8: it is UTF-16 text"),
        (gzip.compress(TEXT.encode()), "unpack it"),
        (b"PK\x03\x04zip", "unpack it"),
    ],
    ids=range(13),
)
def test_what_is_no_coco_file_is_refused_in_one_line(run, tmp_path, content, word):
    refused(run("scan", write(tmp_path / "labels.json", content)), "labels.json", word)


def test_odd_but_sound_json_is_read(run, tmp_path):
    text = (
        json.dumps(COCO, indent=2).replace("\n", "\r\n").replace("annotations", "\\u0061nnotations")
    )
    ran = run("scan", write(tmp_path / "a b" / "\u8eca.json", text))
    assert ran.code == 0
    assert "1 box " in ran.out


@pytest.mark.parametrize("output_format", ["text", "json", "jsonl"])
def test_an_id_that_no_file_can_hold_is_reported_as_its_escape(run, tmp_path, output_format):
    text = TEXT.replace('{"id": 1, "image_id"', '{"id": "\\ud800", "image_id"').replace(
        "90, 60", "0, 0"
    )
    write(tmp_path / "labels.json", text)
    ran = run("scan", "labels.json", "--output-format", output_format)
    assert ran.code == 1
    assert "ud800" in ran.out
    write(tmp_path / "fixes.jsonl", ran.out)
    if output_format == "jsonl":
        assert "Would fix 1" in run("fix", "labels.json", "--list", "fixes.jsonl", "--diff").err


def test_a_file_name_of_a_million_letters_is_read_at_once(run, tmp_path):
    write(tmp_path / "long.json", TEXT.replace("a.jpg", "a/" * 500_000 + "b.jpg"))
    assert run("scan", "long.json").code == 0


def test_a_name_cannot_colour_the_terminal(run, tmp_path):
    name = json.dumps("\x1b[31m[bold]car[/bold]\x1b]0;title\x07\r\n\u202e")[1:-1]
    text = TEXT.replace("car", name).replace("[10, 10, 90, 60]", "[10, 10, 0, 0]")
    ran = run("scan", write(tmp_path / "labels.json", text))
    assert "[bold]car[/bold]" in ran.out
    assert not {"\x1b", "\x07", "\r", "\u202e"} & set(ran.out)


@pytest.mark.parametrize("columns", ["0", "1", "20", "many"])
def test_a_terminal_of_any_width_shows_the_findings(run, tmp_path, monkeypatch, columns):
    write(tmp_path / "labels.json", TEXT.replace("90, 60]", "0, 0]"))
    monkeypatch.setenv("COLUMNS", columns)
    ran = run("scan", "labels.json")
    assert ran.code == 1
    assert "zero-area" in ran.out.replace("\n", "")


@pytest.mark.parametrize("command", ["stats", "diff", "scan"])
def test_numbers_beyond_all_measure_give_no_warning(run, tmp_path, command):
    path = write(
        tmp_path / "labels.json", TEXT.replace("10, 10, 90, 60", "1e999, -1e999, NaN, 1e308")
    )
    other = write(tmp_path / "other.json", TEXT)
    ran = run(command, path, *([other] if command == "diff" else []))
    assert ran.err == ""


# Pascal VOC

BOMB = "".join(
    f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the file is empty"),
        (VOC[:100], "is cut off"),
        (VOC + VOC, "junk after"),
        (VOC.replace("car", "c\0r"), "is no XML (control characters)"),
        (VOC.replace("car", "caf\u00e9").encode("latin-1"), "is no XML (not in the encoding"),
        (f'<!DOCTYPE a [<!ENTITY a "ha">{BOMB}]>' + VOC.replace("car", "&i;"), "refused"),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + VOC, "refused"),
        ('<?xml version="1.0" encoding="bogus"?>' + VOC, "is no XML (not in the encoding"),
        ("<annotation>" * 100_000, "is cut off"),
        ("<html/>", "not <annotation>"),
        (VOC.replace(">10<", ">NaN<"), "not-finite"),
        (VOC.replace(">90<", ">1e308<").replace(">10<", ">-1e308<"), "not-finite"),
        (VOC.replace(">90<", ">ten<"), "cannot be understood"),
        (VOC.replace("a.jpg", "../../etc/passwd"), "leads to no image"),
    ],
    ids=range(14),
)
def test_a_broken_annotation_gives_the_finding_that_says_so(run, tmp_path, text, words):
    write(tmp_path / "set" / "Annotations" / "a.xml", text)
    ran = run("scan", "set")
    assert ran.code == 1
    assert ran.err == ""
    assert words in " ".join(ran.out.split())


def test_pipes_and_links_among_annotations_are_findings_and_not_copied(run, tmp_path):
    folder = write(tmp_path / "set" / "Annotations" / "a.xml", VOC.replace(">90<", ">10<")).parent
    os.mkfifo(folder / "pipe.xml")
    (folder / "loop.xml").symlink_to("loop.xml")
    (tmp_path / "set" / "lost").symlink_to("nowhere")
    assert "unreadable-record REF001 \u00b7 2" in run("scan", "set").out
    ran = run("fix", "set", "--unsafe-fixes", "-o", "cleaned")
    assert ran.code == 0
    assert [path.name for path in (tmp_path / "cleaned" / "Annotations").iterdir()] == ["a.xml"]


# YOLO


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ("0 nan inf -inf 0.1", "not-finite"),
        ("0 1e308 1e308 1e308 1e308", "not-finite"),
        ("9" * 400 + " .5 .5 .1 .1", "dangling-category"),
        ("-1 .5 .5 .1 .1", "dangling-category"),
        ("car a b c d", "unreadable-record"),
        ("0 0.5", "unreadable-record"),
        ("0 0.5\0 0.5 .1 .1", "unreadable-record"),
        (b"\xef\xbb\xbf" + YOLO.encode(), "wrong-type"),
        (YOLO.encode("utf-16"), "wrong-type"),
    ],
    ids=range(9),
)
def test_a_broken_label_file_gives_the_finding_that_says_so(run, tmp_path, labels, words):
    ran = run("scan", yolo(tmp_path / "set", labels))
    assert ran.code == 1
    assert ran.err == ""
    assert words in ran.out


@pytest.mark.parametrize(
    ("yaml", "words"),
    [
        ("train: other\nnames: [car]", "no image in"),
        ("train: empty.txt\nnames: [car]", "no image in"),
        ("train: nowhere\nnames: [car]", "no folder or list"),
        ("train: 5\nnames: [car]", "no folder or list"),
        ("train: images\nnames: &a [*a]", "cannot be understood"),
        ("train: images\nnames: [car]\nnames: [bus]", "more than once"),
    ],
)
def test_a_data_yaml_that_leads_nowhere_is_no_clean_dataset(run, tmp_path, yaml, words):
    folder = yolo(tmp_path / "set", yaml=yaml)
    (folder / "other").mkdir()
    write(folder / "empty.txt", "")
    ran = run("scan", folder)
    assert ran.code == 1
    assert words in " ".join(ran.out.split())


@pytest.mark.parametrize("yaml", ["", "5", "- a\n", "names: [car\n : x", "names: " + "[" * 100_000])
def test_a_broken_data_yaml_is_not_passed_over(run, tmp_path, yaml):
    ran = run("scan", yolo(tmp_path / "set", yaml=yaml))
    assert ran.code == 1
    said = " ".join(ran.out.split())
    assert "data.yaml cannot be read; read instead: 1 label file beside it" in said
    assert "data.yaml cannot be understood: " in said
    assert "trainers stop here: mend it" in said


def test_nothing_in_a_data_yaml_is_run(run, tmp_path):
    folder = yolo(
        tmp_path / "set", yaml='train: images\nnames: !!python/object/apply:os.mkdir ["pwned"]'
    )
    run("scan", folder)
    assert not (tmp_path / "pwned").exists()
