"""What splits are for, as far as their names say: for training, validation or test."""

from __future__ import annotations

import re
from enum import StrEnum
from types import MappingProxyType


class SplitRole(StrEnum):
    """What the images of a split are for."""

    TRAIN = "train"
    VAL = "val"
    TEST = "test"


_WORDS = MappingProxyType(
    {
        SplitRole.TRAIN: ("train", "training"),
        SplitRole.VAL: ("val", "valid", "validation", "dev", "minival"),
        SplitRole.TEST: ("test", "testing", "eval", "evaluation", "holdout"),
    }
)
_OF_ALL = ("all", "full", "whole", "complete", "total")
_UNION = re.compile(r"(?:train|val|test){2,}")
_PART = re.compile(r"train|val|test")


def split_roles(name: str) -> frozenset[SplitRole]:
    """What a split is for, by the words in its name; none if they do not say.

    Of a path, the last part that says anything counts. A union has several roles, and what is
    called all has every one.

    >>> sorted(split_roles("instances_val2017")), sorted(split_roles("test/trainval"))
    ([<SplitRole.VAL: 'val'>], [<SplitRole.TRAIN: 'train'>, <SplitRole.VAL: 'val'>])
    """
    for part in reversed(re.split(r"[/\\]", name.lower())):
        roles = {role for word in re.findall(r"[^\W\d_]+", part) for role in _roles_of(word)}
        if roles:
            return frozenset(roles)
    return frozenset()


def _roles_of(word: str) -> tuple[SplitRole, ...]:
    if word in _OF_ALL:
        return tuple(SplitRole)
    if _UNION.fullmatch(word):
        return tuple(SplitRole(part) for part in _PART.findall(word))
    return tuple(role for role, words in _WORDS.items() if word in words)
