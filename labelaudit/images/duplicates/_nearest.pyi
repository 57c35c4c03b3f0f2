from typing import Any

from numpy.typing import NDArray

Numbers = NDArray[Any]

def cells(vectors: Numbers, centres: Numbers, less: Numbers, count: int, /) -> bytes: ...
def alike(
    vectors: Numbers,
    described: Numbers,
    start: Numbers,
    cells: Numbers,
    first: int,
    last: int,
    shortlist: int,
    nearest: int,
    least: int,
    /,
) -> bytes: ...
