"""JSON, XML and lines as no tool writes them and every reader understands them."""

from __future__ import annotations

import json
import re
from random import Random
from typing import Any

_SPACES = ("", "", " ", "\t", "\n", "\r\n", " \n  ")


def odd_json(value: Any, chance: Random) -> str:  # Any: whatever JSON holds
    """A value as JSON with odd spaces, numbers, escapes and orders of keys.

    Parameters
    ----------
    value:
        that is written.
    chance:
        by which oddities are drawn.
    """

    def space() -> str:
        return chance.choice(_SPACES)

    def joined(parts: list[str]) -> str:
        return f"{space()},{space()}".join(parts)

    if isinstance(value, dict):
        members = [
            f"{odd_json(key, chance)}{space()}:{space()}{odd_json(inner, chance)}"
            for key, inner in value.items()
        ]
        chance.shuffle(members)
        return f"{{{space()}{joined(members)}{space()}}}"
    if isinstance(value, list):
        return f"[{space()}{joined([odd_json(inner, chance) for inner in value])}{space()}]"
    if isinstance(value, str):
        escaped = "".join(f"\\u{ord(letter):04x}" for letter in value if ord(letter) < 0x10000)
        return chance.choice(
            (json.dumps(value), json.dumps(value, ensure_ascii=False), f'"{escaped}"')
        )
    if type(value) in (int, float) and abs(value) < 1e9:
        ways = (f"{float(value)!r}", f"{float(value):e}", f"{float(value):.3f}", json.dumps(value))
        exact = [way for way in ways if float(way) == value]
        return chance.choice([json.dumps(value), *exact])
    return json.dumps(value)


def odd_xml(text: str, chance: Random) -> str:
    """XML with comments, CDATA and line ends anywhere between elements, and in their texts."""
    between = ("", "", "\n", "\r\n\t", "<!-- <object> -->", "<?tool x?>")
    text = re.sub(r"(?<=>)(?=<)", lambda _: chance.choice(between), text)

    def said(match: re.Match[str]) -> str:
        word = match[1]
        ways = (word, word, f" {word} ", f"\n{word}\n", f"<![CDATA[{word}]]>")
        return f">{chance.choice(ways)}</"

    return re.sub(r">(\d+(?:\.\d+)?)</", said, text)


def odd_lines(text: str, chance: Random) -> str:
    """Lines of words with odd spaces, signs and ends, and blank ones between them."""
    lines = []
    for line in text.splitlines():
        label, *numbers = line.split()
        plus = [f"+{one}" if one[0].isdigit() and chance.random() < 0.2 else one for one in numbers]
        gap = chance.choice((" ", "  ", "\t"))
        lines.append(chance.choice(("", " ")) + gap.join([label, *plus]) + chance.choice(("", " ")))
        lines += [chance.choice(("", "  "))] * (chance.random() < 0.2)
    ended = "".join(line + chance.choice(("\n", "\r\n")) for line in lines)
    return ended if chance.random() < 0.7 else ended.rstrip("\r\n")
