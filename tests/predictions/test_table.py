from __future__ import annotations

from pathlib import Path

import pytest

from labelaudit.dataset.derived import DatasetColumns
from labelaudit.errors import FormatError
from labelaudit.predictions.read import read_predictions
from labelaudit.testing import images

DERIVED = DatasetColumns(images({"a.jpg": ["car 10 10 40 40"], "b.jpg": ["stop-sign 5 5 60 60"]}))


def read(folder: Path, text: str, name: str = "seen.csv"):
    path = folder / name
    path.write_text(text, encoding="utf-8-sig")
    found = read_predictions(path, DERIVED)
    seen = found.predictions
    rows = zip(seen.image, seen.label, seen.xyxy.tolist(), seen.score.tolist(), strict=True)
    return [(int(image), int(label), box, score) for image, label, box, score in rows], found.notes


@pytest.mark.parametrize(
    "text",
    [
        "filename,class,confidence,xmin,ymin,xmax,ymax\na.jpg,car,0.5,1,2,31,42\n",
        "Image_ID;Category Name;Score;X1;Y1;X2;Y2\na;car;0.5;1;2;31;42\n\n",
        "x\ty\twidth\theight\tscore\tlabel\tpath\n1\t2\t30\t40\t0.5\tcar\t/data/a.jpg\n",
        'image,class_id,conf,left,top,w,h\n"a.jpg",1,0.5,1,2,30,40',
    ],
)
def test_columns_are_known_by_their_names(tmp_path, text):
    assert read(tmp_path, text) == ([(0, 0, [1, 2, 31, 42], 0.5)], ())


def test_classes_are_known_in_other_letter_case_and_with_other_signs(tmp_path):
    heading = "image,class,score,x,y,w,h\n"
    rows, _ = read(tmp_path, f"{heading}b.jpg,Stop_Sign,0.5,1,2,30,40\n", "seen.tsv")
    assert rows[0][1] == 1


def test_a_line_that_is_no_prediction_is_counted(tmp_path):
    lines = ("a.jpg,car,0.5,1,2,30,40", "a.jpg,car,0.5,1,2", "a.jpg,car,?,1,2,3,4")
    rows, (note,) = read(tmp_path, "\n".join(["image,class,score,x,y,w,h", *lines]))
    assert len(rows) == 1
    assert "left out of 3 predictions: 2 that could not be read" in note


@pytest.mark.parametrize("text", ["", "a.jpg,car,0.5,1,2,30,40\n", "image,class,x,y,w,h\n"])
def test_a_table_without_a_heading_says_what_it_takes(tmp_path, text):
    with pytest.raises(FormatError, match="expected columns of image, class, score and box"):
        read(tmp_path, text)
