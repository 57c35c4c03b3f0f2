"""The words of a command line that stand for options, in hints and in errors, as typed."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from labelaudit.core.shell import word


def option_words(*groups: Any) -> tuple[str, ...]:  # Any: dataclasses of options
    """What has to be typed for groups of options to be as they are, but for their defaults.

    >>> from labelaudit.cli.parameters import PartChoice
    >>> option_words(PartChoice(split="val", exclude=("a", "b")))
    ('--split', 'val', '--exclude', 'a', '--exclude', 'b')
    """
    words: list[str] = []
    for group in groups:
        for one in dataclasses.fields(group):
            value = getattr(group, one.name)
            if dataclasses.is_dataclass(value):
                words += option_words(value)
            elif value != one.default:
                words += _words(f"--{one.name.replace('_', '-')}", value)
    return tuple(words)


@contextmanager
def settings_as_options() -> Iterator[None]:
    """An error about a setting of the detector as one about the option that stands for it."""
    # Only here: whoever builds a detector has waited for this already.
    from labelaudit.detector.config import DetectorSettingError  # noqa: PLC0415

    try:
        yield
    except DetectorSettingError as error:
        raise error.called(f"--{error.setting.replace('_', '-')}") from error


def _words(name: str, value: Any) -> list[str]:  # Any: of an option
    if value is True:
        return [name]
    if not isinstance(value, tuple):
        return [name, word(value)]
    if all(isinstance(item, int) for item in value):  # a size, whose numbers stand together
        return [name, *map(str, value)]
    return [text for item in value for text in (name, word(item))]
