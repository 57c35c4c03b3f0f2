"""What was seen in the labels of coco_cc: the verdicts, and the table that is made of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.label_errors.real_coco import (
    ARGUABLE,
    REAL_ERROR,
    RIGHT,
    UNSEEN,
    Place,
    Ranked,
    Verdicts,
    anchored_table,
    credits_of,
    draw,
    ranked,
    read_verdicts,
    real_errors,
    sample_table,
    table,
)
from labelaudit.auditing.label_issues import BOX_ERRORS, BoxIssues, LabelIssues, MissingObjects
from labelaudit.core.columns import texts
from labelaudit.dataset.tables import Dataset
from labelaudit.io.load import load
from labelaudit.testing import one_image, with_image_files

VERDICTS = Verdicts(
    labels={1: {"loose_box": REAL_ERROR}, 2: {"wrong_class": ARGUABLE, "note": "a van"}, 3: {}},
    places=[
        Place(1, 1, (300, 300, 340, 340), REAL_ERROR),
        Place(1, 2, (400, 300, 440, 340), ARGUABLE),
    ],
    shuffled=[1, 2],
    sample=[2, 3],
)


def labels() -> Dataset:
    return one_image(
        "car 10 10 50 50", "bus 100 10 150 50", "car 200 10 250 50", "car 10 100 50 150"
    )


def opinion() -> LabelIssues:
    """Doubts of labels 1 to 3, most of the third; of places at both of the two and near one."""
    doubt = np.array([0.2, 0.6, 0.7, np.nan])
    columns = {kind.value: doubt for kind in BOX_ERRORS}
    places = [
        (300, 300, 340, 341),
        (300, 300, 340, 340),
        (400, 300, 440, 340),
        (400, 300, 440, 335),
    ]
    missing = MissingObjects.of(
        4,
        image=[0] * 4,
        label=[0, 1, 1, 1],
        xyxy=places,
        probability=[0.1, 0.2, 0.3, 0.4],
        score=[0.9, 0.5, 0.4, 0.3],
    )
    boxes = BoxIssues.of(4, was_scored=~np.isnan(doubt), **columns)
    return LabelIssues("a test", ("car", "bus"), boxes, missing)


def test_labels_that_were_judged_stand_in_the_order_of_doubt_with_their_verdicts():
    wrong_class, loose_box, spurious, *_ = ranked(labels(), opinion(), VERDICTS)
    assert wrong_class.verdict.tolist() == [RIGHT, ARGUABLE, RIGHT]
    assert loose_box.verdict.tolist() == [RIGHT, RIGHT, REAL_ERROR]
    assert spurious.verdict.tolist() == [RIGHT] * 3
    assert loose_box.stated.tolist() == [0.7, 0.6, 0.2]


def test_a_label_without_a_verdict_is_unseen_and_not_right():
    known = Verdicts(labels={1: {}}, places=[], shuffled=[], sample=[])
    verdict = ranked(labels(), opinion(), known)[0].verdict
    assert verdict.tolist() == [UNSEEN, UNSEEN, RIGHT]


def test_a_place_is_known_by_image_class_and_box_up_to_rounding():
    *_, by_doubt, by_score = ranked(labels(), opinion(), VERDICTS)
    assert by_doubt.verdict.tolist() == [UNSEEN, ARGUABLE, UNSEEN, REAL_ERROR]
    assert by_score.verdict.tolist() == [REAL_ERROR, UNSEEN, ARGUABLE, UNSEEN]


def test_the_table_sets_what_is_stated_beside_what_is_real():
    lines = table(ranked(labels(), opinion(), VERDICTS)).splitlines()
    assert lines[3] == (
        "| loose box | 1 + 0 of 3 | 1 + 0 of 3 | 1 + 0 of 3 | 0 + 0 of 2 | 1.5 | 1 + 0 of 3 | 3 |"
    )
    assert "| 1 + 1 of 4 (2 unseen) | 4 |" in lines[5]
    assert lines[6].endswith("|  | 1 + 1 of 4 (2 unseen) | 1 |")  # scores do not add up to anything
    assert sample_table(VERDICTS).splitlines()[2:] == [
        "| drawn at random | 0 + 1 of 2 | 0 + 0 of 2 | 0 + 0 of 2 |",
        "| all | 0 + 1 of 3 | 1 + 0 of 3 | 0 + 0 of 3 |",
    ]


def test_what_samples_make_of_doubts_is_set_beside_the_real_count():
    verdict = np.where(np.arange(300) % 10, RIGHT, REAL_ERROR)
    verdict[250:] = UNSEEN
    every = [Ranked("loose_box", texts(verdict.tolist()), np.full(300, 0.9))]
    row, other, *arguable = anchored_table(every).splitlines()[2:]
    assert row.startswith("| loose box | 25 real | 100 | 1.0")  # .9 for each is stated before
    assert other.startswith("| loose box | 25 real | 200 | 1.0")
    assert len(arguable) == 2
    assert float(row.split("|")[-2].strip(" %")) > 90


def test_real_errors_are_drawn_with_the_address_and_licence_of_each_image(tmp_path: Path):
    dataset = with_image_files(labels(), tmp_path)
    shown = real_errors(dataset, VERDICTS)
    assert [one.caption for one in shown] == ["car: loose box", "car: missing"]
    draw(dataset, shown, tmp_path / "sheet.jpg")
    with Image.open(tmp_path / "sheet.jpg") as sheet:
        assert sheet.format == "JPEG"
        red, green, blue = np.asarray(sheet, np.int64).reshape(-1, 3).T
    assert ((red > 200) & (green > 160) & (blue < 90)).any()  # the box in question
    record = tmp_path / "record.json"
    image = {"file_name": "a.jpg", "flickr_url": "http://a/b.jpg", "license": 4}
    licences = [{"id": 4, "name": "Attribution", "url": "http:\\/\\/c"}]
    record.write_text(json.dumps({"images": [image], "licenses": licences}), "utf-8")
    assert credits_of(record, shown).splitlines()[2:] == [
        "| 1, 2 | [a.jpg](http://a/b.jpg) | [Attribution](http://c) |"
    ]


def test_verdicts_are_of_labels_and_classes_that_are_there(shared_data: Path):
    dataset, verdicts = load(shared_data / "coco_cc"), read_verdicts()
    ids = dataset.boxes.id.values()
    assert set(verdicts.labels) <= set(ids)
    assert not dataset.boxes.crowd[[ids.index(one) for one in verdicts.labels]].any()
    assert set(verdicts.sample) <= set(verdicts.shuffled) <= set(verdicts.labels)
    assert len(set(verdicts.sample)) == 40
    said = {
        value for one in verdicts.labels.values() for key, value in one.items() if key != "note"
    }
    assert said == {REAL_ERROR, ARGUABLE}
    assert {one.verdict for one in verdicts.places} == {REAL_ERROR, ARGUABLE, RIGHT}
    shown = real_errors(dataset, verdicts)
    assert len(shown) == 28
    sizes = dataset.images.size
    assert all((one.xyxy[2:] <= sizes[one.image] + 1).all() for one in shown)
