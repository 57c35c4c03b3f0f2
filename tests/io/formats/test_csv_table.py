"""Tables of boxes in a folder: which are read, which lists classes, which are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from labelaudit.errors import FormatError
from labelaudit.io.load import load
from labelaudit.io.recognition import recognise
from labelaudit.testing import draw

TABLE = "filename,width,height,class,xmin,ymin,xmax,ymax\na.jpg,64,48,dog,1,2,3,4\n"


def put(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text)
    return folder


def test_tables_of_each_split_are_read_and_others_are_told(tmp_path):
    put(tmp_path, train_labels=TABLE, test_labels=TABLE, results="epoch,loss\n1,2\n")
    dataset = load(tmp_path)
    assert (dataset.format, dataset.splits) == ("csv", ("test", "train"))
    assert dataset.notes == ("not read, a file that is no labels of this dataset: results.csv",)


def test_a_table_of_the_images_of_all_splits_is_not_read_again(tmp_path):
    other = TABLE.replace("a.jpg", "b.jpg")
    put(tmp_path, train_labels=TABLE, test_labels=other, raccoon_labels=TABLE + other)
    dataset = load(tmp_path)
    assert (len(dataset.images), dataset.splits) == (2, ("test", "train"))
    assert dataset.notes[0] == (
        "not read: raccoon_labels.csv, whose images are all in test_labels.csv and train_labels.csv"
    )
    put(tmp_path, raccoon_labels=TABLE + TABLE.replace("a.jpg", "c.jpg"))
    assert len(load(tmp_path).images) == 4
    (tmp_path / "test_labels.csv").unlink()
    put(tmp_path, raccoon_labels=TABLE)
    assert len(load(tmp_path).images) == 2


def test_a_table_of_names_and_numbers_lists_the_classes(tmp_path):
    put(tmp_path, annotations="p/a.jpg,1,2,3,4,dog\n", classes="cat,0\ndog,1\n")
    dataset = load(tmp_path)
    assert dataset.class_names == ["cat", "dog"]
    assert dataset.categories.id.values() == [0, 1]
    assert dataset.boxes.label.tolist() == [1]
    assert dataset.notes == ()


@pytest.mark.parametrize("text", ["cat,0\ndog\n", "cat,x\n", "", '"'])
def test_a_list_of_classes_that_is_none_is_told(tmp_path, text):
    put(tmp_path, annotations="p/a.jpg,1,2,3,4,dog\n", classes=text)
    dataset = load(tmp_path)
    assert dataset.class_names == ["dog"]
    assert dataset.notes == ("not read, a file that is no labels of this dataset: classes.csv",)


def test_boxes_are_those_that_datumaro_1_13_reads_of_a_vott_export(tmp_path):
    table = '"image","xmin","ymin","xmax","ymax","label"\n"a.jpg",10.5,20,30,40.25,"cat"\n'
    put(tmp_path, **{"vott-export": f'{table}"a.jpg",1,2,3,4,"dog"\n'})
    dataset = load(tmp_path)
    assert dataset.boxes.xyxy.tolist() == [[10.5, 20, 30, 40.25], [1, 2, 3, 4]]
    assert dataset.class_names == ["cat", "dog"]


def test_boxes_of_a_table_without_classes_are_of_one_class_which_is_said(tmp_path):
    put(tmp_path, train='image_id,width,height,bbox\na,64,48,"[40.0, 20.0, 3.0, 4.0]"\n')
    dataset = load(tmp_path)
    assert dataset.boxes.xyxy.tolist() == [[40, 20, 43, 24]]
    assert (dataset.class_names, len(dataset.problems)) == (["object"], 0)
    assert dataset.notes == ("train.csv has no column of classes: its boxes are called 'object'",)


def test_a_column_that_may_be_the_classes_is_said(tmp_path):
    put(tmp_path, bccd="filename,cell_type,xmin,xmax,ymin,ymax\na.jpg,RBC,1,3,2,4\n")
    dataset = load(tmp_path)
    assert (dataset.class_names, dataset.boxes.xyxy.tolist()) == (["RBC"], [[1, 2, 3, 4]])
    assert dataset.notes == ("bccd.csv: its column cell_type is taken to be the classes",)


def test_a_text_file_that_begins_with_an_image_and_a_box_is_a_table(tmp_path):
    (tmp_path / "gt.txt").write_text("00000.ppm;774;411;815;446;11\n00001.ppm;9;8;12;13;4\n")
    (tmp_path / "images.txt").write_text("00000.ppm\n00001.ppm\n")
    dataset = load(tmp_path)
    assert (dataset.format, dataset.files.path.tolist()) == ("csv", ["gt.txt"])
    assert dataset.boxes.xyxy.tolist() == [[774, 411, 815, 446], [9, 8, 12, 13]]
    assert dataset.class_names == ["11", "4"]


def test_scores_may_be_a_detectors(tmp_path):
    put(tmp_path, out="image,xmin,ymin,xmax,ymax,label,confidence\na,1,2,3,4,c,0.9\n")
    (note,) = load(tmp_path).notes
    assert "out.csv has a column confidence" in note


def test_scores_in_a_table_without_names_of_columns_are_told_and_no_label_of_yolo(tmp_path):
    (tmp_path / "_annotations.txt").write_text("a.jpg 10 20 30.5 40 0.93 7\n")
    dataset = load(tmp_path)
    assert (dataset.format, dataset.class_names) == ("csv", ["7"])
    assert dataset.notes == (
        "_annotations.txt has a column of scores: its boxes may be results of a detector, and are "
        "read as labels",
    )


def test_a_file_alone_is_read_with_the_classes_beside_it(tmp_path):
    put(tmp_path, annotations="p/a.jpg,1,2,3,4,dog\n", classes="cat,0\ndog,1\n", more=TABLE)
    dataset = load(tmp_path / "annotations.csv")
    assert (len(dataset.images), dataset.class_names) == (1, ["cat", "dog"])


def test_a_folder_of_other_tables_is_refused(tmp_path):
    put(tmp_path, results="epoch,loss\n1,2\n")
    with pytest.raises(FormatError, match="no labels found"):
        recognise(tmp_path)
    with pytest.raises(FormatError, match="columns for an image and for a box"):
        load(tmp_path, format="csv")


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("imagem,largura,altura,classe,xmin,ymin,xmax,ymax", "a.jpg,64,48,placa,10,20,30,40"),
        ("файл,класс,x1,y1,x2,y2", "a.jpg,placa,10,20,30,40"),
        ("xmin,ymin,xmax,ymax,类别,图片", "10,20,30,40,placa,a.jpg"),
    ],
)
def test_names_in_other_languages_leave_images_and_classes_to_what_is_in_the_columns(
    tmp_path, header, row
):
    put(tmp_path, etiquetas=f"{header}\n{row}\n{row.replace('a.jpg', 'b.jpg')}\n")
    dataset = load(tmp_path)
    assert dataset.images.name.tolist() == ["a.jpg", "b.jpg"]
    assert (dataset.class_names, dataset.boxes.xyxy.tolist()) == (
        ["placa"],
        [[10, 20, 30, 40]] * 2,
    )
    assert any("taken to be the classes" in note for note in dataset.notes)
    assert not len(dataset.problems)


def test_of_two_columns_of_words_none_is_taken_to_be_the_classes(tmp_path):
    put(tmp_path, a="foto,cor,forma,x1,y1,x2,y2\na.jpg,azul,redonda,1,2,3,4\n")
    dataset = load(tmp_path)
    assert (dataset.images.name.tolist(), dataset.class_names) == (["a.jpg"], ["object"])


@pytest.mark.parametrize("filled", [True, False])
def test_a_table_whose_columns_hold_no_image_has_none(tmp_path, filled):
    rows = "1,azul,1,2,3,4\n" if filled else ""
    put(tmp_path, a=f"onde,o_que,x1,y1,x2,y2\n{rows}")
    with pytest.raises(FormatError):
        load(tmp_path)


UDACITY = """1478.jpg 475 275 500 290 0 "car"
1478.jpg 510 270 550 290 1 "truck"
1479.jpg 450 290 520 380 0 "trafficLight" "Red"
"""


@pytest.mark.parametrize("ending", ["csv", "txt"])
def test_udacity_is_read(tmp_path, ending):
    # https://github.com/udacity/self-driving-car/tree/master/annotations, "object-dataset"
    for name in ("1478.jpg", "1479.jpg"):
        draw(tmp_path / name, (640, 480))
    (tmp_path / f"labels.{ending}").write_text(UDACITY)
    dataset = load(tmp_path)
    assert dataset.class_names == ["car", "truck", "trafficLight"]
    assert dataset.boxes.xyxy.tolist()[1:] == [[510, 270, 550, 290], [450, 290, 520, 380]]
    assert (dataset.images.path != "").all()
    assert (dataset.notes, len(dataset.problems)) == ((), 0)


@pytest.mark.parametrize(
    ("rows", "boxes", "said"),
    [
        (["b.png,300,100,20,30,car"], [[300, 100, 320, 130]], "right, bottom, left, top as well"),
        (["b.png,300,100,420,330,car"], [[300, 100, 420, 330]], ""),
        (["b.png,10,20,110,120,car"], [[10, 20, 110, 120]], "top, width, height as well; name"),
        (['b.png,car,"[300, 100, 20, 30]"'], [[300, 100, 320, 130]], ""),
        (['b.png,car,"[300, 100, 420, 330]"'], [[300, 100, 420, 330]], "right, bottom, by which"),
    ],
)
def test_what_four_numbers_are_is_decided_by_the_boxes(tmp_path, rows, boxes, said):
    draw(tmp_path / "b.png", (640, 480))
    names = ["image,class,bbox"] if "[" in rows[0] else []
    (tmp_path / "x.csv").write_text("".join(f"{row}\n" for row in names + rows))
    dataset = load(tmp_path)
    assert dataset.boxes.xyxy.tolist() == boxes
    assert len(dataset.notes) == bool(said)
    assert said in "".join(dataset.notes)
