"""Figures of runs become points with intervals, a page and a picture."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from PIL import Image

from labelaudit.detector.config import DetectorConfig
from labelaudit.impact.experiment import Results
from labelaudit.impact.intervals import Runs
from labelaudit.impact.label_sets import LabelSet
from labelaudit.impact.one_run import HeldOutImages
from labelaudit.impact.plot import draw
from labelaudit.impact.report import headline, interval, report
from labelaudit.impact.summary import Points, as_json, summary
from labelaudit.testing import images
from labelaudit.training.metrics import GroundTruth

SETS = (
    ("as-is", "labels as they are", "labels", "", 0.0, 0, 0.500),
    ("safe-fixes", "safe fixes", "labels", "", 0.0, 0, 0.500),
    ("review-10", "first 10 %", "review", "", 0.1, 60, 0.530),
    ("review-50", "first 50 %", "review", "", 0.5, 300, 0.560),
    ("reviewed", "reviewed labels", "review", "", 1.0, 600, 0.561),
    ("missing-30", "30 % missing", "noise", "missing", 0.3, 0, 0.461),
    ("loose-30", "30 % loose", "noise", "loose", 0.3, 0, 0.560),
)


def results(*, seeds: int = 3, of_seeds: float = 0.001, of_images: float = 0.004) -> Results:
    """Made-up runs; differences below a point are not told from chance."""
    random = np.random.default_rng(0)
    labels = images({f"{n}": ["car 0 0 9 9", "bus 20 20 40 40"] for n in range(10)})
    sets = tuple(
        LabelSet(
            name,
            words,
            group,
            labels,
            np.arange(10) < 8,
            changed=0 if row < 2 else 10 * row,
            share=share,
            seconds=seconds,
            noise=noise,
        )
        for row, (name, words, group, noise, share, seconds, _) in enumerate(SETS)
    )
    means = np.array([row[-1] for row in SETS])
    values = means[:, None] + random.normal(0, of_seeds, (len(SETS), seeds))
    values[1] = values[0]  # safe fixes change nothing
    noise = random.normal(0, of_images, (len(SETS), 1, 50))
    runs = Runs(values, values[..., None] + noise, 40)
    boxes = labels.boxes.rows(slice(0, 4))
    truth = GroundTruth(
        boxes.image.astype(np.int64),
        np.array([0, 1, 0, 1]),
        boxes.xyxy,
        np.full(4, 81.0),
        np.array([False, False, False, True]),
        np.zeros(4, bool),
    )
    held = HeldOutImages(np.array([8, 9]), ["a", "b"], np.arange(2), truth, ("car", "bus", "dog"))
    nothing = Runs(np.full_like(values, np.nan), np.full_like(runs.drawn, np.nan), 40)
    config = DetectorConfig(epochs=7, image_size=(64, 96))
    return Results(
        sets, 4, runs, (runs, runs, nothing), (), held, "one of 5 folds", 8, config, ("a note",)
    )


def test_points_are_hundredths_of_map_against_labels_as_they_are():
    result = summary(results(), "cars")
    gain = result.named("reviewed").gain
    assert gain.value == pytest.approx(6.1, abs=0.2)
    assert gain.low < gain.value < gain.high
    assert gain.is_clear
    assert result.named("as-is").gain == Points(0.0, 0.0, 0.0)
    assert (result.objects, result.held_out, result.learned) == (3, 2, 8)


def test_noise_is_compared_with_the_labels_that_it_is_planted_in():
    result = summary(results(), "cars")
    missing = result.named("missing-30")
    assert missing.reference == "reviewed"
    assert missing.gain.value == pytest.approx(-10, abs=0.3)
    assert not result.named("loose-30").gain.is_clear


def test_the_same_labels_have_no_difference_and_no_interval():
    gain = summary(results(), "cars").named("safe-fixes").gain
    assert interval(gain) == "0, the same labels"


@pytest.mark.parametrize(
    ("of_images", "enough"), [(0.0005, "review-50"), (0.004, "review-50"), (0.05, "safe-fixes")]
)
def test_review_is_enough_from_where_the_rest_brings_nothing_that_can_be_told(of_images, enough):
    result = summary(results(of_images=of_images), "cars")
    assert result.enough == enough
    told = " ".join(headline(result))
    if enough == "safe-fixes":
        assert "No gain by the review beyond safe fixes can be told" in told
    else:
        assert (
            "After the first 50 % of the review (5 min of 10 min) more of it brings nothing" in told
        )


def test_where_every_part_brings_more_all_of_it_is_to_be_done():
    made = results(of_images=0.0001, of_seeds=0.00001)
    values = made.runs.values + np.linspace(0, 0.1, len(SETS))[:, None]
    drawn = made.runs.drawn + np.linspace(0, 0.1, len(SETS))[:, None, None]
    result = summary(dataclasses.replace(made, runs=Runs(values, drawn, 40)), "cars")
    assert result.enough is None
    assert "do all of it (10 min)" in " ".join(headline(result))


def test_classes_are_told_one_by_one_and_one_without_objects_has_no_figure():
    result = summary(results(), "cars")
    car, bus, dog = result.named("reviewed").classes
    assert (car.objects, bus.objects, dog.objects) == (2, 1, 0)
    assert car.gain.value == pytest.approx(6.1, abs=0.2)
    assert np.isnan(dog.gain.value)
    assert interval(dog.gain) == ""


def test_json_holds_all_and_no_nan():
    text = json.dumps(as_json(summary(results(), "cars")), allow_nan=False)
    read = json.loads(text)
    assert read["schema_version"] == 1
    assert [one["name"] for one in read["sets"]] == [row[0] for row in SETS]
    assert read["sets"][4]["classes"][2]["gain"] == {"value": None, "low": None, "high": None}
    assert len(read["sets"][0]["seeds"]) == 3


def test_the_page_says_what_the_figures_are():
    page = report(summary(results(), "a|b\n# c"))
    assert page.startswith("# The price of wrong labels: a\\|b\\\\n# c\n")
    assert "| reviewed labels | 40 | 16 |" in page
    assert "| missing | 50 (30 %) |" in page
    assert "-3.3 |" in page
    assert "They do not cover" in page
    assert "a note." in page
    for heading in ("What fixes are worth", "What noise would cost", "How much review", "By class"):
        assert f"\n## {heading}\n" in page
    assert "nan" not in page


def test_losses_that_cannot_be_told_are_not_called_dear():
    told = " ".join(headline(summary(results(of_images=0.2), "cars")))
    assert "No planted noise costs anything that this experiment can tell from chance" in told
    assert "not told from nothing" in told


def test_without_noise_and_review_the_page_is_shorter():
    made = results()
    sets, runs = made.sets[:2], Runs(made.runs.values[:2], made.runs.drawn[:2], 40)
    made = dataclasses.replace(made, sets=sets, clean=1, runs=runs, by_class=(runs,) * 3)
    page = report(summary(made, "cars"))
    assert "What noise would cost" not in page
    assert "How much review" not in page
    assert "Safe fixes change no label that is learned." in page


@pytest.mark.parametrize("rows", [2, 5, 7])
def test_the_picture_is_drawn_whatever_was_tried(tmp_path, rows):
    made = results()
    runs = Runs(made.runs.values[:rows], made.runs.drawn[:rows], 40)
    clean = min(made.clean, rows - 1)
    by_class = (runs, runs, Runs(np.full_like(runs.values, np.nan), runs.drawn, 40))
    made = dataclasses.replace(
        made, sets=made.sets[:rows], clean=clean, runs=runs, by_class=by_class
    )
    draw(summary(made, "cars"), tmp_path / "impact.png")
    with Image.open(tmp_path / "impact.png") as image:
        assert image.width > image.height
        assert len(image.convert("RGB").getcolors(1 << 20) or []) > 50


def test_names_are_no_markup_and_no_formula(tmp_path):
    made = results()
    wrong = ("<script>a</script>", "[b](http://c)", "$\\frac$")
    made = dataclasses.replace(
        made, held_out=dataclasses.replace(made.held_out, classes=wrong), notes=("*note*",)
    )
    result = summary(made, "<b>$\\frac$")
    page = report(result)
    assert "&lt;script&gt;a&lt;/script&gt;" in page
    assert "\\[b\\](http\\://c)" in page
    assert "# The price of wrong labels: &lt;b&gt;" in page
    assert "\\*note\\*." in page
    draw(result, tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
