"""The options that ask a model; what the model says is made up here."""

from __future__ import annotations

import json
import re

import pytest

import labelaudit
from labelaudit.cli.model_options import ScoringOptions
from labelaudit.core import extras

BOXES = (
    ("a.jpg", "car", 10, 10, 90, 60),
    ("a.jpg", "bus", 200, 20, 80, 60),
    ("b.jpg", "car", 10, 10, 90, 60),
)
MANY = [
    (f"{image}.jpg", name, 10 * n, y, 9, 9)
    for image in "ab"
    for y, name in ((10, "car"), (50, "bus"))
    for n in range(20)
]


def test_a_scan_of_labels_says_in_one_line_what_nobody_asked_for(run, coco):
    ran = run("scan", coco(*BOXES))
    text = " ".join(ran.out.split())
    (said,) = re.findall("not checked, since not asked for: .*?(?=Found|Nothing)", text)
    for option in ("(--detector or --predictions FILE)", "(--train-size 320)", "(--by FIELD)"):
        assert said.count(option) == 1
    assert "all of MOD (--detector" in said
    assert "no model was asked" not in text
    summary = json.loads(run("scan", coco(*BOXES), "--output-format", "json").out)["summary"]
    why = "no model was asked; --detector or --predictions FILE asks one"
    assert summary["not_checked"]["MOD001"] == why


def test_what_a_model_doubts_is_reported_with_its_probability(run, coco, opinion):
    ran = run("scan", coco(*BOXES), "--predictions", "results.json")
    assert ran.code == 1
    text = " ".join(ran.out.split())
    assert "second opinion by a model: judged 2 of 3 boxes" in text
    assert "not judged, which does not mean right: 1 (too small)" in text
    assert "car is probably bus (p 0.97)" in text
    assert "bus, 80 x 60 px, probably marks nothing (p 0.60)" in text
    assert "car, 50 x 50 px at 300, 300, is probably not labelled (p 0.80)" in text
    assert "no model was asked" not in text


def test_programs_get_the_opinion_and_the_probabilities(run, coco, opinion):
    ran = run("scan", coco(*BOXES), "--predictions", "x", "--output-format", "json")
    report = json.loads(ran.out)
    assert report["summary"]["second_opinion"] == {
        "source": "a model",
        "scored": 2,
        "calibrated": {"boxes": True, "missing": True},
        "max_share": None,
        "counts": {},
        "abstention_reasons": {"too small": 1},
        "notes": [],
    }
    found = {one["code"]: one for one in report["findings"]}
    assert found["MOD002"]["probability"] == found["MOD002"]["doubt"] == 0.97
    assert found["MOD001"]["fix"]["changes"]["box"] == [300, 300, 50, 50]


def test_fixes_that_the_model_is_sure_of_are_applied(run, coco, opinion, tmp_path):
    path = coco(*BOXES)
    words = ("--detector", "--select", "MOD", "--fix")
    assert "Nothing to fix" in run("scan", path, *words, "-o", "none.json").err
    ran = run("scan", path, *words, "--min-probability", "0.8", "-o", "sure.json")
    assert "Fixed 2: 1 missing-box, 1 wrong-class" in ran.out
    cleaned = labelaudit.load(tmp_path / "sure.json")
    assert len(cleaned.boxes) == 4
    assert cleaned.boxes.label.tolist() == [1, 1, 0, 0]


def test_the_detector_is_built_as_the_options_say(run, coco, opinion):
    words = ("--image-size", "64", "96", "--folds", "3", "--epochs", "2", "--seed", "7")
    run("scan", coco(*BOXES), "--detector", "--backbone", "resnet34", "--weights", "random", *words)
    (config,) = opinion[0]["rest"]
    assert (config.backbone, config.weights, config.image_size) == ("resnet34", "random", (64, 96))
    assert (config.folds, config.epochs, config.seed) == (3, 2, 7)
    run("scan", coco(*BOXES), "--detector")
    assert opinion[1]["rest"][0].backbone == "efficientnet_lite0"


def test_as_many_images_are_looked_at_as_are_asked_for(run, coco, opinion):
    run("scan", coco(*BOXES), "--detector", "--detector-images", "500")
    run("scan", coco(*BOXES), "--detector")
    assert [asked["images"] for asked in opinion] == [500, None]
    ran = run("scan", coco(*BOXES), "--detector-images", "500")
    assert ran.code == 2
    assert "--detector-images are of --detector, which is to be given, too" in ran.err


def test_a_time_is_how_many_images_are_looked_at(run, coco, opinion):
    path = coco(*BOXES)
    run("scan", path, "--detector", "--detector-budget", "1h30m")
    run("scan", path, "--detector")
    assert [asked["budget"] for asked in opinion] == [5400, None]
    for words, said in (
        (("--detector-budget", "2h"), "--detector-budget is that of --detector"),
        (("--detector", "--detector-budget", "2"), "'2' is no time; write 2h, 90m"),
        (
            ("--detector", "--detector-budget", "2h", "--detector-images", "50"),
            "--detector-images and --detector-budget exclude each other",
        ),
    ):
        ran = run("scan", path, *words)
        assert ran.code == 2
        assert said in ran.err


class FakeCluster:
    """What an executor is asked for, without a cluster."""

    def __init__(self, address: str, *, gpus: float | None) -> None:
        self.asked = (address, gpus)

    def cost(self) -> str:
        return f"by Ray at {self.asked[0]}"


@pytest.mark.parametrize(
    ("words", "variable", "asked"),
    [
        (("--ray",), None, ("local", None)),
        (("--ray",), "10.0.0.1:6379", ("10.0.0.1:6379", None)),
        (("--ray-address", "auto"), "10.0.0.1:6379", ("auto", None)),
        (("--ray", "--ray-address", "auto", "--device", "cpu"), None, ("auto", 0)),
    ],
)
def test_folds_are_trained_on_the_cluster_that_is_named(  # noqa: PLR0917  # fixtures and a case
    run, coco, opinion, monkeypatch, words, variable, asked
):
    monkeypatch.setattr("labelaudit.core.ray_executor.RayExecutor", FakeCluster)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    if variable:
        monkeypatch.setenv("RAY_ADDRESS", variable)
    ran = run("scan", coco(*BOXES), "--detector", *words)
    assert opinion[0]["executor"].asked == asked
    assert f"by Ray at {asked[0]}" in ran.err


def test_without_a_word_no_cluster_is_asked(run, coco, opinion, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.1:6379")
    assert "Ray" not in run("scan", coco(*BOXES), "--detector").err
    assert opinion[0]["executor"] is None


@pytest.mark.parametrize("words", [("--ray",), ("--ray-address", "auto")])
def test_a_cluster_needs_a_detector(run, coco, words):
    ran = run("scan", coco(*BOXES), *words)
    assert ran.code == 2
    assert "--ray trains the folds of --detector, which is to be given, too" in ran.err


@pytest.mark.parametrize("words", [("--detector",), ("--predictions", "x")])
def test_objectlab_is_asked_for_by_name(run, coco, opinion, words):
    run("scan", coco(*BOXES), *words)
    run("scan", coco(*BOXES), *words, "--objectlab")
    assert [asked["objectlab"] for asked in opinion] == [False, True]


def test_crops_are_looked_at_if_they_are_asked_for(run, coco, opinion, tmp_path):
    run("scan", coco(*BOXES), "--predictions", "x")
    run("scan", coco(*BOXES), "--predictions", "x", "--crops", "--cache", tmp_path)
    assert [(asked["crops"], asked["cache"]) for asked in opinion] == [
        (False, None),
        (True, tmp_path),
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--crops",), "--crops is an option of --predictions"),
        (("--detector", "--crops"), "--crops is an option of --predictions"),
        (("--detector", "--predictions", "x"), "exclude each other"),
        (("--backbone", "resnet34"), "--backbone is that of --detector, which is to be given"),
        (("--min-probability", "1.1"), "--min-probability must be from 0 to 1, found 1.1"),
        (
            ("--predictions", "p.json", "--min-probability", "0.9"),
            "--min-probability needs probabilities, and predictions only rank labels until 50",
        ),
        (("--verdicts", "x"), "x: No such file or directory"),
        (("--detector", "--epochs", "0"), "epochs of the detector is 0"),
        (("--select", "MOD"), "no model was asked; --detector or --predictions FILE asks one"),
        (("--predictions", "nowhere.json"), "no such file or folder of predictions"),
        (("--detector",), "none of this dataset was found: give their folder with --images"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(run, coco, words, message):
    ran = run("scan", coco(*BOXES), *words)
    assert ran.code == 2
    assert message in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize("words", [("--detector",), ("--predictions", "x.json")])
def test_without_the_packages_that_learn_it_says_how_to_install_them(run, coco, monkeypatch, words):
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    ran = run("scan", coco(*BOXES), *words)
    assert ran.code == 2
    assert "pip install 'labelaudit[detect]'" in ran.err


def test_selftest_reports_for_people_and_programs(run, coco, opinion, monkeypatch):
    path = coco(*MANY)
    ran = run("selftest", path, "--rate", "0.2")
    assert ran.code == 0
    assert "planted errors" in ran.out
    assert "Calibration" in ran.out
    report = json.loads(run("selftest", path, "--rate", "0.2", "--output-format", "json").out)
    assert report["planted"] > 0
    assert report["budgets"][0]["findings"] >= 1


def test_selftest_draws_its_calibration(run, coco, opinion, tmp_path):
    pytest.importorskip("matplotlib")
    path = coco(*MANY)
    assert run("selftest", path, "--rate", "0.2", "--plot", "plot.svg").code == 0
    assert "<svg" in (tmp_path / "plot.svg").read_text()
    assert "a plot is a .png or an .svg" in run("selftest", path, "--plot", "plot.txt").err


def test_a_sample_is_drawn_judged_estimated_from_and_fed_back(run, coco, opinion, tmp_path):
    path = coco(*MANY)
    drawn = [json.loads(line) for line in run("sample", path, "--count", "20").out.splitlines()]
    assert drawn[0]["line"] == "sample"
    assert len(drawn) == 21
    for item in drawn[1:]:
        item["verdict"] = "wrong_class" if item["record"] % 10 == 0 else "ok"
    judged = tmp_path / "judged.jsonl"
    judged.write_text("\n".join(map(json.dumps, drawn)))
    said = run("estimate", judged)
    assert said.code == 0
    assert "wrong labels in 80 labels" in said.out
    report = json.loads(run("estimate", judged, "--output-format", "json").out)
    assert report["all"]["judged"] == 20
    assert report["all"]["low"] <= report["all"]["errors"] <= report["all"]["high"]
    run("scan", path, "--detector", "--verdicts", judged)
    assert len(opinion[-1]["human_labels"].boxes) == 20
    single = ScoringOptions(verdicts=(judged, judged)).judged_boxes(labelaudit.load(path))
    assert len(single) == 20  # each label once, however often it was judged
    assert single.is_wrong.sum() == sum(item["verdict"] != "ok" for item in drawn[1:])
    assert len(ScoringOptions().judged_boxes(labelaudit.load(path))) == 0


def test_a_sample_of_images_is_estimated_from(run, coco, opinion, tmp_path):
    drawn = run("sample", coco(*MANY), "--of", "images").out.splitlines()
    assert [json.loads(line)["image"] for line in drawn[1:]] == ["a.jpg", "b.jpg"]
    judged = tmp_path / "judged.jsonl"
    judged.write_text("\n".join(drawn).replace('"verdict":null', '"verdict":1'))
    assert "missing objects in 2 images" in run("estimate", judged).out


def test_an_estimate_without_verdicts_says_what_to_do(run, coco, opinion, tmp_path):
    (tmp_path / "sample.jsonl").write_text(run("sample", coco(*MANY)).out)
    ran = run("estimate", "sample.jsonl")
    assert ran.code == 2
    assert "write one to the `verdict` of each line" in ran.err


def test_a_ranking_is_shown_and_fails_nothing(run, coco, ranking):
    words = ("scan", coco(*MANY), "--predictions", "results.json", "--select", "MOD")
    ran = run(*words, "--fail-on", "info")
    assert ran.code == 0
    assert "Nothing found, but what to look at first: 20 places of a ranking" in (
        " ".join(ran.out.split())
    )
    report = json.loads(run(*words, "--output-format", "json").out)
    assert [one["code"] for one in report["findings"]] == ["MOD008"] * 20
    assert {one["fix"]["safety"] for one in report["findings"]} == {"proposed"}


def test_more_of_a_ranking_is_told_by_the_command_that_is_shown(run, coco, ranking):
    words = ("scan", coco(*MANY), "--predictions", "results.json")
    (line,) = [line for line in run(*words).out.splitlines() if "more of the ranking" in line]
    more = line.partition(": labelaudit ")[2].split()
    assert more[-6:] == ["--select", "MOD008", "--ranked", "100", "--examples", "100"]
    ran = run(*more)
    assert "doubted-label MOD008 · 30" in ran.out
    assert "more of the ranking" not in ran.out
    assert "doubted-label MOD008 · 25" in run(*words, "--ranked", "25").out


def test_no_option_applies_what_a_ranking_proposes(run, coco, ranking):
    words = ("scan", coco(*MANY), "--predictions", "results.json", "--select", "MOD")
    assert "Nothing to fix" in run(*words, "--fix", "--unsafe-fixes").err


def test_only_predictions_are_ranked(run, coco):
    ran = run("scan", coco(*BOXES), "--detector", "--ranked", "5")
    assert ran.code == 2
    assert "--ranked is an option of --predictions" in ran.err


def test_what_the_configuration_says_of_other_rules_holds_with_a_ranking():
    options = ScoringOptions(ranked=7).over(
        labelaudit.Options(settings={"tiny-box": {"min_side": 4}})
    )
    assert options.settings == {"tiny-box": {"min_side": 4}, "MOD008": {"first": 7}}
