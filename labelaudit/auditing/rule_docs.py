"""The documentation page of a rule, read from its docstring.

Written once, used three times: by `labelaudit rules CODE`, in `docs/rules.md`, and as a doctest. Of
an example, pages show what it prints: a record as it is wrong, and as the fix leaves it.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from msgspec import Meta

from labelaudit.auditing.rule import Rule
from labelaudit.auditing.setting_types import range_words

_SECTION = re.compile(r"^(Settings|Example|Examples|Source):$")

BEFORE_AND_AFTER = "before_and_after("
"""What an example calls that shows a record as it is wrong, and as the rule's fix leaves it."""


@dataclass(frozen=True)
class Setting:
    """A setting of a rule."""

    name: str  # as the configuration writes it: min-side
    default: Any  # Any: a number, text, a truth value or a tuple of these
    text: str  # what it means, in one paragraph
    range: str  # which values it takes: "0 to 1"; empty if any


@dataclass(frozen=True)
class Page:
    """What there is to say about a rule."""

    rule: Rule
    summary: str
    paragraphs: tuple[
        str, ...
    ]  # why it hurts, what it leaves alone, what its fix does; one line each
    settings: tuple[Setting, ...]
    example: str  # a record before and after; else a doctest; empty if there is none
    source: str  # where a threshold comes from; empty if nowhere

    @property
    def is_before_and_after(self) -> bool:
        """Whether the example is records, and no code."""
        return not self.example.startswith(">>>")


def page(rule: Rule) -> Page:
    """The documentation page of a rule."""
    summary, _, body = inspect.cleandoc(rule.function.__doc__ or "").partition("\n")
    sections: dict[str, list[str]] = {"": []}
    current = ""
    for line in body.splitlines():
        if heading := _SECTION.match(line):
            current = heading[1].removesuffix("s") if heading[1] == "Examples" else heading[1]
            sections.setdefault(current, [])
        elif line and not line.startswith(" ") and current:
            current = ""  # a paragraph at the margin ends a section
            sections[""].append(line)
        else:
            sections[current].append(line)
    ranges = rule.ranges
    meanings = _meanings(_text(sections.get("Settings", [])))
    return Page(
        rule,
        summary.strip(),
        tuple(_paragraphs("\n".join(sections[""]))),
        tuple(
            Setting(
                name.replace("_", "-"), default, meanings.get(name, ""), _range(ranges.get(name))
            )
            for name, default in rule.settings.items()
        ),
        _example(_text(sections.get("Example", []))),
        " ".join(_paragraphs(_text(sections.get("Source", [])))),
    )


def fix_words(rule: Rule) -> str:
    """Whether a rule proposes fixes, and what it needs to look at, in a few words."""
    words = f"{rule.fix} fix" if rule.fix else "no fix"
    return f"{words}, needs {' and '.join(rule.needs)}" if rule.needs else words


def shown(value: Any) -> str:  # Any: see Setting.default
    """A default as the configuration file would write it.

    >>> shown(True), shown(0.5), shown("a"), shown((1, 2))
    ('true', '0.5', '"a"', '[1, 2]')
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, tuple | list):
        return f"[{', '.join(shown(item) for item in value)}]"
    return str(value)


def _range(limits: Meta | None) -> str:
    return range_words(limits).removeprefix("from ").removeprefix("of ") if limits else ""


def _example(written: str) -> str:
    """What a doctest of `before_and_after` prints, a record a line; any other doctest as it is."""
    if BEFORE_AND_AFTER not in written:
        return written
    import doctest  # noqa: PLC0415  # 30 ms that a scan need not wait for

    printed = "".join(one.want for one in doctest.DocTestParser().get_examples(written))
    return re.sub(r"\n {4}(?=\S)", " ", printed).rstrip()


def _text(lines: list[str]) -> str:
    return textwrap.dedent("\n".join(lines)).strip()


def _paragraphs(text: str) -> list[str]:
    return [" ".join(part.split()) for part in re.split(r"\n\s*\n", text) if part.strip()]


def _meanings(section: str) -> Mapping[str, str]:
    """What a section of `name: meaning` says, meanings that go over several lines as one."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in section.splitlines():
        if start := re.match(r"^(\w+): *(.*)$", line):
            name = start[1]
            found[name] = [start[2]]
        elif name:
            found[name].append(line.strip())
    return {name: " ".join(" ".join(lines).split()) for name, lines in found.items()}
