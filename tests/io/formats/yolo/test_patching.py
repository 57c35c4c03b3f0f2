from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labelaudit.auditing.fixes.apply import apply, fixable
from labelaudit.auditing.run import audit
from labelaudit.core.columns import MISSING
from labelaudit.core.rows import all_but
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FixError
from labelaudit.io.formats.yolo.loading import load
from labelaudit.io.load import load as loaded_by_evidence
from labelaudit.io.save import save, save_in_place, undo
from tests.io.formats.yolo_files import (
    FILE,
    LINE,
    YAML,
    boxes,
    labelled,
    patched,
    problems,
    put,
    relabelled,
    renamed,
    with_boxes,
    with_new,
    write,
    written,
)

TEXT = "0 0.5 0.5 0.2 0.4\n1\t0.25  0.25 0.1 0.1 \n\n2 0.750000 0.750000 0.100000 0.100000\n"


def moved(dataset: Dataset, box: int, *corners: float) -> Dataset:
    xyxy = dataset.boxes.xyxy.copy()
    xyxy[box] = corners
    return with_boxes(dataset, xyxy=xyxy)


def test_nothing_changed_changes_nothing(tmp_path):
    dataset = labelled(tmp_path, TEXT)
    assert patched(dataset, dataset) == {}


def test_a_dropped_label_takes_its_line_along(tmp_path):
    dataset = labelled(tmp_path, TEXT)
    lines = TEXT.splitlines(keepends=True)
    assert patched(dataset, dataset.keep(boxes=all_but(len(dataset.boxes), np.array([1])))) == {
        FILE: "".join([lines[0], *lines[2:]]).encode()
    }


@pytest.mark.parametrize("text", [LINE * 2 + LINE.strip(), LINE * 3])
def test_the_last_label_can_go(tmp_path, text):
    dataset = labelled(tmp_path, text)
    assert patched(dataset, dataset.keep(boxes=all_but(len(dataset.boxes), np.array([2])))) == {
        FILE: (LINE * 2).encode()
    }


def test_all_labels_can_go(tmp_path):
    dataset = labelled(tmp_path, LINE * 3)
    assert patched(dataset, dataset.keep(boxes=all_but(len(dataset.boxes), np.arange(3)))) == {
        FILE: b""
    }


def test_a_moved_box_changes_only_the_numbers_that_differ(tmp_path):
    dataset = labelled(tmp_path, TEXT)
    # The same height and middle, 10 px further to the left.
    changed = moved(dataset, 1, *(dataset.boxes.xyxy[1] - [10, 0, 10, 0]).tolist())
    assert patched(dataset, changed) == {
        FILE: TEXT.replace("0.25  0.25", "0.150000  0.25").encode()
    }


def test_a_moved_box_has_as_many_decimals_as_before_and_six_at_least(tmp_path):
    dataset = labelled(tmp_path, "0 0.12345678 0.5 0.2 0.4\n")
    changed = moved(dataset, 0, 0, 0, 100, 80)
    assert patched(dataset, changed) == {FILE: b"0 0.50000000 0.5 1.00000000 1.00000000\n"}


@pytest.mark.parametrize(
    ("line", "decimals"),
    [
        ("0 0.5000 0.5000 0.2000 0.2000\n", 4),
        ("0 0.50 0.5 0.2 0.2\n", 6),
        ("0 0.5000000 0.5 0.2 0.2\n", 7),
    ],
)
def test_a_moved_box_has_as_many_decimals_as_its_line_if_these_are_fine_enough(
    tmp_path, line: str, decimals: int
):
    dataset = labelled(tmp_path, line)
    words = patched(dataset, moved(dataset, 0, 11, 12, 51, 77))[FILE].split()[1:]
    assert {len(word.partition(b".")[2]) for word in words} == {decimals}


def test_a_moved_box_stays_within_a_thousandth_of_a_pixel_in_a_huge_image(tmp_path):
    dataset = labelled(tmp_path, "0 0.5 0.5 0.2 0.2\n")
    size = dataclasses.replace(dataset.images, size=np.array([[50_000.0, 30_000.0]]))
    huge = dataclasses.replace(dataset, images=size)
    corners = [123.4567, 2345.6789, 34567.8901, 23456.7891]
    line = patched(huge, moved(huge, 0, *corners))[FILE].split()
    x, y, width, height = np.array(line[1:], np.float64) * [5e4, 3e4, 5e4, 3e4]
    read = [x - width / 2, y - height / 2, x + width / 2, y + height / 2]
    assert read == pytest.approx(corners, abs=0.001)


def test_a_relabelled_box_changes_only_its_class(tmp_path):
    dataset = labelled(tmp_path, TEXT)
    assert patched(dataset, relabelled(dataset, 1, 2)) == {
        FILE: TEXT.replace("1\t", "2\t").encode()
    }


def test_a_box_can_be_moved_and_relabelled_at_once(tmp_path):
    dataset = labelled(tmp_path, LINE)
    changed = relabelled(moved(dataset, 0, 0, 0, 100, 80), 0, 1)
    assert patched(dataset, changed) == {FILE: b"1 0.500000 0.500000 1.000000 1.000000\n"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (LINE, f"{LINE}1 0.500000 0.500000 1.000000 1.000000\n"),
        (LINE.strip(), f"{LINE}1 0.500000 0.500000 1.000000 1.000000\n"),
        ("\r\n", "\r\n1 0.500000 0.500000 1.000000 1.000000\r\n"),
        ("", "1 0.500000 0.500000 1.000000 1.000000\n"),
        (None, "1 0.500000 0.500000 1.000000 1.000000\n"),
    ],
)
def test_a_new_box_is_a_line_at_the_end(tmp_path, text, expected):
    dataset = load(put(tmp_path, {"train/a": text, "train/b": LINE}), ())
    assert patched(dataset, with_new(dataset, 0, 0, 100, 80)) == {FILE: expected.encode()}


def test_several_new_boxes_keep_their_order(tmp_path):
    dataset = labelled(tmp_path, LINE.strip())
    changed = with_new(with_new(dataset, 0, 0, 50, 40, label=2), 0, 0, 50, 40, label=0)
    lines = patched(dataset, changed)[FILE].decode().splitlines()
    assert [line.split()[0] for line in lines] == ["0", "2", "0"]


def test_a_new_box_after_the_last_line_went_needs_no_empty_line(tmp_path):
    dataset = labelled(tmp_path, LINE * 2 + LINE.strip())
    changed = with_new(dataset, 0, 0, 100, 80)
    changed = changed.keep(boxes=all_but(len(changed.boxes), [2]))
    new = "1 0.500000 0.500000 1.000000 1.000000\n"
    assert patched(dataset, changed) == {FILE: (LINE * 2 + new).encode()}


def test_a_new_box_among_polygons_is_a_polygon(tmp_path):
    dataset = labelled(tmp_path, "0 .1 .1 .3 .1 .3 .3\n")
    again = written(dataset, with_new(dataset, 10, 8, 30, 40), tmp_path)
    assert boxes(again)[1] == ("dog", 1, [10, 8, 30, 40])
    assert problems(again) == []


def test_the_newline_of_the_file_is_kept(tmp_path):
    text = (LINE * 2).replace("\n", "\r\n")
    dataset = labelled(tmp_path, text)
    assert patched(dataset, relabelled(dataset, 1, 1)) == {
        FILE: (text[: len(text) // 2] + "1" + text[len(text) // 2 + 1 :]).encode()
    }


def test_a_byte_order_mark_stays(tmp_path):
    dataset = labelled(tmp_path, "\ufeff" + LINE + LINE)
    mark = b"\xef\xbb\xbf"
    assert patched(dataset, relabelled(dataset, 0, 2)) == {
        FILE: mark + b"2" + LINE[1:].encode() + LINE.encode()
    }
    assert patched(dataset, dataset.keep(boxes=all_but(len(dataset.boxes), np.array([0])))) == {
        FILE: mark + LINE.encode()
    }


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("0.0 .5 .5 .1 .1", "2 .5 .5 .1 .1"),
        ("cat .5 .5 .1 .1", "2 .5 .5 .1 .1"),
        ("0,.5,.5,.1,.1", "2,.5,.5,.1,.1"),
        ("0 0,5 0,5 0,1 0,1", "2 0.5 0.5 0.1 0.1"),
        ("0\u00a0.5\u00a0.5\u00a0.1\u00a0.1", "2 .5 .5 .1 .1"),
        ("0 .5 .5 .1 .1 0.9", "2 .5 .5 .1 .1 0.9"),
        ("0 .1 .1 .3 .1 .3 .3", "2 .1 .1 .3 .1 .3 .3"),
    ],
)
def test_an_odd_line_can_be_relabelled(tmp_path, line, expected):
    dataset = labelled(tmp_path, f"{LINE}{line}\n")
    assert patched(dataset, relabelled(dataset, 1, 2))[FILE] == f"{LINE}{expected}\n".encode()


def test_a_class_written_as_a_float_is_written_as_it_should_be_once_that_is_solved(tmp_path):
    dataset = labelled(tmp_path, "1.0 .5 .5 .1 .1\n")
    solved = dataclasses.replace(dataset, problems=dataset.problems.rows(slice(0)))
    assert patched(dataset, solved) == {FILE: b"1 .5 .5 .1 .1\n"}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("[0, .5, .5, .1, .1]", "0 .5 .5 .1 .1"),
        ("0;0,5;0,5;0,1;0,1\t", "0 0.5 0.5 0.1 0.1"),
        ('"dog" ,.50,.5,.1,.1', "1 .50 .5 .1 .1"),
        ("Dog .5 .5  .1 .1", "1 .5 .5  .1 .1"),
        ("big bird .5 .5 .1 .1", "2 .5 .5 .1 .1"),
    ],
)
def test_a_line_is_written_as_it_should_be_by_a_safe_fix(tmp_path, line, expected):
    yaml = YAML.replace("bird", "big bird")
    put(tmp_path / "data", {"train/a": f"{LINE}{line}\r\n{LINE}"}, yaml=yaml)
    dataset = loaded_by_evidence(tmp_path / "data")
    findings = audit(dataset, select=["REF010"])
    assert len(fixable(findings)) == len(findings) > 0
    assert save(dataset, tmp_path / "same").patch is None
    saved = save(apply(dataset, findings).dataset, tmp_path / "clean")
    assert (saved.path / FILE).read_bytes() == f"{LINE}{expected}\r\n{LINE}".encode()
    assert not len(audit(loaded_by_evidence(saved.path), select=["REF010"]))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: moved(d, 1, 0, 0, 1, 1), r"labels/train/a\.txt:2: a polygon has no box"),
        (lambda d: moved(d, 0, 0, 0, 1, np.nan), r"a\.txt:1: a box must have finite"),
        (lambda d: relabelled(d, 0, MISSING), r"a\.txt:1: a YOLO label cannot be without"),
        (lambda d: with_boxes(d, crowd=[True, False]), r"a\.txt:1: .* cannot hold a new crowd"),
        (lambda d: with_boxes(d, area=[1, np.nan]), r"a\.txt:1: .* cannot hold a new area"),
        (lambda d: with_new(d, 0, 0, 1, 1, label=MISSING), r"a\.txt: new label: .* class"),
        (
            lambda d: d.keep(images=all_but(len(d.images), np.array([0]))),
            r"images/train/a\.png: in YOLO an image is",
        ),
    ],
)
def test_what_a_label_cannot_hold_is_refused_with_its_line(tmp_path, change, words):
    dataset = labelled(tmp_path, f"{LINE}0 .1 .1 .3 .1 .3 .3\n")
    with pytest.raises(FixError, match=words):
        patched(dataset, change(dataset))


def test_a_file_that_is_not_utf_8_is_refused(tmp_path):
    dataset = labelled(tmp_path, LINE.encode("utf-16"))
    with pytest.raises(FixError, match="not UTF-8"):
        patched(dataset, relabelled(dataset, 0, 1))


def test_a_file_that_lost_its_lines_is_refused(tmp_path):
    dataset = labelled(tmp_path, LINE * 3)
    write(tmp_path / FILE, LINE)
    with pytest.raises(FixError, match=r"a\.txt:3: not there"):
        patched(dataset, relabelled(dataset, 2, 1))
    write(tmp_path / FILE, "0 1\n" * 3)
    with pytest.raises(FixError, match=r"a\.txt:3: expected a label, found 2 words"):
        patched(dataset, relabelled(dataset, 2, 1))


def test_saving_without_changes_is_byte_for_byte_the_same(tmp_path):
    odd = b"\xef\xbb\xbf0 .5 .5 .1 .1\r\n\r\n x\n1.0,2\xff"
    put(tmp_path / "data", {"train/a": odd, "train/b": "", "train/c": None}, yaml="\ufeff" + YAML)
    dataset = dataclasses.replace(load(tmp_path / "data", ()), sources=(tmp_path / "data",))
    assert save(dataset, tmp_path / "clean").patch is None
    for name in ("data.yaml", "labels/train/a.txt", "labels/train/b.txt"):
        assert (tmp_path / "clean" / name).read_bytes() == (tmp_path / "data" / name).read_bytes()


def test_undo_gives_back_every_byte(tmp_path):
    put(tmp_path / "data", {"train/a": TEXT, "train/b": LINE.strip(), "train/c": None})
    dataset = dataclasses.replace(load(tmp_path / "data", ()), sources=(tmp_path / "data",))
    changed = with_new(renamed(relabelled(dataset, 0, 2), dog="hound"), 1, 2, 3, 4, image=2)
    save(changed, tmp_path / "clean")
    assert boxes(load(tmp_path / "clean", ()))[-1] == ("hound", 0, [1, 2, 3, 4])
    undo(tmp_path / "clean")
    for name in ("data.yaml", "labels/train/a.txt", "labels/train/b.txt"):
        assert (tmp_path / "clean" / name).read_bytes() == (tmp_path / "data" / name).read_bytes()
    assert not (tmp_path / "clean" / "labels" / "train" / "c.txt").exists()


def described_elsewhere(folder: Path) -> Dataset:
    put(folder / "data", {"train/a": LINE}, yaml=None)
    write(folder / "data" / "notes.md", "by hand")
    yaml = "path: ../data\ntrain: images/train\nnames: [cat, dog]\n"
    path = write(folder / "configs" / "data.yaml", yaml)
    return dataclasses.replace(load(path, ()), sources=(path,))


def test_labels_in_another_folder_than_their_description_are_saved_with_it(tmp_path):
    dataset = described_elsewhere(tmp_path)
    save(relabelled(dataset, 0, 1), tmp_path / "clean")
    assert (tmp_path / "clean" / FILE).read_text() == "1" + LINE[1:]
    assert (tmp_path / "clean" / "notes.md").read_text() == "by hand"
    yaml = (tmp_path / "clean" / "data.yaml").read_text()
    assert yaml == "path: \ntrain: images/train\nnames: [cat, dog]\n"
    assert (tmp_path / "data" / FILE).read_text() == LINE


def test_labels_in_another_folder_can_be_changed_in_place_and_back(tmp_path):
    dataset = described_elsewhere(tmp_path)
    save_in_place(relabelled(dataset, 0, 1))
    assert (tmp_path / "data" / FILE).read_text() == "1" + LINE[1:]
    undo(tmp_path / "data")
    assert (tmp_path / "data" / FILE).read_text() == LINE


def test_a_description_in_another_folder_is_changed_in_a_copy_alone(tmp_path):
    dataset = renamed(described_elsewhere(tmp_path), dog="hound")
    before = Path(dataset.sources[0]).read_text()
    with pytest.raises(FixError, match="scan its own folder, or write a copy"):
        save_in_place(dataset)
    save(dataset, tmp_path / "clean")
    yaml = "path: \ntrain: images/train\nnames: [cat, {}]\n"
    assert (tmp_path / "clean" / "data.yaml").read_text() == yaml.format("hound")
    assert Path(dataset.sources[0]).read_text() == before
    undo(tmp_path / "clean")
    assert (tmp_path / "clean" / "data.yaml").read_text() == yaml.format("dog")


EDGES = st.lists(st.floats(-20, 120), min_size=4, max_size=4)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.sampled_from([LINE, "1.0,.5,.5,.1,.1\n", "\n", "2 1e-3 .5 .1 .1\r\n"]), max_size=6),
    st.data(),
)
def test_what_is_saved_is_what_is_loaded(tmp_path, lines, data):
    dataset = labelled(tmp_path, "".join(lines))
    changed = dataset
    for box in range(len(dataset.boxes)):
        if data.draw(st.booleans()):
            changed = moved(changed, box, *data.draw(EDGES))
        if data.draw(st.booleans()):
            changed = relabelled(changed, box, data.draw(st.integers(0, 2)))
    gone = [box for box in range(len(dataset.boxes)) if data.draw(st.booleans())]
    changed = changed.keep(boxes=all_but(len(changed.boxes), np.array(gone, np.int64)))
    if data.draw(st.booleans()):
        changed = with_new(changed, *data.draw(EDGES))
    again = written(dataset, changed, tmp_path)
    assert again.boxes.label.tolist() == changed.boxes.label.tolist()
    np.testing.assert_allclose(again.boxes.xyxy, changed.boxes.xyxy, atol=0.001)
