"""Registries: a folder of files, each of which adds one thing by name."""

from __future__ import annotations

import difflib
import importlib
import os
import pkgutil
import threading
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Generic, TypeVar

from labelaudit.core.entry_points import plugins
from labelaudit.errors import ConfigError, UnknownNameError

T = TypeVar("T")

MOST_CHOICES = 40
"""Names that an error lists; more are only counted. A choice."""


class Registry(Generic[T]):
    """Things by name, found by importing every module of a package once, on first use.

    Threads that ask while another one finds them wait until all are found. Other installed packages
    add theirs by an entry point in a group with the name of that package.

    Parameters
    ----------
    kind:
        what the things are called.
    package:
        the dotted name of the package.
    adding:
        what stands in every module of it that adds something: others are not imported for it.
    """

    def __init__(self, kind: str, package: str, adding: str = "") -> None:
        self.kind = kind
        self._package = package
        self._adding = adding.encode()
        self._items: dict[str, T] = {}
        self._scanned = self._scanning = False
        self._one_at_a_time = threading.RLock()

    def add(self, name: str, item: T) -> None:
        """Add `item` under `name`; a name is given once."""
        if name in self._items:
            raise ValueError(f"two {self.kind}s are called {name!r}")
        self._items[name] = item

    def __getitem__(self, name: str) -> T:
        self._scan()
        if name not in self._items:
            raise UnknownNameError(f"no {self.kind} is called {name!r}{instead(name, self)}")
        return self._items[name]

    def __iter__(self) -> Iterator[str]:
        self._scan()
        return iter(sorted(self._items))

    def __contains__(self, name: object) -> bool:
        self._scan()
        return name in self._items

    def __len__(self) -> int:
        self._scan()
        return len(self._items)

    def values(self) -> list[T]:
        """Everything in the registry, in the order of its names."""
        return [self._items[name] for name in self]

    def _scan(self) -> None:
        if self._scanned:
            return
        with self._one_at_a_time:
            if self._scanned or self._scanning:  # by another thread; by what is imported here
                return
            self._scanning = True
            try:
                self._scan_folder(importlib.import_module(self._package))
                self._load_plugins()
                self._scanned = True
            finally:
                self._scanning = False

    def _load_plugins(self) -> None:
        """Import what other installed packages add; one that cannot be loaded is never left out."""
        for entry in plugins(self._package):
            try:
                entry.load()
            except (ImportError, AttributeError, SyntaxError, ValueError, OSError) as error:
                raise ConfigError(
                    f"the installed {self.kind} {entry.name!r} cannot be loaded: {error}; mend or "
                    "remove the package that it comes from"
                ) from error

    def _scan_folder(self, package: ModuleType) -> None:
        """Import the modules of a package, and of its folders that add nothing themselves."""
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            if not module.ispkg and not self._may_add(package, module.name):
                continue
            before = len(self._items)
            found = importlib.import_module(module.name)
            if module.ispkg and len(self._items) == before:
                self._scan_folder(found)

    def _may_add(self, package: ModuleType, name: str) -> bool:
        """Whether a module of a package may add something, by its text; true if that is not there.

        Importing those that do not takes longer than reading all.
        """
        for folder in package.__path__ if self._adding else ():
            path = os.path.join(folder, f"{name.rpartition('.')[2]}.py")
            try:
                with open(path, "rb") as file:
                    return self._adding in file.read()
            except OSError:
                continue
        return True


def suggestion(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` for the nearest known name, or nothing.

    >>> suggestion("zero-aera", ["zero-area", "tiny-box"])
    "; did you mean 'zero-area'?"
    """
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def instead(name: str, known: Iterable[str], told: str = "") -> str:
    """What there is to choose from instead of a name that is not known, the nearest first.

    Parameters
    ----------
    name:
        that is not known.
    known:
        all that are.
    told:
        said instead of the names, where they are too many.

    >>> instead("yol", ["coco", "yolo"]), instead("x", ["coco", "voc"]), instead("x", [])
    ("; did you mean 'yolo'? There are coco, yolo", '; there are coco, voc', '; there is none')
    """
    names = list(known)
    if not names:
        return "; there is none"
    near, left = suggestion(name, names), len(names) - MOST_CHOICES
    if not told:
        told = ", ".join(names[:MOST_CHOICES]) + (f" and {left:,} more" if left > 0 else "")
    return f"{near} There are {told}" if near else f"; there are {told}"
