import numpy as np
import pytest

from labelaudit.core.table_builder import TableBuilder
from labelaudit.dataset.tables import Headers


def headers(start: int, count: int) -> Headers:
    return Headers.of(count, orientation=np.arange(start, start + count) % 8)


@pytest.mark.parametrize("more", [0.0, 1.0, 50.0, 1e6])
def test_a_stack_holds_what_was_put_on_it_however_much_was_expected(more):
    stack = TableBuilder(Headers)
    for start in range(0, 3000, 500):
        stack.add(headers(start, 500), more=more)
    assert len(stack) == 3000
    assert stack.table().orientation.tolist() == (np.arange(3000) % 8).tolist()


def test_a_stack_with_room_for_what_is_to_come_is_not_copied():
    stack = TableBuilder(Headers)
    stack.add(headers(0, 2000), more=8000.0)
    first = stack.table().orientation
    for start in range(2000, 10_000, 2000):
        stack.add(headers(start, 2000))
    assert np.shares_memory(first, stack.table().orientation)
