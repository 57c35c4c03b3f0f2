from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from labelaudit.core.ids import Ids
from labelaudit.core.rows import all_but
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FixError
from labelaudit.io.formats.yolo.loading import load
from tests.io.formats.yolo_files import (
    FILE,
    LINE,
    boxes,
    labelled,
    patched,
    problems,
    put,
    renamed,
    with_boxes,
    with_new,
    write,
    written,
)


@pytest.mark.parametrize(
    ("yaml", "expected"),
    [
        ("names: [cat, dog] # pets", "names: [cat, hound] # pets"),
        ("names: ['cat', 'dog']", "names: ['cat', 'hound']"),
        ('names: {0: cat, 1: "dog"}', 'names: {0: cat, 1: "hound"}'),
        ("names:\n- cat\n- dog   # pets\n", "names:\n- cat\n- hound   # pets\n"),
        ("names:\r\n  0: cat\r\n  1: dog", "names:\r\n  0: cat\r\n  1: hound"),
        ("\ufeffcaf\u00e9: 1\nnames: [cat, dog]", "\ufeffcaf\u00e9: 1\nnames: [cat, hound]"),
    ],
)
def test_a_class_is_renamed_in_its_place(tmp_path, yaml, expected):
    dataset = labelled(tmp_path, LINE, yaml=f"{yaml}\ntrain: images/train\n")
    assert patched(dataset, renamed(dataset, dog="hound")) == {
        "data.yaml": f"{expected}\ntrain: images/train\n".encode()
    }


NAMES = ["no", "1", "a: b", "it's", 'say "x"', "# x", "\U0001f600", " a", "", "null", "a\nb", "[a]"]


@pytest.mark.parametrize("quotes", ["", "'", '"'])
@pytest.mark.parametrize("name", NAMES)
def test_any_name_can_be_written_and_is_read_again(tmp_path, name, quotes):
    yaml = f"train: images/train\nnames: [cat, {quotes}dog{quotes}]\n"
    dataset = labelled(tmp_path, LINE, yaml=yaml)
    again = written(dataset, renamed(dataset, dog=name), tmp_path)
    assert again.categories.name.tolist() == ["cat", name]
    assert problems(again) == []


@pytest.mark.parametrize("names", ["[&a dog, *a]", "\n- |\n  dog\n- cat", "[!!str dog]"])
def test_a_name_that_is_more_than_a_word_is_not_renamed(tmp_path, names):
    dataset = labelled(tmp_path, LINE, yaml=f"train: images/train\nnames: {names}\n")
    new = np.array(["hound"] * len(dataset.categories), dataset.categories.name.dtype)
    table = dataclasses.replace(dataset.categories, name=new)
    with pytest.raises(FixError, match="no plain name"):
        patched(dataset, dataclasses.replace(dataset, categories=table))


def test_a_class_in_a_list_of_names_is_renamed_there(tmp_path):
    write(tmp_path / "classes.txt", "\ufeffcat\r\ndog\r\nbird")
    put(tmp_path, {"train/a": LINE}, yaml=None)
    dataset = load(tmp_path, ())
    changed = renamed(dataset, cat="Katze", bird="Vogel")
    assert patched(dataset, changed) == {"classes.txt": "\ufeffKatze\r\ndog\r\nVogel".encode()}
    with pytest.raises(FixError, match="cannot hold the name"):
        patched(dataset, renamed(dataset, cat="a\nb"))


def merged_away(dataset: Dataset, gone: int, into: int) -> Dataset:
    label = np.where(dataset.boxes.label == gone, into, dataset.boxes.label)
    kept = all_but(len(dataset.categories), [gone])
    return with_boxes(dataset, label=label).keep(categories=kept)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("[cat, dog, bird]", "[dog, bird]"),
        ("[ cat , dog , bird ]", "[ dog , bird ]"),
        ("{0: cat, 1: dog, 2: bird}", "{0: dog, 1: bird}"),
        ("\n- cat  # a pet\n- dog\n- bird", "\n- dog\n- bird"),
        ("\n  0: cat\n  1: dog\n  2: bird", "\n  0: dog\n  1: bird"),
    ],
)
def test_when_a_class_goes_those_after_it_move_up(tmp_path, names, expected):
    yaml = f"train: images/train\nnc: 3\nnames: {names}\n"
    text = "0 .5 .5 .1 .1\n1 .5 .5 .1 .1\n2 .5 .5 .1 .1\n"
    dataset = load(put(tmp_path, {"train/a": text, "train/b": text}, yaml=yaml), ())
    changed = merged_away(dataset, 0, 1)
    files = patched(dataset, changed)
    assert files["data.yaml"].decode() == f"train: images/train\nnc: 2\nnames: {expected}\n"
    assert files[FILE] == b"0 .5 .5 .1 .1\n0 .5 .5 .1 .1\n1 .5 .5 .1 .1\n"
    again = written(dataset, changed, tmp_path)
    assert [name for name, _, _ in boxes(again)] == ["dog", "dog", "bird"] * 2
    assert problems(again) == []


@pytest.mark.parametrize(
    "names", ["[cat, dog, bird]", "\n- cat\n- dog\n- bird", "{0: cat, 1: dog, 2: bird}"]
)
@pytest.mark.parametrize("gone", [[0], [1], [2], [0, 1], [1, 2], [0, 2]])
def test_any_classes_but_all_can_go(tmp_path, names, gone):
    yaml = f"names: {names}\ntrain: images/train\n"
    dataset = labelled(tmp_path, "", yaml=yaml)
    again = written(
        dataset, dataset.keep(categories=all_but(len(dataset.categories), np.array(gone))), tmp_path
    )
    kept = [name for row, name in enumerate(["cat", "dog", "bird"]) if row not in gone]
    assert again.class_names == kept
    assert again.categories.id.values() == list(range(len(kept)))
    assert problems(again) == []


def test_a_new_box_has_the_index_that_its_class_moved_up_to(tmp_path):
    dataset = labelled(tmp_path, "1 .5 .5 .1 .1\n2 .5 .5 .1 .1\n")
    kept = all_but(len(dataset.categories), [0])
    changed = with_new(dataset, 0, 0, 100, 80, label=1).keep(categories=kept)
    assert patched(dataset, changed)[FILE] == (
        b"0 .5 .5 .1 .1\n1 .5 .5 .1 .1\n0 0.500000 0.500000 1.000000 1.000000\n"
    )


def test_the_last_class_cannot_go(tmp_path):
    dataset = labelled(tmp_path, "")
    with pytest.raises(FixError, match="no class would be left"):
        patched(dataset, dataset.keep(categories=all_but(len(dataset.categories), np.arange(3))))


def test_the_index_of_a_class_stays(tmp_path):
    dataset = labelled(tmp_path, LINE)
    table = dataclasses.replace(dataset.categories, id=Ids.of([0, 1, 7]))
    with pytest.raises(FixError, match="its place in the list"):
        patched(dataset, dataclasses.replace(dataset, categories=table))
