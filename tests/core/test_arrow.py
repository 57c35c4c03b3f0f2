"""What is exported by Arrow's C interface is read by another program, and released once."""

from __future__ import annotations

import ctypes
import gc
import weakref
from collections.abc import Iterator

import numpy as np
import pytest

from labelaudit.core import arrow
from labelaudit.core.arrow import (
    ArrowColumn,
    float_column,
    int_column,
    schema_capsule,
    stream_capsule,
    table_of,
    text_column,
    vector_column,
    word_column,
)
from labelaudit.errors import ConfigError

pyarrow = pytest.importorskip("pyarrow")

needs_compiled = pytest.mark.skipif(arrow._exported is None, reason="not compiled")


class Schema(ctypes.Structure):
    """ArrowSchema, as the specification has it; written down a second time."""


class Stream(ctypes.Structure):
    """ArrowArrayStream."""


Release = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
Schema._fields_ = [
    *[(name, ctypes.c_char_p) for name in ("format", "name", "metadata")],
    *[(name, ctypes.c_int64) for name in ("flags", "n_children")],
    *[(name, ctypes.c_void_p) for name in ("children", "dictionary")],
    ("release", Release),
    ("private_data", ctypes.c_void_p),
]
Stream._fields_ = [
    *[(name, ctypes.c_void_p) for name in ("get_schema", "get_next", "get_last_error")],
    ("release", Release),
    ("private_data", ctypes.c_void_p),
]


class Table:
    """What has columns and counts how often it was asked for a batch."""

    def __init__(self, *batches: ArrowColumn) -> None:
        self.batches = batches
        self.asked = 0

    def __arrow_c_schema__(self) -> object:
        return schema_capsule(self.batches[0])

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return stream_capsule(self.batches[0], self._each())

    def _each(self) -> Iterator[ArrowColumn]:
        for batch in self.batches:
            self.asked += 1
            yield batch


def of_all_kinds() -> ArrowColumn:
    there = np.array([True, False, True])
    return table_of(
        {
            "text": text_column(["a", None, "ü\ud800"]),
            "number": float_column(np.array([1.5, np.nan, np.inf])),
            "row": int_column(np.array([3, -1, 7], np.int32), there),
            "corners": vector_column(np.array([[1.0, 2], [0, 0], [3, np.nan]]), there),
            "word": word_column(np.array([1, -1, 0], np.int32), ["car", "bus"]),
        }
    )


def pointer(capsule: object, name: bytes, kind: type[ctypes.Structure]) -> ctypes.Structure:
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return kind.from_address(get(capsule, name))


@needs_compiled
def test_another_program_reads_every_kind_of_column_and_what_is_not_there():
    table = pyarrow.table(Table(of_all_kinds()))
    table.validate(full=True)
    assert table.to_pydict() == {
        "text": ["a", None, "ü\\ud800"],
        "number": [1.5, None, float("inf")],
        "row": [3, None, 7],
        "corners": [[1.0, 2.0], None, [3.0, pytest.approx(float("nan"), nan_ok=True)]],
        "word": ["bus", None, "car"],
    }
    assert str(table.schema.field("corners").type) == "fixed_size_list<item: double>[2]"
    assert pyarrow.types.is_dictionary(table.schema.field("word").type)


@needs_compiled
def test_an_empty_batch_has_its_columns():
    nothing = np.empty(0, np.int32)
    empty = table_of({"text": text_column([]), "word": word_column(nothing, [])})
    table = pyarrow.table(Table(empty))
    assert (table.num_rows, table.column_names) == (0, ["text", "word"])


@needs_compiled
def test_a_batch_is_made_when_it_is_asked_for():
    table = Table(*[table_of({"text": text_column([str(row)])}) for row in range(3)])
    reader = pyarrow.RecordBatchReader.from_stream(table)
    assert table.asked == 0
    assert reader.read_next_batch()["text"].to_pylist() == ["0"]
    assert table.asked == 1
    assert reader.read_all()["text"].to_pylist() == ["1", "2"]


@needs_compiled
def test_what_is_exported_is_let_go_of_when_its_reader_is():
    values = np.arange(3.0)
    column = table_of({"number": float_column(values)})
    held = weakref.ref(column.children["number"].buffers[1])
    table = pyarrow.table(Table(column))
    del column, values
    gc.collect()
    assert table["number"].to_pylist() == [0, 1, 2]  # its memory is still there
    assert held() is not None
    del table
    gc.collect()
    assert held() is None


@needs_compiled
def test_a_stream_that_nobody_reads_is_released_with_its_capsule():
    batches = Table(of_all_kinds())._each()
    held = weakref.ref(batches)
    capsule = arrow._exported.stream(of_all_kinds().type(), batches)
    del batches
    gc.collect()
    assert held() is not None
    del capsule
    assert held() is None


@needs_compiled
def test_who_takes_a_struct_over_releases_it_and_its_capsule_does_not_again():
    table = Table(of_all_kinds())
    for name, capsule, kind in (
        (b"arrow_schema", table.__arrow_c_schema__(), Schema),
        (b"arrow_array_stream", table.__arrow_c_stream__(), Stream),
    ):
        there = pointer(capsule, name, kind)
        moved = kind.from_buffer_copy(there)
        there.release = Release()  # as the specification wants of who moves it
        del capsule
        gc.collect()
        moved.release(ctypes.addressof(moved))
        assert not moved.release  # released: nobody does it again


@needs_compiled
def test_a_thousand_exports_leave_nothing_behind():
    batch = of_all_kinds()
    pyarrow.table(Table(batch))
    before = pyarrow.total_allocated_bytes(), len(gc.get_objects())
    for _ in range(1000):
        table = Table(batch)
        pyarrow.table(table)
        table.__arrow_c_schema__()
        table.__arrow_c_stream__()
    del table
    gc.collect()
    assert pyarrow.total_allocated_bytes() == before[0]
    assert abs(len(gc.get_objects()) - before[1]) < 100


@needs_compiled
def test_what_goes_wrong_in_a_batch_is_said_by_its_reader():
    class Failing(Table):
        def _each(self) -> Iterator[ArrowColumn]:
            yield self.batches[0]
            raise ValueError("no room für more")

    reader = pyarrow.RecordBatchReader.from_stream(Failing(of_all_kinds()))
    reader.read_next_batch()
    with pytest.raises(Exception, match="no room für more"):
        reader.read_next_batch()


@needs_compiled
def test_an_exception_on_its_way_is_not_lost_when_a_table_is_let_go_of():
    def broken(table: object) -> int:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        # The list that C holds is let go of while the exception is on its way.
        sorted([pyarrow.table(Table(of_all_kinds()))], key=broken)


@needs_compiled
@pytest.mark.parametrize("wrong", [(), ("u", "x"), ("u", "x", 0, [], None), ("u", 3, 0, (), None)])
def test_a_type_that_is_none_is_refused(wrong):
    with pytest.raises(TypeError):
        arrow._exported.schema(wrong)


def test_without_the_compiled_part_the_error_says_what_to_do(monkeypatch):
    monkeypatch.setattr(arrow, "_exported", None)
    with pytest.raises(ConfigError, match=r"C compiler, or make a table of list\(findings\)"):
        schema_capsule(of_all_kinds())
