import dataclasses
import json

import pytest

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.needs import NO_SOURCES, Need
from labelaudit.auditing.run import Options
from labelaudit.auditing.scan import scan
from labelaudit.auditing.sources.box_sources import sources
from labelaudit.dataset.fields import Fields
from labelaudit.dataset.months import MOST_VALUES
from labelaudit.dataset.tables import Attributes, Dataset, RecordType
from labelaudit.errors import ConfigError
from labelaudit.io.load import load
from labelaudit.testing import drawn_by, images, one_image


def saying(**fields: list[str]) -> Dataset:
    count = len(next(iter(fields.values())))
    dataset = images({"a.jpg": ["car 0 0 10 10"] * count})
    said = [
        Attributes(RecordType.BOX, row, {name: values[row] for name, values in fields.items()})
        for row in range(count)
    ]
    return dataclasses.replace(dataset, attributes=lambda _: iter(said))


def test_a_field_that_is_called_as_annotators_are_says_who_drew():
    found = sources(saying(colour=["red", "blue"], annotator=["ann", "bob"]), ())
    assert (found.field, found.names, found.by_hand) == ("annotator", ("ann", "bob"), True)
    assert found.box.tolist() == [0, 1]


def test_the_surest_of_several_is_taken_and_one_with_one_value_is_not():
    assert sources(saying(batch=["1", "2"], annotator=["ann", "bob"]), ()).field == "annotator"
    assert sources(saying(batch=["1", "2"], annotator=["ann", "ann"]), ()).field == "batch"


def test_the_word_of_the_user_comes_first_but_for_the_class():
    dataset = saying(annotator=["ann", "bob"], colour=["red", "blue"])
    assert sources(dataset, ("class", "colour")).field == "colour"
    assert sources(dataset, ("class",)).field == "annotator"
    with pytest.raises(ConfigError, match="no field is called 'color'"):
        sources(dataset, ("color",))


def test_nested_fields_say_who_drew():
    dataset = one_image("car 0 0 10 10", "car 0 0 20 20")
    for key, inner in (("attributes", "annotator"), ("completed_by", "email")):
        said = [
            Attributes(RecordType.BOX, row, {key: {inner: who}})
            for row, who in enumerate(("a@b", "c@d"))
        ]
        found = sources(dataclasses.replace(dataset, attributes=lambda _, s=said: iter(s)), ())
        assert found.field == f"{key}.{inner}"


def test_too_many_values_are_no_people():
    many = [str(row) for row in range(MOST_VALUES + 1)]
    assert sources(saying(annotator=many), ()) is None
    assert sources(saying(annotator=many[:-1]), ()) is not None


def test_folders_are_compared_where_each_has_ten_images():
    def in_folders(each: int) -> Dataset:
        return images({f"{f}/{n}.jpg": ["car 0 0 9 9"] for f in "ab" for n in range(each)})

    found = sources(in_folders(10), ())
    assert (found.field, found.by_hand) == ("folder", False)
    assert sources(in_folders(9), ()) is None


def test_without_any_source_the_reason_is_said():
    context = AuditContext(one_image("car 0 0 10 10"))
    reasons = [context.lacking[need] for need in (Need.SOURCES, Need.WHO, Need.SAME_OBJECTS)]
    assert reasons == [NO_SOURCES] * 3


def test_boxes_of_several_people_in_one_image_are_of_the_same_objects():
    box = ["car 0 0 10 10"]
    apart = AuditContext(drawn_by({"ann": {"a.jpg": box}, "bob": {"b.jpg": box}}))
    assert Need.SAME_OBJECTS in apart.lacking
    shared = AuditContext(drawn_by({"ann": {"a.jpg": box}, "bob": {"a.jpg": box}}))
    assert Need.SAME_OBJECTS not in shared.lacking


def coco(tmp_path, **more) -> Dataset:
    boxes = [
        {
            "id": row,
            "image_id": 1,
            "category_id": 1,
            "bbox": [row, 0, 10, 10],
            **{name: values[row] for name, values in more.items()},
        }
        for row in range(2)
    ]
    content = {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 64, "height": 48}],
        "annotations": boxes,
        "categories": [{"id": 1, "name": "car"}],
    }
    (tmp_path / "labels.json").write_text(json.dumps(content))
    return load(tmp_path / "labels.json")


def test_files_without_such_a_word_are_not_read_again(tmp_path, monkeypatch):
    dataset = coco(tmp_path, colour=["red", "blue"], remark=["creator", "annotators"])
    reads = []
    dataset = dataclasses.replace(dataset, attributes=lambda one: iter(reads.append(one) or ()))
    assert sources(dataset, ()) is None
    assert not reads


def test_a_file_with_such_a_word_is_read_again(tmp_path):
    dataset = coco(tmp_path, annotator=["ann", "bob"])
    assert sources(dataset, ()).names == ("ann", "bob")


def voc_folders(tmp_path, *names: str) -> Dataset:
    """The same two images, labelled in several folders of a file for each image."""
    for name in names:
        (tmp_path / name).mkdir()
        for image in ("a", "b"):
            (tmp_path / name / f"{image}.xml").write_text(
                f"<annotation><filename>{image}.jpg</filename><size><width>64</width>"
                "<height>48</height></size><object><name>car</name><bndbox><xmin>5</xmin>"
                "<ymin>5</ymin><xmax>30</xmax><ymax>30</ymax></bndbox></object></annotation>"
            )
    return load([tmp_path / name for name in names])


def test_of_several_folders_each_is_a_source_and_not_each_file_in_them(tmp_path):
    dataset = voc_folders(tmp_path, "ann", "bob")
    assert sources(dataset, ("file",)).names == ("ann", "bob")
    (counted,) = scan(dataset, Options(select=("CLS",), by=("file",))).breakdowns
    assert sorted(one.value for one in counted.groups) == ["ann", "bob"]
    single = load(tmp_path / "ann")
    assert Fields(single).column("file").values.tolist() == ["a.xml", "b.xml"]


def test_what_is_compared_by_file_is_no_split_of_anything_else(tmp_path):
    dataset = voc_folders(tmp_path, "train", "val")
    assert Need.SPLITS in AuditContext(dataset, by=("file",)).lacking
    assert Need.SPLITS not in AuditContext(dataset).lacking
    assert "SPL001" not in scan(dataset, Options()).not_checked
    found = scan(dataset, Options(by=("file",)))
    assert "so these are no splits" in found.not_checked["SPL001"]
