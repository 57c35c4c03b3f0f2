"""Values of objects that are not written as their format has them, and are understood and noted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from labelaudit.dataset.tables import ProblemKind, RecordType
from labelaudit.io.formats.problems import FieldProblem
from labelaudit.io.formats.values import shown, with_numbers

if TYPE_CHECKING:
    from labelaudit.io.formats.builder import DatasetBuilder


def listed(
    built: DatasetBuilder, name: str, value: Any, *, file: int, record: int
) -> Any:  # Any: whatever stands there
    """A field of the object that is taken in next, with numbers for texts; that is noted.

    Parameters
    ----------
    built:
        what the object is taken into.
    name:
        of the field.
    value:
        what stands there, lists of numbers perhaps.
    file:
        the row of its file.
    record:
        its position there.
    """
    understood = with_numbers(value)
    if understood != value:
        odd_writing(built, name, value, file=file, record=record)
    return understood


def odd_writing(
    built: DatasetBuilder,
    name: str,
    value: Any,  # Any: whatever stands there
    *,
    file: int,
    record: int,
    kind: ProblemKind = ProblemKind.WRONG_TYPE,
) -> None:
    """Note a field of the object that is taken in next that was understood all the same.

    Parameters
    ----------
    built:
        what the object is taken into.
    name:
        of the field.
    value:
        what stands there; text is shown with quotation marks unless it says what was left over.
    file:
        the row of its file.
    record:
        its position there.
    kind:
        in what way it is odd.
    """
    quoted = isinstance(value, str) and kind is ProblemKind.WRONG_TYPE
    found = shown(json.dumps(value, ensure_ascii=False) if quoted else value)
    what = FieldProblem(kind, name, found)
    built.problems.note(RecordType.BOX, what, file=file, record=record, row=built.next_box)
