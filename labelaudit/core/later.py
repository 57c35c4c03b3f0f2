"""Functions of modules that are imported when they are first called."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any


def later(module: str, name: str) -> Callable[..., Any]:  # Any: as the function named
    """A function of a module that is imported when it is first called.

    All formats are asked whether they recognise a path, and only one is then read; a table has
    methods that draw it, and few tables are drawn.

    >>> later("posixpath", "basename")("a/b.jpg")
    'b.jpg'
    """
    return partial(_called, module, name)  # unlike a function within, it can be pickled


def _called(module: str, name: str, *arguments: Any, **options: Any) -> Any:  # Any: see later
    return getattr(import_module(module), name)(*arguments, **options)
