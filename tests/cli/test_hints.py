"""Every command that commands print is run as it was printed, in a shell."""

from __future__ import annotations

import io
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import labelaudit
from labelaudit.cli import main

BCCD = Path(__file__).parents[2] / "examples" / "bccd"
HINT = re.compile(r": (labelaudit (?:[a-z]+ ).*)$", re.MULTILINE)


def coco(folder: Path) -> list[str]:
    """A file with a name that a shell would take apart."""
    folder.mkdir()
    boxes = [(10, 10, 90, 60), (200, 20, 0, 60), (600, 10, 100, 60), (600, 300, 100, 60)]
    boxes += [(600, 200, 100, 60), (600, 100, 100, 60)]
    content = {
        "images": [{"id": 1, "file_name": "a b.jpg", "width": 640, "height": 480}],
        "annotations": [
            {"id": n, "image_id": 1, "category_id": 1, "bbox": box, "area": box[2] * box[3]}
            for n, box in enumerate(boxes, 1)
        ],
        "categories": [{"id": 1, "name": "it's"}],
    }
    path = folder / 'my "best" $labels.json'
    path.write_text(json.dumps(content))
    return [str(path), "--ignore", "IMG"]


def voc(folder: Path) -> list[str]:
    shutil.copytree(BCCD, folder)
    return [str(folder), "--exclude", "BloodImage_000*"]


def yolo(folder: Path) -> list[str]:
    assert main(["convert", str(BCCD), str(folder), "--to", "yolo"]) == 0
    return [str(folder), "--split", "train"]


def read_only(folder: Path) -> list[str]:
    """A table of a format that is only read."""
    folder.mkdir()
    rows = ["a.jpg,10,10,90,60,car", "a.jpg,200,20,200,60,car", "b.jpg,9,9,5,60,car"]
    path = folder / "my table.csv"
    path.write_text("\n".join(["filename,xmin,ymin,xmax,ymax,class", *rows]) + "\n")
    return [str(path)]


WAYS = [
    ("scan",),
    ("scan", "--diff"),
    ("scan", "--fix", "-o", "another copy", "--examples", "0"),
    ("scan", "--queue", "the queue.sqlite"),
    ("fix", "--diff"),
    ("fix", "--unsafe-fixes", "-o", "a copy"),
    ("split", "-o", "other splits"),
]


@pytest.mark.parametrize("dataset", [coco, voc, yolo, read_only])
def test_every_command_that_is_printed_works_as_it_stands(tmp_path, monkeypatch, capsys, dataset):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "60")
    words = dataset(tmp_path / "the data's folder")
    capsys.readouterr()
    hints = {}
    for command, *more in WAYS:
        given = words[:1] if command == "split" else words
        main([command, *given, *more])  # a split of one image, a fix of a table: these say why not
        printed = capsys.readouterr()
        for hint in HINT.findall(printed.out) + HINT.findall(printed.err):
            hints[hint] = command
    assert any(hint.startswith("labelaudit rules ") for hint in hints)
    assert len(hints) > 2
    monkeypatch.setattr("sys.stdin", io.StringIO())  # nobody answers a review
    for hint in hints:
        words = shlex.split(hint)[1:]
        code = main([*words, "--terminal"] if words[0] == "review" else words)
        printed = capsys.readouterr()
        assert code in {0, 1}, f"{hint}\n{printed.err}"
        assert printed.out or words[0] in {"undo", "convert"}, hint


def test_what_is_left_after_fixing_is_looked_for_in_what_was_written(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = coco(tmp_path / "data")
    main(["scan", *words, "--fix", "-o", "mended", "--examples", "0"])
    hints = [hint for hint in HINT.findall(capsys.readouterr().out) if "jsonl" in hint]
    assert [shlex.split(hint)[2] for hint in hints] == ["mended"]
    main(["scan", *words, "--examples", "0"])
    hints = [hint for hint in HINT.findall(capsys.readouterr().out) if "jsonl" in hint]
    assert [shlex.split(hint)[2] for hint in hints] == [words[0]]


def test_a_shell_takes_a_printed_command_as_it_was_meant(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    main(["scan", *coco(tmp_path / "the data's folder"), "--queue", "it's.sqlite"])
    printed = capsys.readouterr()
    hints = HINT.findall(printed.out) + HINT.findall(printed.err)
    hint = next(one for one in hints if one.endswith("--diff"))
    program = f"{shlex.quote(sys.executable)} -m {hint}"
    done = subprocess.run(program, shell=True, check=False, capture_output=True, text=True)
    assert done.returncode in {0, 1}, done.stderr
    assert done.stdout.startswith('--- my "best" $labels.json')


def test_a_path_that_begins_with_a_dash_is_printed_as_no_option(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    coco(tmp_path / "-data")
    path = next((tmp_path / "-data").iterdir())
    path.rename(path.parent / "-labels.json")
    given = ["./-data/-labels.json", "--images", "./-data", "--ignore", "IMG"]
    main(["scan", *given, "--queue", "./-queue.sqlite"])
    out = capsys.readouterr()
    printed = HINT.findall(out.out + out.err)
    assert f"labelaudit scan {shlex.join(given)} --output-format jsonl" in printed
    assert "labelaudit review --queue ./-queue.sqlite --ignore IMG" in printed
    for hint in printed:
        if "review" not in hint:
            assert main(shlex.split(hint)[1:]) in (0, 1), hint


def test_a_review_finds_the_dataset_of_its_queue(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    path, *_ = coco(tmp_path / "data")
    main(["scan", path, "--queue", "q.sqlite"])
    capsys.readouterr()
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert main(["review", "--queue", "q.sqlite", "--terminal"]) == 0
    assert "decided" in capsys.readouterr().out
    assert main(["review", "--terminal"]) == 2
    assert "name a dataset" in capsys.readouterr().err


def test_an_empty_diff_says_what_unsafe_fixes_would_show(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for command in ("scan", "fix"):
        main([command, str(BCCD), "--diff"])
        printed = capsys.readouterr()
        assert printed.out == ""
        assert "Nothing would change." in printed.err
        assert "9 findings have an unsafe fix" in printed.err
        assert f"labelaudit {command} {BCCD} --unsafe-fixes --diff" in printed.err
    main(["scan", str(BCCD), "--diff", "--unsafe-fixes"])
    assert "unsafe fix" not in capsys.readouterr().err


def test_a_hint_in_python_names_folders_and_part(tmp_path):
    from labelaudit.auditing.scan import scan
    from labelaudit.reports.commands import scan_again

    dataset = labelaudit.load(BCCD, images=BCCD / "JPEGImages", split="val", exclude="a b")
    found = scan(dataset, labelaudit.Options(select=("GEO",), ignore=("GEO001",)))
    again = scan_again(found, "--diff")
    assert again == (
        f"labelaudit scan {BCCD} --images {BCCD / 'JPEGImages'} --split val --exclude 'a b' "
        "--select GEO --ignore GEO001 --diff"
    )
