from __future__ import annotations

import json
from typing import Any

import msgspec
import numpy as np
import pytest

from labelaudit.dataset.derived import DatasetColumns
from labelaudit.predictions import rows
from labelaudit.predictions.read import read_predictions
from labelaudit.predictions.rows import Row, columns_of, rows_in_parts
from labelaudit.testing import images

DATASET = images({"a.jpg": ["car 10 10 40 40"], "b.jpg": ["bus 5 5 60 60"]})


def made(count: int, **more: Any) -> list[dict[str, Any]]:
    """So many predictions, no two alike."""
    return [
        {
            "image_id": 1 + row % 2,
            "category_id": 1 + row % 2,
            "bbox": [row, 2.5, 30, 40],
            "score": 0.25,
            **more,
        }
        for row in range(count)
    ]


@pytest.mark.parametrize("part", [1, 90, 1000, 1 << 20])
@pytest.mark.parametrize("separators", [(",", ":"), (" ,\n ", ": ")])
def test_a_list_in_parts_is_the_list(part, separators, monkeypatch):
    content = f" \n{json.dumps(made(40), separators=separators)}\n".encode()
    whole = msgspec.json.decode(content, type=list[Row])
    monkeypatch.setattr(rows, "PART", part)
    parts = list(rows_in_parts(content))
    assert [row for some in parts for row in some] == whole
    assert (len(parts) == 1) == (part > len(content))


@pytest.mark.parametrize("content", [b"[]", b" [ ]\n"])
def test_a_list_of_nothing_is_one_part_without_rows(content):
    assert list(rows_in_parts(content)) == [[]]
    assert len(columns_of(rows_in_parts(content))) == 0


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"]",
        b"{}",
        b'{"a":[]}',
        b"[],",
        b"x[]",
        b"[{},]",
        b"[,{}]",
        b"[{}",
        b'[{"image_id":1}]',
        b"[[]]",
        b"[] []",
    ],
)
@pytest.mark.parametrize("part", [1, 1 << 20])
def test_what_is_no_list_of_rows_is_an_error_in_parts_too(content, part, monkeypatch):
    monkeypatch.setattr(rows, "PART", part)
    with pytest.raises(msgspec.MsgspecError):
        list(rows_in_parts(content))


@pytest.mark.parametrize(
    "more",
    [
        {"parts": [{"a": 1}, {"b": 2}]},
        {"caption": "a brace }, { in a text"},
        {"caption": "[]"},
        {"score": float("nan")},
        {"scores": [0.75, 0.25]},
        {"bbox": ["1", "2", "30", "40"]},
    ],
)
@pytest.mark.parametrize("part", [1, 300])
def test_whatever_stands_in_rows_predictions_are_the_same_in_parts(
    more, part, monkeypatch, tmp_path
):
    path = tmp_path / "results.json"
    path.write_text(json.dumps([*made(20), *made(3, **more), *made(20)[10:]]))
    derived = DatasetColumns(DATASET)
    whole = read_predictions(path, derived)
    monkeypatch.setattr(rows, "PART", part)
    parts = read_predictions(path, derived)
    assert parts.notes == whole.notes
    for name, values in vars(whole.predictions).items():
        np.testing.assert_array_equal(getattr(parts.predictions, name), values)


def test_vectors_count_where_all_parts_have_some_of_one_length():
    def row(*numbers: float) -> Row:
        return Row(1, 1, (0, 0, 1, 1), 0.5, scores=list(numbers) or None)

    three, two, none = [row(0.25, 0.25, 0.5)], [row(0.5, 0.5)], [row()]
    vectors = columns_of([three, [], three]).class_scores
    assert vectors is not None
    assert vectors.tolist() == [[0.25, 0.25, 0.5]] * 2
    for parts in ([three, two], [three, none], [none, three], [[*three, *two]], []):
        assert columns_of(parts).class_scores is None


def test_equal_ids_are_one_object_and_stay_what_they_are():
    ids = [300_000, 1.0, 1, 1.0, "1", None, int("300000")]
    found = columns_of([[Row(one, one, (0, 0, 1, 1))] for one in ids])
    for column in (found.image_id, found.category_id):
        assert [(type(one), one) for one in column] == [(type(one), one) for one in ids]
        assert column[0] is column[-1]
    assert np.isnan(found.score).all()
