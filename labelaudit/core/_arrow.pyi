from collections.abc import Iterable
from typing import Any

def schema(type: tuple[Any, ...], /) -> object: ...  # noqa: A002
def stream(type: tuple[Any, ...], batches: Iterable[tuple[Any, ...]], /) -> object: ...  # noqa: A002
