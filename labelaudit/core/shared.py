"""Properties that are worked out once, whoever asks first."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from threading import RLock
from typing import Any, Self, TypeVar, overload

Value_co = TypeVar("Value_co", covariant=True)


class shared(cached_property[Value_co]):  # noqa: N801  # used as `property` is
    """A property that is worked out once, also where several threads ask for it at once.

    Since Python 3.12 `cached_property` works it out in each of them. Properties ask for each other
    in one direction only, so that no two threads wait for each other.
    """

    def __init__(self, func: Callable[[Any], Value_co]) -> None:  # Any: whoever has the property
        super().__init__(func)
        self._one_at_a_time = RLock()

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type | None = None) -> Value_co: ...
    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """The property itself of a class; the value of an instance."""
        if instance is None:
            return self
        with self._one_at_a_time:
            return super().__get__(instance, owner)
