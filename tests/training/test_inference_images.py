"""Results name images and classes as the labels do, and images without labels by their names."""

from __future__ import annotations

import pytest
from PIL import Image

from labelaudit.core.ids import Ids
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.errors import ConfigError, FormatError
from labelaudit.testing import images, with_columns
from labelaudit.training.inference_images import images_in, images_of_dataset


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")


def of_dataset(dataset, *classes):
    return images_of_dataset(DatasetColumns(dataset), classes or ("car",))


TWO = images({"a.jpg": ["car 0 0 9 9"], "b.jpg": ["bus 0 0 9 9"]})


def test_images_of_a_folder_are_called_by_their_names_below_it(tmp_path):
    touch(tmp_path, "000139.jpg", "sub/b.PNG", "notes.txt")
    found = images_in([tmp_path], (7,))
    assert found.ids == found.names == ("000139.jpg", "sub/b.PNG")
    assert found.paths.tolist() == [str(tmp_path / name) for name in found.names]
    assert found.category_ids == (7,)


def test_names_that_two_files_have_become_paths(tmp_path):
    touch(tmp_path, "x/a.jpg", "y/a.jpg", "y/b.jpg")
    apart = images_in([tmp_path / "x/a.jpg", tmp_path / "y/b.jpg"], ())
    assert apart.names == ("a.jpg", "b.jpg")
    same = images_in([tmp_path / "x", tmp_path / "y"], ())
    assert same.names == tuple(str(tmp_path / name) for name in ("x/a.jpg", "y/a.jpg", "y/b.jpg"))


def test_a_file_that_is_given_twice_is_asked_about_once(tmp_path):
    touch(tmp_path, "a.jpg")
    assert len(images_in([tmp_path / "a.jpg", tmp_path, tmp_path / "a.jpg"], ())) == 1


def test_a_folder_without_images_and_a_path_to_nothing_are_refused(tmp_path):
    with pytest.raises(FormatError, match="no image is there"):
        images_in([tmp_path], ())
    with pytest.raises(FormatError, match="no such file or folder"):
        images_in([tmp_path / "gone.jpg"], ())


def test_images_and_classes_of_a_dataset_have_its_ids():
    found = of_dataset(TWO, "bus", "car")
    assert (found.ids, found.category_ids, found.notes) == ((1, 2), (2, 1), ())


@pytest.mark.parametrize("ids", [[5, 5], [5, "5"], [5, None], [5, 2.5], [5, ""]])
def test_ids_that_do_not_tell_images_apart_give_way_to_names(ids):
    found = of_dataset(with_columns(TWO, "images", id=Ids.of(ids)))
    assert found.ids == ("a.jpg", "b.jpg")
    assert "by their names" in found.notes[0]


def test_names_that_repeat_give_way_to_paths_and_these_to_places():
    no_ids = with_columns(TWO, "images", id=Ids.missing(2), name=["a", "a"])
    assert of_dataset(with_columns(no_ids, "images", path=["x", "y"])).ids == ("x", "y")
    assert of_dataset(no_ids).ids == (0, 1)


@pytest.mark.parametrize("ids", [[3, 3], [3, None]])
def test_classes_without_an_id_of_their_own_are_called_by_name(ids):
    found = of_dataset(with_columns(TWO, "categories", id=Ids.of(ids)), "car", "bus")
    assert found.category_ids[1] == "bus"
    assert found.category_ids[0] == ("car" if ids[1] else 3)


def test_classes_that_the_labels_lack_are_left_out_and_named():
    found = of_dataset(TWO, "car", "dog")
    assert found.category_ids == (1, None)
    assert found.notes == ("left out, as the labels have no such class: dog",)


def test_a_model_that_knows_no_class_of_the_labels_is_refused():
    with pytest.raises(ConfigError, match="the model knows dog, the labels car, bus: no class"):
        of_dataset(TWO, "dog")


def test_an_image_that_was_found_on_disk_keeps_its_path(tmp_path):
    Image.new("RGB", (4, 4)).save(tmp_path / "a.png")
    found = of_dataset(with_columns(TWO, "images", path=[str(tmp_path / "a.png"), ""]))
    assert found.paths.tolist() == [str(tmp_path / "a.png"), ""]
