"""Words for people, from what a file says and from numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal


def plain(text: str) -> str:
    r"""`text` with all that is not printable written as its escape.

    That is every control character, so that no name in a file can colour the terminal, move its
    cursor or turn its lines around, and every invisible one, so that names that look alike differ.

    >>> print(plain("car\x1b[31m \u202eRAC\xa0"))
    car\x1b[31m \u202eRAC\xa0
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def disarmed(text: str) -> str:
    r"""`text` in which no line is a command of a pipeline that reads its log.

    GitHub obeys lines that begin with `::` and whatever has `##[` in it, Azure `##vso[`: a name in
    a file would be an annotation, or hide the lines behind it. One character of these is written as
    its escape.

    >>> print(disarmed("::error::x\na ##[group]b"))
    \x3a:error::x
    a #\x23[group]b
    """
    if "::" not in text and "##" not in text:
        return text
    return _LOG_COMMAND.sub(_escaped, text)


_LOG_COMMAND = re.compile(r"(?m)^([^\S\n]*):(?=:)|##(?=\w*\[)")


def _escaped(found: re.Match[str]) -> str:
    return "#\\x23" if found[1] is None else rf"{found[1]}\x3a"


def either(words: Iterable[str]) -> str:
    """Words of which one is to be chosen.

    >>> either(["coco", "voc", "yolo"]), either(["coco"])
    ('coco, voc or yolo', 'coco')
    """
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last


def has_or_have(count: int) -> str:
    """The verb of so many.

    >>> f"1 of 3 boxes {has_or_have(1)}, 2 of 3 {has_or_have(2)}, 0 of 3 {has_or_have(0)}"
    '1 of 3 boxes has, 2 of 3 have, 0 of 3 have'
    """
    return "has" if count == 1 else "have"


def counted(count: int, thing: str, things: str = "") -> str:
    """A number with its thing: `1 box`, `2,152 boxes`.

    Parameters
    ----------
    count:
        how many.
    thing, things:
        one of them, and several; `thing` with an s if absent.

    Examples
    --------
    >>> counted(1, "box", "boxes"), counted(2152, "box", "boxes"), counted(0, "image")
    ('1 box', '2,152 boxes', '0 images')
    """
    return f"{count:,} {thing if count == 1 else things or thing + 's'}"


def part_of(part: int, whole: int, thing: str, things: str = "") -> str:
    """So many of all things: `3 of 5 boxes`, `1 of 5 boxes`, `the only box`.

    Parameters
    ----------
    part, whole:
        how many, and of how many.
    thing, things:
        one of them, and several; `thing` with an s if absent.

    Examples
    --------
    >>> part_of(1, 1, "image"), part_of(1, 2152, "box", "boxes"), part_of(0, 1, "image")
    ('the only image', '1 of 2,152 boxes', '0 of 1 image')
    """
    if part == whole == 1:
        return f"the only {thing}"
    return f"{part:,} of {counted(whole, thing, things)}"


def agreeing(count: int, words: str) -> str:
    """What several things do, as so many do it: `do not fit their images`.

    Parameters
    ----------
    count:
        how many.
    words:
        a verb in the plural, and what follows; one of `_VERBS`, or words that stay as they are.

    Examples
    --------
    >>> agreeing(3, "do not fit their images"), agreeing(1, "do not fit their images")
    ('do not fit their images', 'does not fit its image')
    """
    verb, _, rest = words.partition(" ")
    if count != 1 or verb not in _VERBS:
        return words
    rest = re.sub(r"\btheir (\w+?)s?\b", r"its \1", rest)
    return f"{_VERBS[verb]} {rest}".rstrip()


_VERBS = {
    "do": "does",
    "are": "is",
    "have": "has",
    "reach": "reaches",
    **{verb: f"{verb}s" for verb in ("agree", "disagree", "fit", "lie", "state")},
}


def rounded(value: float, digits: int = 0) -> str:
    """A finite number with so many digits behind the point, halves up, as the review page has it.

    >>> rounded(2.5), rounded(14.25, 1), rounded(1234.0, 1), rounded(0.6, 1)
    ('3', '14.3', '1,234.0', '0.6')
    """
    return f"{Decimal(value).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP):,}"


def counted_words(count: int, words: str) -> str:
    """A number with words that begin with several things: `1 box without an image`.

    The first word in the plural is put into the singular; none after it may depend on it.

    >>> counted_words(1, "boxes without an image"), counted_words(1, "other classes")
    ('1 box without an image', '1 other class')
    >>> counted_words(2152, "boxes of images")
    '2,152 boxes of images'
    """
    if count != 1:
        return f"{count:,} {words}"
    return f"1 {_PLURAL.sub(_singular, words, count=1)}"


_PLURAL = re.compile(r"\b\w+s\b")


def _singular(found: re.Match[str]) -> str:
    word = found.group()
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    return word[:-2] if word.endswith(("xes", "sses")) else word[:-1]


def first_line(error: BaseException) -> str:
    r"""What went wrong in a line: the first of an error's own, or what kind of error it is.

    >>> first_line(ValueError("no number\nin column 3")), first_line(KeyboardInterrupt())
    ('no number', 'KeyboardInterrupt')
    """
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def text_lines(text: str) -> list[str]:
    r"""The lines of a file: what ends in a line feed, in a carriage return, or in both.

    What else Unicode calls the end of a line (U+0085, U+2028, U+2029) is text like any other, for
    which `str.splitlines` would break names and values in two.

    >>> text_lines("a\u2028b\r\nc\n\nd"), text_lines("a\n"), text_lines("")
    (['a\u2028b', 'c', '', 'd'], ['a'], [])
    """
    every = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return every if every[-1] else every[:-1]


_KINDS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "null": "nothing",
}

_NAMED = re.compile(rf"`((?:{'|'.join(_KINDS)})(?: \| (?:{'|'.join(_KINDS)}))*)`")


def validation_problem(message: str) -> tuple[str, str]:
    """What msgspec says of a value in words of a person, and the key that it is about.

    >>> validation_problem("Expected `str | array`, got `int` - at `$.select`")
    ('expected text or a list, found a whole number', 'select')
    """
    problem, _, place = message.partition(" - at `$")
    told = _NAMED.sub(lambda kinds: _kinds(kinds[1]), problem)
    told = told.replace(", got ", ", found ")
    return f"{told[:1].lower()}{told[1:]}", place.rstrip("`").removeprefix(".")


def _kinds(names: str) -> str:
    kinds = [_KINDS.get(name, name) for name in names.split(" | ") if name != "null"]
    return " or ".join(kinds) or _KINDS["null"]
