"""What a notebook shows: escaped, bounded, with pictures and without image files."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from labelaudit.auditing.findings import Findings
from labelaudit.auditing.run import audit
from labelaudit.notebook.findings_html import MOST_SHOWN
from labelaudit.notebook.marks import GIVEN, Mark
from labelaudit.notebook.pictures import BLANK, Pictures
from labelaudit.testing import images, one_image, with_image_files

VOID = {"br", "img"}


class Checked(HTMLParser):
    """HTML whose elements are closed, in order; what stands in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.pictures: list[Image.Image] = []
        self.told: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        if tag == "img":
            told = dict(attrs)
            assert told["alt"]
            data = told["src"].removeprefix("data:image/jpeg;base64,")
            self.pictures.append(Image.open(io.BytesIO(base64.b64decode(data))))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.told.append(data)


@pytest.fixture(name="labels", scope="module")
def _labels(tmp_path_factory):
    drawn = images({f"{n}.png": ["car 10 10 10 40", "bus 20 20 50 50"] for n in range(7)})
    return with_image_files(drawn, tmp_path_factory.mktemp("images"))


def seen(labels):
    """The dataset as if it had been loaded with its images."""
    return type(labels)(**{**vars(labels), "root": labels.image_folders[0]})


def test_findings_are_a_table_with_pictures_before_and_after(labels):
    found = audit(seen(labels), select="GEO001")
    page = Checked(found._repr_html_())
    assert len(page.pictures) == 2 * len(found) == 14
    text = " ".join(page.told)
    for words in (
        "7 errors",
        "zero-area",
        "GEO001",
        "0.png",
        "car is 0 x 30 px",
        "Remove this label",
    ):
        assert words in text


def test_a_picture_shows_the_image_and_the_box_on_it(labels):
    dataset = seen(labels)
    pictures = Pictures(dataset)
    mark = Mark((100.0, 100.0, 200.0, 200.0), GIVEN, "car")
    with_box, without = (pictures.drawn(0, (50, 50, 250, 250), m, 400) for m in ([mark], []))
    assert with_box.size == without.size == (400, 400)
    differs = (np.asarray(with_box).astype(int) != np.asarray(without)).any(axis=2)
    rows, columns = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
    for line in (rows, columns):  # twice as large: from 100 to 300, and the line's own width
        assert 92 <= line[0] <= 100
        assert 300 <= line[-1] <= 308
    stored = np.asarray(Image.open(str(dataset.images.path[0])).convert("RGB"))
    assert np.abs(np.asarray(without)[10, 10].astype(int) - stored[55, 55]).max() <= 2


def test_without_image_files_boxes_are_drawn_on_grey():
    found = audit(one_image("car 10 10 10 40", "bus 9 9 700 60"), select="GEO005")
    page = Checked(found._repr_html_())
    assert len(page.pictures) == 2
    grey = tuple(int(BLANK[place : place + 2], 16) for place in (1, 3, 5))
    colour = page.pictures[0].convert("RGB").getpixel((5, page.pictures[0].height - 5))
    assert max(abs(a - b) for a, b in zip(colour, grey, strict=True)) < 4


def test_what_has_no_place_and_no_file_is_said_in_words():
    found = audit(one_image("van nan 1 2 3"), select="GEO003")
    page = Checked(found._repr_html_())
    assert (page.pictures, "image not at hand" in page.told) == ([], True)
    nobodys = Checked(Findings.of(1, message=["x"], severity=[2])._repr_html_())
    assert "no image" in nobodys.told


def test_a_broken_image_is_no_error(labels, tmp_path):
    broken = with_image_files(one_image("car 1 1 9 1"), tmp_path)
    (tmp_path / "image.jpg").write_bytes(b"no image")
    page = Checked(audit(seen(broken), select="GEO001")._repr_html_())
    assert len(page.pictures) == 2


def test_no_more_than_some_are_shown_and_the_rest_is_counted():
    findings = Findings.of(1_000_000, severity=np.ones(1_000_000), message=["x"] * 1_000_000)
    text = findings._repr_html_()
    assert len(text) < 20_000
    assert f"999,990 more findings: findings[{MOST_SHOWN}:]" in text
    assert "1,000,000 warnings" in text
    assert "more finding" not in findings[:MOST_SHOWN]._repr_html_()
    assert "1 more finding:" in findings[: MOST_SHOWN + 1]._repr_html_()
    assert "No findings." in findings[:0]._repr_html_()


def test_ten_findings_on_noise_stay_below_half_a_megabyte(tmp_path):
    size = (1600, 1200)
    labels = images({f"{n}.jpg": ["car 300 300 900 800"] * 2 for n in range(2)}, size=size)
    noise = np.random.default_rng(0).integers(0, 255, (300, 400, 3), np.uint8)
    paths = [str(tmp_path / str(name)) for name in labels.images.name]
    for path in paths:
        Image.fromarray(noise).resize(size).save(path)
    there = labels.images.replaced(path=np.array(paths, "T"))
    dataset = type(labels)(**{**vars(labels), "images": there, "root": tmp_path})
    found = audit(dataset, select="DUP", pixels="never")
    text = found[[0] * 10]._repr_html_()
    assert len(Checked(text).pictures) == 20
    assert 50_000 < len(text) < 500_000


def test_nothing_that_labels_hold_is_markup(tmp_path):
    evil = "<img/src=x/onerror=alert(1)>\"'&\x1b[31m"
    labels = with_image_files(images({f"{evil[:3]}.png": [f"{evil} 1 1 9 1"]}), tmp_path)
    for text in (
        audit(seen(labels), select="GEO001")._repr_html_(),
        audit(seen(labels), select="GEO001")[0]._repr_html_(),
        seen(labels)._repr_html_(),
    ):
        page = Checked(text)
        assert "onerror" not in re.sub(r"&lt;.*?&gt;", "", text)
        assert "\x1b" not in text
        assert len(page.pictures) == page.tags.count("img")


def test_a_dataset_is_shown_with_classes_and_images(labels):
    page = Checked(seen(labels)._repr_html_())
    text = " ".join(page.told)
    assert len(page.pictures) == 4
    assert "7 images · 14 boxes · 2 classes · 7 image files at hand" in text
    for words in ("car", "bus", "7"):
        assert words in page.told
    assert len(seen(labels)) == 7


def test_a_dataset_of_many_classes_and_no_images_is_bounded():
    many = one_image(*[f"c{n} 1 1 9 9" for n in range(40)])
    text = many._repr_html_()
    assert "and 28 more classes" in text
    assert "image files not at hand" in text
    Checked(text)
    Checked(images({})._repr_html_())


def test_text_and_lines_take_the_colours_of_the_page():
    text = audit(one_image("car 1 1 9 1"))._repr_html_()
    style = text.partition("<style>")[2].partition("</style>")[0]
    assert "currentColor" in style
    assert re.findall(r"(?<![-\w])(?:color|background)\s*:\s*#", style) == []
