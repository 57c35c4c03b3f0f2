"""Class names that look like two spellings of one name, from the names alone.

A probe, of which no program is kept, looked at the class lists of COCO, VOC, LVIS (first synonyms),
Open Images, Objects365, ImageNet, ADE20K, DOTA, xView, VisDrone, KITTI, TT100K, Cityscapes and
TACO. Of these 3,813 names one pair is alike, ImageNet's `sunglass` and `sunglasses`,
but for `Likeness.NEAR`: of those there are 24, none of them in a list of fewer than 150 names.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

MOST = 30_000
"""Names of which each is compared with all others by its letters: the longest list that people
train with is ImageNet's, of 21,841 classes. A million would take 3 GB."""


class Likeness(StrEnum):
    """What alone tells one name from the other."""

    CASE = "case"
    SEPARATORS = "spaces, hyphens or underscores"
    LOOK_ALIKES = "letters that look the same"
    PLURAL = "number (one or many)"
    TYPO = "a slip of the pen"
    NEAR = "one letter"  # as many real words do: only its use can tell a typo


@dataclass(frozen=True)
class Alike:
    """Two names that may be one."""

    first: int  # place in the list of names
    second: int  # a later place
    likeness: Likeness


def alike(names: Sequence[str], used: Collection[int] | None = None) -> list[Alike]:
    """Pairs of different names that may be one, in their order; a chain of them joins all variants.

    Names of a single character are alike to nothing: `a` and `A` are two letters to be read. Of
    more than `MOST` names, those that differ by a letter are looked for among the used ones, and of
    more than `MOST` used ones not at all.

    Parameters
    ----------
    names:
        that are compared.
    used:
        places of those with boxes; None for all.

    >>> [pair.likeness.name for pair in alike(["traffic light", "Traffic_Light", "trafic light"])]
    ['SEPARATORS', 'TYPO']
    """
    written: dict[str, int] = {}  # place of the first of the names that differ in writing alone
    found: dict[tuple[int, int], Likeness] = {}
    for place, name in enumerate(names):
        fold = folded(name)
        before = written.setdefault(_squeezed(fold), place)
        if len(fold) > 1 and name != names[before]:
            found[before, place] = _writing(names[before], name)
    places = {folded(names[place]): place for place in written.values()}
    for one, other, likeness in itertools.chain(_plurals(places), _edits(_few(places, used))):
        first, second = sorted((places[one], places[other]))
        found.setdefault((first, second), likeness)
    return [Alike(*pair, likeness) for pair, likeness in sorted(found.items())]


def _few(places: Mapping[str, int], used: Collection[int] | None) -> list[str]:
    """The names of which typos are looked for, as `alike` says."""
    if len(places) <= MOST:
        return list(places)
    some = [name for name, place in places.items() if used is None or place in used]
    return some if len(some) <= MOST else []


def _writing(one: str, other: str) -> Likeness:
    """How two names of one fold differ."""
    if one.casefold() == other.casefold():
        return Likeness.CASE
    bare = [re.sub(r"[\W_]", "", name).casefold() for name in (one, other)]
    return Likeness.SEPARATORS if bare[0] == bare[1] else Likeness.LOOK_ALIKES


# Cyrillic and Greek letters that look like the Latin letter in the same place.
_LOOK_ALIKES = str.maketrans(
    "\u0430\u0441\u0435\u043e\u0440\u0445\u0443\u0456\u0458\u0455\u0501\u051b\u051d\u03bf\u03bd",
    "aceopxyijsdqwov",
)
_CAPITAL_LOOK_ALIKES = str.maketrans(
    "\u0410\u0412\u0421\u0415\u041d\u041a\u041c\u041e\u0420\u0422\u0425\u0423"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7",
    "ABCEHKMOPTXYABEZHIKMNOPTYX",
)
_DIGIT = re.compile(r"\d")
_SEPARATORS = re.compile(r"(?<=[^\W_])[\s_\-\u2010-\u2015]+(?=[^\W_])")


def folded(name: str) -> str:
    """`name` without what does not change its meaning: case, kind of separator, look-alike letters.

    >>> folded(" Traffic__Light"), folded("-1"), folded("1.5")
    ('traffic light', '-1', '1.5')
    """
    if name.isascii():  # which none of the letters below are: in a fifth of the time
        text = name.lower()
    else:
        text = unicodedata.normalize("NFKC", name)
        text = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
        text = text.translate(_CAPITAL_LOOK_ALIKES).casefold().translate(_LOOK_ALIKES)
    return _SEPARATORS.sub(" ", text).strip().strip("_")


def _squeezed(fold: str) -> str:
    """`fold` without spaces if it has no digit: `hot dog` is `hotdog`, but `1 11` is not `11 1`."""
    return fold if " " not in fold or _DIGIT.search(fold) else fold.replace(" ", "")


_IRREGULAR = {
    "child": "children", "foot": "feet", "goose": "geese", "man": "men", "mouse": "mice",
    "ox": "oxen", "tooth": "teeth", "woman": "women",
}  # fmt: skip
# Words that mean another thing than theirs without the ending.
_NO_PLURALS = frozenset((
    "arms", "boxers", "briefs", "clothes", "glasses", "goods", "news", "shorts", "slacks", "tights",
    "trunks", "woods",
))  # fmt: skip


def _plurals(folds: Collection[str]) -> Iterator[tuple[str, str, Likeness]]:
    """Pairs of which the second is the plural of the first, in the last word."""
    for fold in folds:
        before, space, last = fold.rpartition(" ")
        for plural in _plural_forms(last):
            if plural not in _NO_PLURALS and before + space + plural in folds:
                yield fold, before + space + plural, Likeness.PLURAL


def _plural_forms(word: str) -> list[str]:
    """What the plural of an English word may be; nothing for a word of one or two letters.

    >>> _plural_forms("knife"), _plural_forms("berry"), _plural_forms("11")
    (['knifes', 'knives'], ['berrys', 'berries'], [])
    """
    if len(word) < 3 or not word.isalpha():
        return []
    forms = [f"{word}s"] if not word.endswith("s") else []
    if word.endswith(("s", "x", "z", "ch", "sh", "o")):
        forms.append(f"{word}es")
    if word.endswith("y"):
        forms.append(f"{word[:-1]}ies")
    if word.endswith(("f", "fe")):
        forms.append(f"{word.removesuffix('e')[:-1]}ves")
    irregular = [one for one in _IRREGULAR if word.endswith(one)]
    forms += [word.removesuffix(one) + _IRREGULAR[one] for one in irregular]
    return forms


_SHORTEST = 5  # `cart` and `cat`, `bolt` and `boot` are different things
_LONGEST = 40  # the keys of a word take the square of its length
_SURE_DROPPED = 7  # shorter ones are often two words: `money` and `monkey`, `binder` and `blinder`
_SURE_REPLACED = 8  # likewise: `beaker` and `beaver`, `blender` and `blinder`
_SERIES = 4
"""So many names that differ in one letter are a series (`valve_east`, ...), not typos."""


def _edits(folds: Iterable[str]) -> Iterator[tuple[str, str, Likeness]]:
    """Pairs that differ in one word of letters, by one edit inside of it."""
    buckets: dict[tuple[str, ...], list[tuple[str, str]]] = defaultdict(list)
    for fold in folds:
        words = fold.split(" ")
        for at, word in enumerate(words):
            if _SHORTEST <= len(word) <= _LONGEST and word.isalpha():
                around = " ".join([*words[:at], "*", *words[at + 1 :]])
                for key in set(_edit_keys(word)):
                    buckets[around, *key].append((fold, word))
    for bucket in buckets.values():
        if len(bucket) < _SERIES:
            for (first, one), (second, other) in itertools.combinations(bucket, 2):
                likeness = _likeness(one, other)
                if likeness:
                    yield first, second, likeness


def _edit_keys(word: str) -> Iterator[tuple[str, ...]]:
    """Keys of which two words share one if one edit inside makes them equal."""
    yield "swapped", word[0] + "".join(sorted(word[1:-1])) + word[-1]
    yield "dropped", word
    for at in range(1, len(word) - 1):
        yield "dropped", word[:at] + word[at + 1 :]
        yield "replaced", word[:at], word[at + 1 :]


def _likeness(one: str, other: str) -> Likeness | None:
    """How two words with the same first and last letter are alike, if by one edit.

    First and last letters are left alone: there, another letter mostly makes another word (`boat`,
    `goat`; `crow`, `crown`; `typical`, `atypical`).

    >>> _likeness("umbrella", "umbrela"), _likeness("money", "monkey"), _likeness("bat", "boot")
    (<Likeness.TYPO: 'a slip of the pen'>, <Likeness.NEAR: 'one letter'>, None)
    """
    short, long = sorted((one, other), key=len)
    start = _shared(short, long)
    end = _shared(short[start:][::-1], long[start:][::-1])
    left, right = short[start : len(short) - end], long[start : len(long) - end]
    if not start or not end:
        return None
    if len(left) == len(right) > 1:
        swapped = left == right[-1] + right[1:-1] + right[0]
        return Likeness.TYPO if swapped else None
    if len(right) > 1:
        return None
    doubled = not left and right in (long[start - 1], long[start + 1])
    surest = doubled or len(short) >= (_SURE_REPLACED if left else _SURE_DROPPED)
    return Likeness.TYPO if surest else Likeness.NEAR


def _shared(one: str, other: str) -> int:
    """How many letters two words begin with alike."""
    pairs = zip(one, other, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
