"""Options of `labelaudit split`: what stays together, where images go, and what is written."""

# Annotations are read when this is imported; see `labelaudit.cli.parameters`.

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Group, Parameter
from cyclopts.types import NonNegativeInt

from labelaudit.errors import ConfigError
from labelaudit.io.targets import check_free

SPLITS = Group.create_ordered("Splits")
WRITING = Group.create_ordered("Writing")

GROUPS, FOLDER, RANDOM = "groups", "folder", "random"

DEFAULT_SHARES = "train=.8,val=.1,test=.1"

_NAME = re.compile(r"\w[\w.-]{0,99}")


@Parameter(name="*", group=SPLITS)
@dataclass(frozen=True)
class SplitChoice:
    """What stays together, and where it goes.

    Parameters
    ----------
    by:
        What stays together. groups: what shows the same (files of the same bytes, near duplicates,
        images of one scene, frames of one recording, versions of one picture). folder: that, and
        images of one folder. random: images alone. Or the name of a field of images or boxes, a
        patient or a camera say: what shows the same, and images of one value.
    pattern:
        Images whose names match this regular expression stay together, too, if its groups, or all
        that it matches, are the same: "(video[0-9]+)_".
    shares:
        The splits, and how much of everything each is to hold: train=.8,val=.1,test=.1 unless said.
    keep:
        A split that stays just as it is, test say. The others keep their images but for leaks; what
        would leak into it is set aside, in a split of its own. May be repeated.
    seed:
        Another one gives another split.
    """

    by: str = GROUPS
    pattern: str = ""
    shares: str = ""
    keep: tuple[str, ...] = ()
    seed: NonNegativeInt = 0

    def check(self) -> None:
        """Refuse what cannot be, before anybody waits for labels to be read."""
        if self.keep and self.shares:
            raise ConfigError("--keep leaves images where they are; --shares says where they go")
        _ = self.parsed_shares, self.parsed_pattern

    @property
    def parsed_shares(self) -> dict[str, float]:
        """How much of everything each split is to hold, by its name."""
        found: dict[str, float] = {}
        for part in (self.shares or DEFAULT_SHARES).split(","):
            name, equals, number = (word.strip() for word in part.partition("="))
            value = _number(number)
            if not equals or value is None:
                raise ConfigError(f"--shares: expected train=.8,val=.2, found {part!r}")
            if not _NAME.fullmatch(name):
                raise ConfigError(f"--shares: {name!r} cannot be the name of a file or folder")
            if name in found:
                raise ConfigError(f"--shares: {name} is named twice")
            found[name] = value
        if len(found) < 2:
            raise ConfigError("--shares: name two splits at least, as in train=.8,val=.2")
        return found

    @property
    def parsed_pattern(self) -> re.Pattern[str] | None:
        """What is looked for in names of images; None if nothing is."""
        try:
            return re.compile(self.pattern) if self.pattern else None
        except re.error as error:
            raise ConfigError(f"--pattern {self.pattern!r}: {error}") from error


def _number(text: str) -> float | None:
    """A share above 0; None of what is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 < value < float("inf") else None


@Parameter(name="*", group=WRITING)
@dataclass(frozen=True)
class SplitOutput:
    """What is written; nothing unless said.

    Parameters
    ----------
    output:
        Write the dataset with the new splits to this folder, which must not exist yet.
    to:
        The format to write, if it is to be another.
    in_place:
        Change the lists and files that say which image is in which split, where they are; no image
        and no label is moved. All or nothing, and labelaudit undo takes it back. Where a format
        cannot hold it, say where folders are the splits, it says so.
    table:
        Write a table of images, splits and groups to this file (CSV).
    copy_images:
        Copy the images instead of linking to them.
    overwrite:
        Replace what is there already.
    """

    output: Annotated[Path | None, Parameter(alias="-o")] = None
    to: str | None = None
    in_place: bool = False
    table: Annotated[Path | None, Parameter(name="--list")] = None
    copy_images: bool = False
    overwrite: bool = False

    def check(self) -> None:
        """Refuse places where nothing can be written, before anybody waits."""
        if (self.to or self.copy_images) and self.output is None:
            raise ConfigError("--to and --copy-images are about what is written; add --output")
        if self.in_place and self.output:
            raise ConfigError("--in-place and --output exclude each other")
        for path in filter(None, (self.output, self.table)):
            check_free(path, overwrite=self.overwrite)
