"""Images with their labels and findings, drawn by matplotlib."""

from __future__ import annotations

import numpy as np
import pytest

from labelaudit.auditing.findings import Findings
from labelaudit.auditing.run import audit
from labelaudit.errors import ArgumentError, ConfigError, UnknownNameError
from labelaudit.notebook import plot
from labelaudit.testing import images, with_image_files

pyplot = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture(autouse=True)
def _closed():
    pyplot.switch_backend("agg")
    yield
    pyplot.close("all")


@pytest.fixture(name="labels", scope="module")
def _labels(tmp_path_factory):
    folder = tmp_path_factory.mktemp("images")
    drawn = images(
        {
            "day/a.png": ["car 10 10 10 40", "bus 100 50 90 200", "$x$ nan 1 2 3"],
            "night/a.png": ["car 20 20 700 60"],
            "night/b.png": ["car 20 20 70 60"],
        }
    )
    dataset = with_image_files(drawn, folder)
    return type(dataset)(**{**vars(dataset), "root": folder})


def corners(axes) -> list[tuple[float, ...]]:
    """Left, top, right, bottom of the rectangles that are drawn."""
    boxes = [patch.get_bbox() for patch in axes.patches]
    return [(box.x0, box.y0, box.x1, box.y1) for box in boxes]


def test_an_image_is_drawn_with_its_boxes_in_its_own_pixels(labels):
    axes = labels.plot("day/a.png")
    assert corners(axes) == [(10, 10, 10, 40), (90, 50, 100, 200)]  # swapped corners in order
    assert (axes.get_xlim(), axes.get_ylim()) == ((0, 640), (480, 0))
    assert [text.get_text() for text in axes.texts] == ["car", "bus"]
    assert axes.get_title() == "day/a.png, 3 boxes"
    assert len(axes.images) == 1


def test_findings_of_the_image_are_marked_and_no_others(labels):
    found = audit(labels, select="GEO")
    axes = labels.plot(1, findings=found)
    here = [one for one in found if one.image == 1]
    assert here
    assert f"{len(here)} finding" in axes.get_title()
    dashed = [patch for patch in axes.patches if patch.get_linestyle() == "--"]
    assert [patch.get_bbox().x1 for patch in dashed] == [640]


def test_it_is_drawn_on_given_axes(labels):
    figure, axes = pyplot.subplots()
    assert labels.plot("b.png", axes=axes) is axes
    assert pyplot.get_fignums() == [figure.number]


@pytest.mark.parametrize(
    ("image", "problem", "kind"),
    [
        ("c.png", r"no image is called 'c\.png'", UnknownNameError),
        ("a.png", r"2 images are called 'a\.png': give a row, 0, 1", ConfigError),
        (3, "there is no image 3: there are 3", UnknownNameError),
        (-4, "there is no image -4", UnknownNameError),
        (None, "plot.. takes an image's name or row, not None", ArgumentError),
        (True, "plot.. takes an image's name or row", ArgumentError),
    ],
)
def test_an_image_that_is_not_there_is_refused(labels, image, problem, kind):
    with pytest.raises(kind, match=problem):
        labels.plot(image)


def test_what_are_no_findings_is_refused(labels):
    with pytest.raises(ArgumentError, match="takes Findings, not a list"):
        labels.plot(0, findings=[])


def test_without_its_file_an_image_is_drawn_on_grey():
    axes = images({"a.jpg": ["car 1 1 9 9"]}).plot(np.int64(0))
    assert axes.get_title() == "a.jpg, 1 box, image not at hand"
    assert corners(axes) == [(1, 1, 9, 9)]


def test_findings_are_drawn_each_before_and_after(labels):
    found = audit(labels, select=["GEO001", "GEO005"])
    drawn = found.plot()
    assert len(drawn) == len(found) == 2
    assert [axes.get_title().split("\n") for axes in drawn] == [
        [f"{one.name} {one.code}", one.image_name.rpartition("/")[2]] for one in found
    ]
    assert [len(axes.patches) for axes in drawn] == [1, 2]  # dropped; moved
    assert len(found.plot(1)) == 1


def test_findings_that_cannot_be_drawn_say_why(labels):
    with pytest.raises(ArgumentError, match="which nobody gave"):
        Findings.of(1, image=[0]).plot()
    with pytest.raises(ConfigError, match="no finding about an image"):
        Findings.of(1).replaced(dataset=labels).plot()
    with pytest.raises(ConfigError, match="1 finding or more"):
        audit(labels).plot(0)


def test_without_matplotlib_the_command_that_installs_it_is_said(labels, monkeypatch):
    monkeypatch.setattr("labelaudit.core.extras.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"pip install 'labelaudit\[plot\]'"):
        labels.plot(0)
    with pytest.raises(ConfigError, match=r"pip install 'labelaudit\[plot\]'"):
        audit(labels, select="GEO001").plot()


def test_few_boxes_have_their_class_written_and_many_have_not(labels):
    for count, written in ((plot.MOST_LABELLED, plot.MOST_LABELLED), (plot.MOST_LABELLED + 1, 0)):
        boxes = [f"car {n} {n} {n + 9} {n + 9}" for n in range(count)]
        assert len(images({"a.jpg": boxes}).plot(0).texts) == written


def test_a_name_with_dollars_is_no_formula(tmp_path):
    name = "$\\frac$"
    drawn = images({f"{name}.png": [f"{name} 10 10 10 40", f"{name} 50 20 90 60"]})
    dataset = with_image_files(drawn, tmp_path)
    for axes in (dataset.plot(0), *audit(dataset, select="GEO001").plot(1)):
        axes.figure.savefig(tmp_path / "plot.svg")
        assert f"{name}.png" in (tmp_path / "plot.svg").read_text("utf-8")
