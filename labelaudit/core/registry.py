"""Registries: a folder of files, each of which adds one thing by name."""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from labelaudit.core.declarations import Declaration, declarations
from labelaudit.core.entry_points import plugins
from labelaudit.errors import ConfigError, UnknownNameError

T = TypeVar("T")

MOST_CHOICES = 40
"""Names that an error lists; more are only counted. A choice."""


class Registry(Generic[T]):
    """Things by name, each in a module of a package, which is imported when the thing is wanted.

    What there is, is read from the texts of the modules once, on first use; where a text does not
    say it plainly, its module is imported then. Threads that ask meanwhile wait until all is found.
    Other installed packages add theirs by an entry point in a group with the name of that package.

    Parameters
    ----------
    kind:
        what the things are called.
    package:
        the dotted name of the package.
    adding:
        how each module begins what adds a thing, `FORMATS.add(` or `@rule(`: modules without it add
        nothing, and those in which it starts a line and a name follows, that name.
    """

    def __init__(self, kind: str, package: str, adding: str = "") -> None:
        self.kind = kind
        self._package = package
        self._adding = adding
        self._items: dict[str, T] = {}
        self._declared: dict[str, Declaration] = {}
        self._scanned = self._scanning = False
        self._one_at_a_time = threading.RLock()

    def add(self, name: str, item: T) -> None:
        """Add `item` under `name`; a name is given once."""
        declared = self._declared.get(name)
        if name in self._items or (declared and declared.module not in sys.modules):
            raise ValueError(f"two {self.kind}s are called {name!r}")
        self._items[name] = item

    def __getitem__(self, name: str) -> T:
        self._scan()
        if name not in self._items and name in self._declared:
            importlib.import_module(self._declared[name].module)
        if name not in self._items:
            raise UnknownNameError(f"no {self.kind} is called {name!r}{instead(name, self)}")
        return self._items[name]

    def __iter__(self) -> Iterator[str]:
        self._scan()
        return iter(sorted(self._items.keys() | self._declared.keys()))

    def __contains__(self, name: object) -> bool:
        self._scan()
        return name in self._items or name in self._declared

    def __len__(self) -> int:
        self._scan()
        return len(self._items.keys() | self._declared.keys())

    def values(self) -> list[T]:
        """Everything in the registry, in the order of its names."""
        return [self[name] for name in self]

    def said(self, name: str) -> Mapping[str, Any] | None:  # Any: literals, see `Declaration.said`
        """What the text of its module says of a thing; None if it is at hand or has to be asked.

        See `Declaration.said`. So a choice among hundreds of things imports only the chosen ones.
        """
        self._scan()
        if name in self._items or name not in self._declared:
            return None
        return self._declared[name].said

    def _scan(self) -> None:
        if self._scanned:
            return
        with self._one_at_a_time:
            if self._scanned or self._scanning:  # by another thread; by what is imported here
                return
            self._scanning = True
            try:
                package = importlib.import_module(self._package)
                self._scan_folders(package.__path__, self._package)
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

    def _scan_folders(self, folders: Iterable[str], package: str) -> None:
        """Find what the modules of a package add, and those of its folders that add nothing."""
        for module in pkgutil.iter_modules(folders, f"{package}."):
            found = self._declared_in(folders, module.name, is_folder=module.ispkg)
            if found is None:
                before = len(self._items)
                inside = importlib.import_module(module.name)
                if module.ispkg and len(self._items) == before:
                    self._scan_folders(inside.__path__, module.name)
            elif found:
                self._declare(found)
            elif module.ispkg:
                last = module.name.rpartition(".")[2]
                self._scan_folders([os.path.join(folder, last) for folder in folders], module.name)

    def _declare(self, found: Mapping[str, Declaration]) -> None:
        """Keep what a module declares; a name that another one has given is refused."""
        for name, one in found.items():
            taken = name in self._items and one.module not in sys.modules
            if taken or self._declared.get(name, one).module != one.module:
                raise ValueError(f"two {self.kind}s are called {name!r}")
            self._declared[name] = one

    def _declared_in(
        self, folders: Iterable[str], module: str, *, is_folder: bool
    ) -> Mapping[str, Declaration] | None:
        """What a module of some folders adds, by its text; None if that does not say.

        Importing a module takes longer than reading thirty.
        """
        place = [module.rpartition(".")[2], *(["__init__"] if is_folder else [])]
        for folder in folders if self._adding else ():
            try:
                with open(f"{os.path.join(folder, *place)}.py", encoding="utf-8") as file:
                    return declarations(file.read(), self._adding, module)
            except (OSError, UnicodeDecodeError):
                continue
        return None


def suggestion(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` for the nearest known name, or nothing.

    >>> suggestion("zero-aera", ["zero-area", "tiny-box"])
    "; did you mean 'zero-area'?"
    """
    import difflib  # noqa: PLC0415  # only who mistypes needs it

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
