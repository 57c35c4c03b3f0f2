from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from labelaudit.auditing.summary.network_summary import AnchorSet, NetworkSummary
from labelaudit.cli.network_report import advice

ROOT = Path(__file__).parents[2]

POLES = [("a.jpg", "pole", x, 0, 20, 400) for x in range(0, 600, 50)]
CARS = [("a.jpg", "car", x, 100, 64, 64) for x in range(8, 568, 32)]
ONE = ("--train-size", "640", "--strides", "16", "--anchor-scales", "4")
ANTS = [("a.jpg", "ant", x, 400, 6, 9) for x in range(8, 568, 32)]


def test_the_report_has_classes_levels_anchors_tiles_and_advice(run, coco):
    ran = run(
        "network",
        coco(*POLES, *CARS, *ANTS),
        "--train-size",
        "320",
        "--strides",
        "8,16,32",
        "--anchor-scales",
        "4",
    )
    assert ran.code == 0
    words = " ".join(ran.out.split())
    for part in (
        "a network at 320 px · strides 8, 16, 32 · 3 anchors · 48 boxes",
        "pole 12 10 x 200",
        "car 18 32 x 32",
        "ant 18 3 x 4 100 %",
        "as advised",
        "2 x 2 tiles (4 times the images) bring 18 of them back",
    ):
        assert part in words, part


def test_the_advice_is_options_of_a_training(run, coco):
    out = run("network", coco(*POLES, *CARS), *ONE).out
    advice = " ".join(out.partition("Advice")[2].split())
    assert advice.startswith("--strides ")
    assert " --anchor-scales " in advice
    assert "instead of 60.0 %" in advice


def test_lists_of_anchors_are_advised_as_the_options_take_them(run, coco):
    shapes = ((12, 12), (12, 70), (70, 12), (44, 44), (30, 180), (180, 30), (120, 120), (70, 330))
    boxes = [
        (f"{w}x{h}-{row}.jpg", "car", 20 + 7 * row, 10 + 5 * row, w, h)
        for w, h in shapes
        for row in range(15)
    ]
    path = coco(*boxes)
    whole = ("--train-size", "640", "--strides", "8,16,32")
    poor = [word for n in range(3) for word in ("--anchors", f"{5 + n},{5 + n},6,6,7,7")]
    words = " ".join(run("network", path, *whole, *poor).out.partition("Advice")[2].split())
    options = words.partition(":")[0].split()
    assert options[::2] == ["--strides", "--anchors", "--anchors", "--anchors"]
    out = " ".join(run("network", path, "--train-size", "640", *options).out.split())
    assert "Advice keep the anchors" in out


@pytest.mark.parametrize(
    ("matched", "places", "keeps"),
    [
        (0.88, 10, False),
        (0.879, 10, True),
        (0.9, 10, False),
        (0.909, 100, True),
        (0.91, 100, False),
    ],
)
def test_anchors_are_kept_that_others_are_worse_than_or_no_better_and_no_cheaper(
    matched, places, keeps
):
    def of(matched: float, places: int) -> AnchorSet:
        shapes = (((32.0, 32.0),),)
        return AnchorSet("", (8,), (4.0,), (1.0,), shapes, places, places, 0.0, matched, 0.0)

    sets = (of(0.9, 100), of(0.9, 100), of(matched, places))
    summary = NetworkSummary("", (320, 320), (8,), 100, 0, (), (), sets, (), ())
    line = next(advice(summary))
    assert line.startswith("keep the anchors") == keeps


def test_a_level_without_boxes_is_advised_to_go_where_anchors_stay(run, coco):
    ran = run("network", coco(*CARS), "--train-size", "640", "--network", "yolov8")
    advice = " ".join(ran.out.partition("Advice")[2].split())
    assert "leave stride 32 out: 5 % of the places for 0 boxes, of which 0 would be lost" in advice
    assert "stride 8 out" not in advice


def test_json_has_every_class_and_level(run, coco):
    path = coco(*POLES, *CARS)
    ran = run(
        "network", path, "--train-size", "640", "--network", "yolov8", "--output-format", "json"
    )
    summary = json.loads(ran.out)
    assert [row["name"] for row in summary["classes"]] == ["car", "pole"]
    assert [level["stride"] for level in summary["levels"]] == [8, 16, 32]
    assert summary["anchors"] == []
    assert ran.err == ""


def test_only_the_classes_of_most_boxes_are_shown_unless_all_are_wanted(run, coco):
    path = coco(*[("a.jpg", f"c{n:02}", 10 * n, 9, 64, 64) for n in range(25)])
    some = run("network", path, *ONE)
    assert "... and 5 classes more: --all-classes" in some.out
    every = run("network", path, *ONE, "--all-classes")
    assert "c24" in every.out
    assert "--all-classes" not in every.out


def test_the_plot_is_a_picture(run, coco, tmp_path):
    pytest.importorskip("matplotlib")
    ran = run("network", coco(*POLES, *CARS), *ONE, "--plot", "boxes.png")
    assert ran.code == 0
    assert "Wrote boxes.png" in ran.err
    with Image.open(tmp_path / "boxes.png") as picture:
        assert min(picture.size) > 400


def test_a_class_with_dollars_is_no_formula_in_the_plot(run, coco, tmp_path):
    pytest.importorskip("matplotlib")
    labels = coco(("a.png", "$\\frac$", 10, 10, 40, 40))
    ran = run("network", labels, "--train-size", "320", "--plot", "plot.png")
    assert ran.code == 0
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")


def test_a_plot_without_boxes_is_a_picture_too(run, coco, tmp_path):
    pytest.importorskip("matplotlib")
    ran = run("network", coco(), "--train-size", "320", "--plot", "boxes.svg")
    assert ran.code == 0, ran.err
    assert (tmp_path / "boxes.svg").read_bytes().startswith(b"<?xml")


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ((), "no network was named: --train-size 320, with --network NAME or --strides"),
        (("--train-size", "big"), "--train-size: expected a number such as 320"),
        (("--network", "resnet34"), "--train-size: network 'resnet34' has no size of its own"),
        (("--network", "resnet"), "--network: no network is known as 'resnet'"),
        (
            ("--train-size", "320", "--strides", "8,x"),
            "--strides: expected whole numbers, found 'x'",
        ),
        (("--train-size", "320", "--anchor-scales", "x"), "--anchor-scales: expected numbers"),
        (("--train-size", "320", "--plot", "a.pdf"), "a.pdf: a plot is a .png or .svg file"),
        (("--train-size", "320", "--plot", "no/a.png"), "no/a.png: there is no such folder"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(run, coco, words, problem):
    ran = run("network", coco(*CARS), *words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"labelaudit: error: {problem}")
    assert ran.err.count("\n") == 1


def test_scan_takes_the_same_options(run, coco):
    path = coco(*POLES, *CARS)
    ran = run("scan", path, "--train-size", "640", "--network", "resnet34", "--select", "NET")
    assert "pole: 12 of 12 boxes (100 %) overlap no anchor by .5" in " ".join(ran.out.split())
    assert "not checked" not in ran.out


def test_the_configuration_names_a_network_and_the_command_line_another_size(run, coco, tmp_path):
    path = coco(*POLES, *CARS)
    (tmp_path / "labelaudit.toml").write_text("[network]\nname = 'yolov8'\n", encoding="utf-8")
    assert "yolov8 at 640 px" in run("network", path).out
    assert "yolov8 at 320 px" in run("network", path, "--train-size", "320").out
    other = run("network", path, "--network", "yolo11").out
    assert "yolo11 at 640 px" in other
    levels = ("--strides", "16", "--anchors", "10,20,30,40")
    assert "a network at 640 px · strides 16 · 2 anchors" in run("network", path, *levels).out


def test_the_page_shows_what_the_command_prints(run, monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "80")
    ran = run("network", "examples/bccd", "--train-size", "320", "--network", "mobilenet_v2")
    page = (ROOT / "docs" / "network.md").read_text("utf-8")
    shown = page[page.index("mobilenet_v2 at 320 px") :].partition("\n```")[0]
    assert [line.rstrip() for line in ran.out.rstrip().split("\n")] == shown.split("\n")
