"""An experiment from the command line, from labels to the folder of results."""

from __future__ import annotations

import json

import pytest

from labelaudit.core.locks import locked
from labelaudit.core.whole_files import LOCK
from tests.impact.conftest import squares, tiny  # noqa: F401  # two folders cannot have a conftest


def test_an_experiment_writes_figures_page_and_picture(run, squares, tiny, tmp_path):  # noqa: F811
    labels = squares(10)
    words = ("impact", labels, "-o", "out", "--seeds", "1", "--epochs", "1", "--rates", ".5")
    ran = run(*words, "--noise", "missing", "--workers", "1", "--config", tiny)
    assert ran.code == 0, ran.err
    out = tmp_path / "out"
    assert sorted(path.name for path in out.iterdir()) == [
        "impact.json",
        "impact.md",
        "impact.png",
        "runs",
    ]
    result = json.loads((out / "impact.json").read_text())
    assert [one["name"] for one in result["sets"]] == ["as-is", "safe-fixes", "missing-50"]
    assert result["network"].startswith("squeezenet, frozen backbone")
    assert (out / "runs" / "as-is-seed0" / "metrics.json").is_file()
    assert "What fixes are worth" in ran.out
    assert "one seed" in ran.err
    before = (out / "runs" / "as-is-seed0" / "metrics.json").stat().st_mtime_ns
    assert run(*words, "--no-noise", "--workers", "1", "--config", tiny).code == 0
    assert (out / "runs" / "as-is-seed0" / "metrics.json").stat().st_mtime_ns == before


def test_one_process_at_a_time_makes_an_experiment(run, coco, tmp_path):
    coco(("a.png", "car", 1, 1, 9, 9), ("b.png", "car", 1, 1, 9, 9))
    (tmp_path / "out").mkdir()
    with locked(tmp_path / "out" / LOCK, tmp_path / "out"):
        ran = run("impact", "labels.json", "-o", "out")
    assert ran.code == 2
    assert "out: another labelaudit is writing this; try again when it ended" in ran.err
    (tmp_path / "out" / LOCK).write_text("")  # as a killed one leaves it
    ran = run("impact", "labels.json", "-o", "out")
    assert "no images to train on" in ran.err
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--queue", "gone.sqlite"), "gone.sqlite: no such file"),
        (("--findings", "gone.jsonl"), "gone.jsonl: no such file"),
        (("--queue", "labels.json", "--detector"), "of --queue, --findings and --detector, one"),
        (("--min-probability", "0.5"), "--min-probability needs --findings or --detector"),
        (("--detector", "--min-probability", "2"), "must be from 0 to 1, found 2"),
        (("--rates", "much"), "--rates: expected numbers such as 0.1,0.3"),
        (("--rates", "0"), "a rate of planted noise is above 0"),
        (("-o", "labels.json"), "labels.json: is a file"),
        (("-o", "full"), "full: holds other files (mine.txt)"),
        ((), "no images to train on"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(run, coco, tmp_path, words, message):
    coco(("a.png", "car", 1, 1, 9, 9), ("b.png", "car", 1, 1, 9, 9))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    ran = run("impact", "labels.json", *words, *(() if "-o" in words else ("-o", "out")))
    assert ran.code == 2
    assert message in ran.err
    assert ran.err.count("\n") == 1
