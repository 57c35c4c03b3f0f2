"""What public functions are given: one sentence that says what to call where it is another thing.

The classes of what is often mistaken for a dataset stand in rooms above this one, so that things
are known by what they have: a `dataset` for what is about one, `findings` for what holds some.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from numbers import Real
from pathlib import Path
from typing import Any

from labelaudit.dataset.tables import Dataset
from labelaudit.errors import ArgumentError

LONGEST = 40
"""Characters of a text that is shown in an error; a choice."""


def check_dataset(given: object, call: str) -> None:
    """Raise `ArgumentError` unless what is given to `call`, `audit()` say, is a dataset.

    >>> from labelaudit.errors import ArgumentError
    >>> try:
    ...     check_dataset("x.json", "audit()")
    ... except ArgumentError as error:
    ...     print(error)
    audit() takes a Dataset; labelaudit.load('x.json') gives one
    """
    if isinstance(given, Dataset):
        return
    takes = f"{call} takes a Dataset"
    if _is_path(given) or (isinstance(given, list | tuple) and given and all(map(_is_path, given))):
        raise ArgumentError(f"{takes}; labelaudit.load({_shown(given)}) gives one")
    if isinstance(given, Mapping) and "annotations" in given:
        raise ArgumentError(f"{takes}; labelaudit.load(dictionary) makes one of a COCO dictionary")
    if isinstance(given, list | tuple) and any(isinstance(one, Dataset) for one in given):
        raise ArgumentError(
            f"{takes}, one at a time; labelaudit.load([path, path]) reads several paths as one"
        )
    takes = f"{takes}, not {kind_of(given)}"
    if isinstance(getattr(given, "dataset", None), Dataset):
        raise ArgumentError(f"{takes}; its `.dataset` is one")
    raise ArgumentError(f"{takes}; labelaudit.load(path) gives one")


def check_kind(given: object, kind: type[Any], call: str, remedy: str) -> None:
    """Raise `ArgumentError` unless what is given is of a kind.

    Parameters
    ----------
    given:
        to a function.
    kind:
        that it takes.
    call:
        how it is called: `apply(), after the dataset,`.
    remedy:
        what gives one, a part of a sentence.
    """
    if not isinstance(given, kind):
        raise ArgumentError(f"{call} takes {_with_article(kind)}, not {kind_of(given)}; {remedy}")


def check_taken(taken: bool, given: object, call: str, takes: str) -> None:
    """Raise `ArgumentError` unless what is given is taken.

    Parameters
    ----------
    taken:
        whether it is.
    given:
        to a function.
    call:
        how it is called: `warnings_share=`.
    takes:
        what it takes, with what to call: `a number, 0.5 say`.
    """
    if not taken:
        raise ArgumentError(f"{call} takes {takes}, not {kind_of(given)}")


def is_number(given: object) -> bool:
    """Whether something is a number that can be compared: no text, and no truth value.

    >>> is_number(0.5), is_number(3), is_number("0.5"), is_number(True)
    (True, True, False, False)
    """
    return isinstance(given, Real) and not isinstance(given, bool)


def file_path(given: object, call: str, takes: str) -> Path:
    """A path that is given; raises `ArgumentError` as `check_taken` does.

    Parameters
    ----------
    given, call, takes:
        see `check_taken`.
    """
    check_taken(_is_path(given), given, call, takes)
    return Path(os.fspath(given))  # type: ignore[call-overload]  # which was just asked


def one_or_several(given: str | Iterable[str], name: str, known: str) -> tuple[str, ...]:
    """Texts of which one may stand alone; one may hold several with commas between them.

    Parameters
    ----------
    given:
        the text or the texts.
    name:
        of the argument.
    known:
        what it takes, for the error: `codes or names of rules`.

    >>> one_or_several("GEO, DUP001", "select", "rules"), one_or_several(["GEO"], "select", "rules")
    (('GEO', 'DUP001'), ('GEO',))
    """
    if isinstance(given, str):
        return tuple(part.strip() for part in given.split(",") if part.strip())
    texts = tuple(given) if isinstance(given, Iterable) else (given,)
    wrong = [one for one in texts if not isinstance(one, str)]
    if wrong:
        raise ArgumentError(f"{name} takes {known}, a text or several, not {kind_of(wrong[0])}")
    return texts


def each(names: str | Iterable[str]) -> tuple[str, ...]:
    """Names of which one may stand alone; a name may hold a comma.

    >>> each("traffic light, red"), each(["car", "bus"])
    (('traffic light, red',), ('car', 'bus'))
    """
    return (names,) if isinstance(names, str) else tuple(names)


def kind_of(given: object) -> str:
    """What something is, as a person would say it.

    >>> kind_of(None), kind_of([1]), kind_of(Dataset), kind_of("car")
    ('None', 'a list', 'the class Dataset', "the text 'car'")
    """
    if given is None:
        return "None"
    if isinstance(given, str):
        return f"the text {_shown(given)}"
    if isinstance(given, type):
        return f"the class {given.__name__}"
    return _with_article(type(given))


def _with_article(kind: type[Any]) -> str:
    name = {"str": "text", "int": "whole number", "dict": "dictionary"}.get(
        kind.__name__, kind.__name__
    )
    if name == Dataset.__name__ and kind is not Dataset:
        return f"a {kind.__module__}.{name}"
    if name in ("Findings", "Options"):
        return name
    return f"{'an' if name[0] in 'AEIOaeio' else 'a'} {name}"


def _is_path(given: object) -> bool:
    return isinstance(given, str | os.PathLike)


def _shown(given: Any) -> str:  # Any: a text, a path or several
    """As it would be written in a call; the beginning of what is long.

    >>> _shown(["a.json", "b.json"])
    "['a.json', 'b.json']"
    """
    plain = os.fspath(given) if _is_path(given) else [os.fspath(one) for one in given]
    text = repr(plain)
    return text if len(text) <= LONGEST else _several(plain)


def _several(plain: Collection[str]) -> str:
    return "path" if isinstance(plain, str | bytes) else "paths"
