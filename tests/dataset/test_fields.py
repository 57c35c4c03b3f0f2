import dataclasses
import gc
import weakref

import numpy as np
import pytest

from labelaudit.dataset.fields import Fields, box_field, field_names, flat, image_field
from labelaudit.dataset.tables import Attributes, Dataset, RecordType
from labelaudit.errors import ConfigError
from labelaudit.testing import one_image

BOX, IMAGE, CATEGORY = RecordType.BOX, RecordType.IMAGE, RecordType.CATEGORY


def saying(*said: Attributes) -> Dataset:
    """Two cars and a bus in an image, and what their files say of them."""
    dataset = one_image("car 0 0 10 10", "car 20 0 30 10", "bus 0 20 10 30")
    return dataclasses.replace(dataset, attributes=lambda _: iter(said))


def test_class_split_folder_and_file_are_always_there():
    dataset = saying()
    assert field_names(dataset) == ("class", "split", "folder", "file")
    assert box_field(dataset, "class").tolist() == ["car", "car", "bus"]
    assert box_field(dataset, "split").tolist() == ["", "", ""]
    assert image_field(dataset, "file").tolist() == dataset.files.path.tolist()


def test_what_a_box_does_not_say_its_image_says_and_then_its_class():
    dataset = saying(
        Attributes(BOX, 1, {"by": "box"}),
        Attributes(CATEGORY, 1, {"by": "class", "kind": "vehicle"}),
    )
    assert box_field(dataset, "by").tolist() == ["", "box", "class"]
    assert box_field(dataset, "kind").tolist() == ["", "", "vehicle"]
    dataset = saying(Attributes(IMAGE, 0, {"by": "image"}), Attributes(BOX, 1, {"by": "box"}))
    assert box_field(dataset, "by").tolist() == ["image", "box", "image"]


def test_an_image_has_what_all_its_boxes_say_and_nothing_where_they_differ():
    dataset = saying(*(Attributes(BOX, row, {"a": 1, "b": row}) for row in range(3)))
    assert image_field(dataset, "a").tolist() == ["1"]
    assert image_field(dataset, "b").tolist() == [""]


def test_a_nested_field_may_be_called_by_its_last_part_if_no_other_ends_so():
    dataset = saying(Attributes(BOX, 0, {"attributes": {"annotator": "ann"}}))
    assert box_field(dataset, "annotator").tolist() == ["ann", "", ""]
    assert Fields(dataset).column("annotator").name == "attributes.annotator"
    both = saying(Attributes(BOX, 0, {"a": {"by": "ann"}, "b": {"by": "bob"}}))
    with pytest.raises(ConfigError, match=r"several fields are called 'by': a\.by, b\.by"):
        box_field(both, "by")
    exact = saying(Attributes(BOX, 0, {"a": {"by": "ann"}, "by": "bob"}))
    assert box_field(exact, "by").tolist() == ["bob", "", ""]


def test_an_unknown_field_is_refused_with_a_suggestion_and_those_that_there_are():
    dataset = saying(Attributes(BOX, 0, {"annotator": "ann"}))
    with pytest.raises(
        ConfigError, match=r"'anotator'; did you mean 'annotator'\?.*: class, split"
    ):
        box_field(dataset, "anotator")


def test_what_follows_from_the_tables_comes_before_a_field_of_files_of_that_name():
    dataset = saying(Attributes(BOX, 0, {"class": "x", "folder": "y", "by": "ann"}))
    assert field_names(dataset) == ("class", "split", "folder", "file", "by")
    assert box_field(dataset, "class").tolist() == ["car", "car", "bus"]


def test_files_are_read_once_for_a_field_whoever_asks():
    reads = []

    def read(dataset: Dataset):
        reads.append(dataset)
        yield Attributes(BOX, 0, {"by": "ann"})

    dataset = dataclasses.replace(saying(), attributes=read)
    for _ in range(3):
        assert box_field(dataset, "by").tolist() == ["ann", "", ""]
    assert len(reads) == 1
    assert Fields(dataset).names[-1] == "by"
    assert len(reads) == 1


def test_fields_of_some_names_are_found_by_their_first_or_their_last_part():
    said = {"attributes": {"Annotator": "ann"}, "completed_by": {"id": 3}, "colour": "red"}
    fields = Fields(saying(Attributes(BOX, 0, said)))
    names = ("annotator", "completed_by")
    assert fields.called(names) == ("attributes.Annotator", "completed_by.id")
    assert fields.called(names) == ("attributes.Annotator", "completed_by.id")
    assert fields.boxes("completed_by.id").tolist() == ["3", "", ""]
    assert fields.boxes("colour").tolist() == ["red", "", ""]


def test_nothing_keeps_a_dataset_whose_fields_were_asked_for():
    dataset = saying(Attributes(BOX, 0, {"by": "ann"}))
    box_field(dataset, "by")
    kept = weakref.ref(dataset)
    del dataset
    gc.collect()
    assert kept() is None


def test_values_are_texts_and_lists_of_plain_ones_are_joined():
    said = {"n": 2.0, "m": 2.5, "yes": True, "no": False, "l": ["a", 1], "odd": [{}], "none": None}
    expected = {"n": "2", "m": "2.5", "yes": "true", "no": "false", "l": "a, 1"}
    assert dict(flat(said)) == expected


def test_objects_within_objects_are_looked_into_four_levels_deep():
    said = {"a": {"b": {"c": {"d": 1, "e": {"f": 2}}}}}
    assert dict(flat(said)) == {"a.b.c.d": "1"}


def test_an_empty_dataset_has_fields():
    dataset = one_image()
    assert box_field(dataset, "class").tolist() == []
    assert np.array_equal(Fields(dataset).column("folder").image, [0])
