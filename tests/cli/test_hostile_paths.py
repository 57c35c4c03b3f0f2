"""Paths that are pipes, or lead nowhere, in circles or to several formats; closed streams."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.cli.sound_files import TEXT, refused, write, yolo


def test_a_pipe_is_refused_and_not_waited_for(run, tmp_path):
    os.mkfifo(tmp_path / "labels.json")
    refused(run("scan", "labels.json"), "labels.json", "write the labels to a file")


def test_links_to_nowhere_and_to_themselves_are_refused(run, tmp_path):
    (tmp_path / "loop.json").symlink_to("loop.json")
    (tmp_path / "lost.json").symlink_to("nowhere")
    for name in ("loop.json", "lost.json"):
        refused(run("scan", name), name, "leads nowhere")


def test_links_in_a_circle_do_not_double_a_dataset(run, tmp_path):
    write(tmp_path / "set" / "labels.json", TEXT)
    (tmp_path / "set" / "again").symlink_to(tmp_path / "set")
    assert "1 image \u00b7 1 box" in run("scan", "set").out


def test_one_file_given_twice_is_refused(run, tmp_path):
    write(tmp_path / "labels.json", TEXT)
    refused(run("scan", "labels.json", "./labels.json"), "given twice")


def test_of_a_folder_of_several_formats_the_one_that_is_declared_is_read(run, tmp_path):
    folder = yolo(tmp_path / "set", yaml="train: images\nval: images\nnames: [car]")
    write(folder / "labels.json", TEXT)
    told = " ".join(run("scan", folder).out.split())
    assert "YOLO" in told
    assert "labels.json" in told
    assert f"labelaudit scan {folder} --format coco" in told


@pytest.mark.parametrize("name", ["empty", "empty.json", "nowhere"])
def test_what_holds_no_labels_is_refused(run, tmp_path, name):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty.json").mkdir()
    refused(run("scan", name), name)


@pytest.mark.parametrize(
    ("closing", "name", "code"), [(">&-", "labels.json", 0), ("2>&-", "nowhere", 2)]
)
def test_standard_streams_may_be_closed(tmp_path, closing, name, code):
    write(tmp_path / "labels.json", TEXT)
    words = [sys.executable, "-m", "labelaudit", "scan", name, "--output-format", "json"]
    shell = ["sh", "-c", f'exec "$@" {closing}', "sh", *words]
    ran = subprocess.run(shell, cwd=tmp_path, capture_output=True, check=False)
    assert ran.returncode == code
    assert ran.stdout + ran.stderr == b""
