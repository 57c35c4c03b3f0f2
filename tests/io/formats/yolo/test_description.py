from __future__ import annotations

from pathlib import Path

import pytest

from labelaudit.dataset.tables import ProblemKind
from labelaudit.errors import FormatError
from labelaudit.io.formats.yolo.description import Description, described
from tests.io.formats.yolo_files import write


def said(folder: Path, text: str | bytes, name: str = "data.yaml") -> Description:
    return described(write(folder / name, text))


def names(description: Description) -> list[tuple[int, str]]:
    return [(one.index, one.name) for one in description.names]


def sources(description: Description) -> list[tuple[str, str]]:
    return [(source.split, source.path) for source in description.sources]


def notes(description: Description) -> list[tuple[ProblemKind, str, str]]:
    return [(note.kind, note.field, note.found) for note in description.problems]


@pytest.mark.parametrize(
    "text",
    [
        "names: [cat, traffic light]",
        "names:\n- cat\n- traffic light",
        "names:\n  - 'cat'\n  - \"traffic light\"",
        "names: {0: cat, 1: traffic light}",
        "names:\n  0: cat\n  1: traffic light",
        "names:\n  '0': cat\n  1: traffic light",
        "\ufeffnames: [cat, traffic light]",
        "nc: 2\nnames: ['cat', 'traffic light']",
        "NAMES: 1\nnames: &all [cat, traffic light]\nagain: *all",
    ],
)
def test_names_are_read_however_they_are_written(tmp_path, text):
    description = said(tmp_path, f"{text}\ntrain: images\n".replace("\r", ""))
    assert names(description) == [(0, "cat"), (1, "traffic light")]
    assert description.problems == []


def test_sources_are_folders_lists_and_several_of_them(tmp_path):
    text = "path: ../data\ntest: t.txt\nval:\ntrain: [images/a, 'images/b']\nvalidation: c\n"
    description = said(tmp_path, f"{text}names: [cat]\n")
    assert description.base == "../data"
    assert sources(description) == [
        ("train", "images/a"),
        ("train", "images/b"),
        ("val", "c"),
        ("test", "t.txt"),
    ]


@pytest.mark.parametrize("name", ["no", "Yes", "on", "true"])
def test_a_name_that_yaml_reads_as_a_truth_value_is_kept_and_noted(tmp_path, name):
    description = said(tmp_path, f"train: x\nnames: [{name}, '{name}']\n")
    assert names(description) == [(0, name), (1, name)]
    assert [(row, note.kind) for row, note in description.name_problems] == [
        (0, ProblemKind.WRONG_TYPE)
    ]


def test_numbers_are_names_too(tmp_path):
    assert names(said(tmp_path, "train: x\nnames: [0, 1.5]\n")) == [(0, "0"), (1, "1.5")]


def test_a_name_that_is_none_is_noted(tmp_path):
    description = said(tmp_path, "train: x\nnames: [cat, ~, [a, b]]\n")
    assert names(description) == [(0, "cat"), (1, ""), (2, "")]
    assert [(row, note.field, note.found) for row, note in description.name_problems] == [
        (1, "name", "~"),
        (2, "name", "[a, b]"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nc: 3\nnames: [a, b]", (ProblemKind.WRONG_TYPE, "nc", "3, but there are 2 names")),
        ("names: {0: a, 2: b}", (ProblemKind.MISSING_FIELD, "names[1]", "")),
        ("names: {0: a, 0: b}", (ProblemKind.DUPLICATE_KEY, "names[0]", "b")),
        ("names: {zero: a}", (ProblemKind.UNREADABLE_FIELD, "names", "zero: a")),
        ("names: {-1: a}", (ProblemKind.UNREADABLE_FIELD, "names", "-1: a")),
        ("names: person", (ProblemKind.UNREADABLE_FIELD, "names", "person")),
        ("names:", (ProblemKind.UNREADABLE_FIELD, "names", "")),
        ("nothing: 1", (ProblemKind.MISSING_FIELD, "names", "")),
        ("names: [a]\nnames: [b]", (ProblemKind.DUPLICATE_KEY, "names", "")),
        ("names: [a]\nval: {a: b}", (ProblemKind.UNREADABLE_FIELD, "val", "{a: b}")),
        ("names: [a]\nval: [[x], y]", (ProblemKind.UNREADABLE_FIELD, "val", "[[x], y]")),
        ("names: [a]\nkpt_shape: 17", (ProblemKind.UNREADABLE_FIELD, "kpt_shape", "17")),
        ("names: [a]\nkpt_shape: [17, 4]", (ProblemKind.UNREADABLE_FIELD, "kpt_shape", "[17, 4]")),
    ],
)
def test_what_a_trainer_stops_at_is_noted(tmp_path, text, expected):
    assert notes(said(tmp_path, f"train: images\n{text}\n")) == [expected]


def test_a_description_without_images_says_so(tmp_path):
    description = said(tmp_path, "names: [a]\n")
    assert notes(description) == [(ProblemKind.MISSING_FIELD, "train", "")]


def test_the_number_of_classes_may_stand_alone(tmp_path):
    description = said(tmp_path, "nc: 3\ntrain: images\n")
    assert description.count == 3
    assert description.problems == []


@pytest.mark.parametrize("text", ["[17, 3]", "[ 17, 3 ]", "\n- 17\n- 3"])
def test_the_shape_of_keypoints_is_read(tmp_path, text):
    description = said(tmp_path, f"train: x\nnames: [a]\nkpt_shape: {text}\n")
    assert description.keypoints == (17, 3)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("names: [a\ntrain: x\n", "data.yaml:2: not valid YAML"),
        ("\tnames: [a]\n", "data.yaml:1: not valid YAML"),
        ("names: [a]\n---\nnames: [b]\n", "not valid YAML"),
        ("names: \x00\n", "not valid YAML"),
        (b"\xff\xfen\0a\0m\0e\0s\0:\0", "not UTF-8 at byte 0"),
        (b"names: [caf\xe9]\n", "not UTF-8 at byte 11"),
        ("", "found none"),
        ("- a\n- b\n", "found none"),
        ("just words", "found none"),
        ("lr: 0.01\nepochs: 3\n", "found neither"),
        ("names: " + "[" * 100_000, "nested"),
        ("a: " + "{x: " * 100_000, "nested"),
        ("names: *nobody\n", "not valid YAML"),
    ],
)
def test_what_is_no_description_is_one_clear_line(tmp_path, text, words):
    with pytest.raises(FormatError, match=r"data\.yaml") as caught:
        said(tmp_path, text)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_as_large_as_no_description_is_refused(tmp_path):
    with pytest.raises(FormatError, match="more than 4 MB"):
        said(tmp_path, b"#" * ((4 << 20) + 1))
    with pytest.raises(FormatError, match="found none"):
        said(tmp_path, b"#" * (4 << 20))


def test_names_that_double_and_double_take_no_time(tmp_path):
    lines = ["l0: &l0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 10)]
    description = said(tmp_path, "\n".join([*lines, "names: *l9", "train: *l9", ""]))
    assert names(description) == [(index, "") for index in range(9)]


def test_a_list_that_holds_itself_is_only_odd(tmp_path):
    description = said(tmp_path, "train: x\nnames: &all [a, *all]\n")
    assert names(description) == [(0, "a"), (1, "")]


def test_tags_run_nothing(tmp_path):
    text = f"train: x\nnames: [!!python/object/apply:os.mkdir ['{tmp_path}/made'], b]\n"
    assert names(said(tmp_path, text)) == [(0, ""), (1, "b")]
    assert not (tmp_path / "made").exists()


def test_a_hundred_thousand_names_take_no_time(tmp_path):
    text = "train: x\nnames:\n" + "".join(f"  {n}: class {n}\n" for n in range(100_000))
    assert len(said(tmp_path, text).names) == 100_000


def test_a_darknet_file_names_lists_and_classes(tmp_path):
    write(tmp_path / "data" / "obj.names", "cat\ntraffic light\n\n")
    text = "classes = 2\r\ntrain  = data/train.txt\nvalid=data/test.txt\nnames = data/obj.names\n"
    description = said(tmp_path / "data", text, "obj.data")
    assert sources(description) == [("train", "data/train.txt"), ("val", "data/test.txt")]
    assert names(description) == [(0, "cat"), (1, "traffic light")]
    assert description.problems == []


def test_a_darknet_file_whose_names_are_lost_says_so(tmp_path):
    description = said(tmp_path, "train = t.txt\nnames = obj.names\n", "obj.data")
    assert notes(description) == [(ProblemKind.UNREADABLE_FIELD, "names", "no file obj.names")]


@pytest.mark.parametrize("key", ["valid", "val", "validation"])
def test_a_data_file_lists_images_for_validation_under_any_word(tmp_path, key):
    text = f"classes = 1\ntrain = data/train.txt\n{key} = data/{key}.txt\n"
    assert sources(said(tmp_path, text, "obj.data")) == [
        ("train", "data/train.txt"),
        ("val", f"data/{key}.txt"),
    ]


def test_paths_of_windows_in_double_quotes_are_read_and_said(tmp_path):
    text = 'path: "C:\\Users\\me"\ntrain: ["images\\mine"]\nnames: ["a cat", \'b\\c\'] # "x\\y"\n'
    description = said(tmp_path, text)
    assert description.base == "C:/Users/me"
    assert sources(description) == [("train", "images/mine")]
    assert names(description) == [(0, "a cat"), (1, "b\\c")]
    said_of_it = "in which a backslash begins an escape: trainers stop here; write / there"
    assert notes(description) == [
        (ProblemKind.WRONG_TYPE, "a text", f'"C:\\Users\\me", {said_of_it}')
    ]


def test_backslashes_that_yaml_takes_are_left_alone(tmp_path):
    description = said(tmp_path, "train: images\\a\nnames: [\"a\\tb\", 'c\\d']\n")
    assert sources(description) == [("train", "images\\a")]
    assert names(description) == [(0, "a\tb"), (1, "c\\d")]
    assert description.problems == []


def test_what_is_no_yaml_without_backslashes_either_is_said_as_it_is(tmp_path):
    with pytest.raises(FormatError, match=r"data\.yaml:1: not valid YAML"):
        said(tmp_path, 'train: "C:\\Users\\me"\nnames: [cat\n')
