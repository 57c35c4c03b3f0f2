"""Files made wrong in small ways: bytes, words, lines, values of JSON, and the files themselves."""

from __future__ import annotations

import json
import os
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

TOKENS = (
    *(
        b"null",
        b"true",
        b"[]",
        b"{}",
        b'""',
        b"-1",
        b"0",
        b"1e999",
        b"NaN",
        b"-Infinity",
        b"9" * 40,
    ),
    *(b"<", b">", b"&", b"&x;", b'"', b"'", b"\\", b"\\ud800", b"\0", b"\xff", b"\xef\xbb\xbf"),
    *(b",", b":", b"[", b"]", b"{", b"}", b"#", b"---", b"*a", b"\t", b"\r", b"\n\n", b"../../.."),
    *("\u2028".encode(), "\u0085".encode(), "\u202e".encode(), b"1_000", b"0x10", b"1,5", b"5px"),
)
WORDS = (
    *(b"nan", b"inf", b"-0", b"1e308", b"-1e308", b"1e-320", b"4294967296", b"9223372036854775808"),
    *(b"0.5", b"-3", b"1e5", b"", b"car", b"/", b"/dev/zero", b"~", b"C:\\a.jpg", b"..", b"."),
    *(b"%00", b"a" * 5000, b"http://x/a.jpg", b"{", b"12,5", b"\xe2\x80\xa8", b"true", b"0" * 400),
)
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**63, 2**64, 10**400, 1e308, -1e308, 1e-320, 0.1),
    *(float("nan"), float("inf"), "", " ", "1", "nan", "\0", "\ud800", "\u2028", "a" * 5000, "/"),
    *("../../x.png", "C:\\x\\a.png", "http://x/a.png", "a.png", [], {}, [[]], [None], {"": None}),
    *([1, 2, 3], [1, 2, 3, 4], [1, 2, 3, 4, 5, 6, 7, 8], ["1", "2", "3", "4"], [[0, 0, 1, 1]]),
    *({"x": 1, "y": 2, "width": 3, "height": 4}, {"counts": "1", "size": [3, 3]}, [[1] * 3] * 4),
)
ENCODINGS = ("utf-16", "utf-16-le", "utf-32", "utf-8-sig", "latin-1", "cp1252")

MOST_COPIES = 200
"""How often a line or a piece of a file is repeated at most; a choice."""

Draw = random.Random


def mutated(content: bytes, draw: Draw) -> bytes:
    """A file's content with one to four things wrong with it."""
    for _ in range(draw.randint(1, 4)):
        content = draw.choices(KINDS, WEIGHTS)[0](content, draw)
    return content


def _bytes(content: bytes, draw: Draw) -> bytes:
    text = bytearray(content)
    for _ in range(draw.randint(1, 6)):
        at = draw.randrange(len(text) + 1)
        until = min(len(text), at + draw.randint(0, 12))
        text[at:until] = draw.choice(
            (
                draw.choice(TOKENS),
                b"",
                2 * bytes(text[at:until]),
                draw.randbytes(until - at),
            )
        )
    return bytes(text)


def _word(content: bytes, draw: Draw) -> bytes:
    """Another word or number in the place of one."""
    found = list(re.finditer(rb"[\w.+-]+", content))
    if not found:
        return content + draw.choice(WORDS)
    one = draw.choice(found)
    other = draw.choice((*WORDS, draw.choice(found).group()))
    return content[: one.start()] + other + content[one.end() :]


def _lines(content: bytes, draw: Draw) -> bytes:
    """Lines removed, repeated, exchanged."""
    lines = content.split(b"\n")
    at, other = draw.randrange(len(lines)), draw.randrange(len(lines))
    kind = draw.randrange(4)
    if kind == 0:
        del lines[at]
    elif kind == 1:
        lines[at:at] = [lines[at]] * draw.choice((1, 1, 2, MOST_COPIES))
    elif kind == 2:
        lines[at], lines[other] = lines[other], lines[at]
    else:
        lines[at] += b" " + lines[other]
    return b"\n".join(lines)


def _cut(content: bytes, draw: Draw) -> bytes:
    """A part of it only."""
    at = draw.randrange(len(content) + 1)
    return content[:at] if draw.random() < 0.7 else content[at:]


def _whole(content: bytes, draw: Draw) -> bytes:
    """The file in another encoding, with other ends of lines, twice, or filled up."""
    text = content.decode("utf-8", "replace")
    return draw.choice(
        (
            text.encode(draw.choice(ENCODINGS), "replace"),
            content.replace(b"\n", draw.choice((b"\r\n", b"\r", b" ", "\u2028".encode()))),
            content + content,
            content + bytes(draw.choice((1, 7, 10_000))),
            draw.choice((b"", b" ", b"\n", b"\0", b"[]", b"{}", b"0", b"null", b'""', b"<a/>")),
            b"[" * 5000 + content,
        )
    )


def _json(content: bytes, draw: Draw) -> bytes:
    """Values of JSON, or of each line of JSON, replaced, removed, moved."""
    try:
        whole = json.loads(content)
    except (ValueError, RecursionError):
        return _json_line(content, draw)
    places = list(_places(whole))
    for _ in range(draw.randint(1, 3)):
        if places:
            _change(*draw.choice(places), draw)
    indent = draw.choice((None, None, 2))
    return json.dumps(whole, indent=indent, ensure_ascii=draw.random() < 0.5).encode(
        "utf-8", "surrogatepass"
    )


def _json_line(content: bytes, draw: Draw) -> bytes:
    lines = content.split(b"\n")
    at = draw.randrange(len(lines))
    if not lines[at].startswith(b"{") or not lines[at].endswith(b"}"):
        return _word(content, draw)
    try:
        json.loads(lines[at])
    except (ValueError, RecursionError):
        return _word(content, draw)
    lines[at] = _json(lines[at], draw).replace(b"\n", b" ")
    return b"\n".join(lines)


def _places(value: Any, depth: int = 0) -> list[tuple[Any, Any]]:
    """Every container of a JSON value with each of its keys; but not of what is nested deeply."""
    found: list[tuple[Any, Any]] = []
    if isinstance(value, (dict, list)) and depth < 50:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        for key in keys:
            found += [(value, key), *_places(value[key], depth + 1)]
    return found


def _change(container: Any, key: Any, draw: Draw) -> None:
    """One change to one place; nothing if it is gone by now."""
    if isinstance(container, list):
        if key >= len(container):
            return
    elif key not in container:
        return
    kind = draw.randrange(6)
    if kind == 0:
        del container[key]
    elif kind == 1 and isinstance(container, list):
        container.extend([container[key]] * draw.choice((1, 2, MOST_COPIES)))
    elif kind == 1:
        container[draw.choice(("", "id", "bbox", "points", key + "s"))] = container.pop(key)
    elif kind == 2:
        container[key] = [container[key]]
    elif kind == 3:
        container[key] = str(container[key])[:10_000]
    else:
        container[key] = json.loads(json.dumps(draw.choice(VALUES)))


KINDS: tuple[Callable[[bytes, Draw], bytes], ...] = (_bytes, _word, _lines, _cut, _whole, _json)
WEIGHTS = (3, 4, 2, 1, 1, 6)


def disturb(folder: Path, draw: Draw) -> None:
    """Do something to the files of a folder rather than to what is in them."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if not files:
        return
    one, other = draw.choice(files), draw.choice(files)
    kind = draw.randrange(8)
    if kind == 0:
        one.unlink()
    elif kind == 1:
        one.write_bytes(other.read_bytes())
    elif kind == 2:
        one.unlink()
        one.mkdir()
    elif kind == 3:
        one.unlink()
        one.symlink_to(draw.choice((one.name, "nowhere", "..", str(other))))
    elif kind == 4:
        one.rename(one.with_suffix(draw.choice(("", ".txt", ".JSON", ".xml", ".jpg", ".csv"))))
    elif kind == 5:
        one.rename(one.with_name(draw.choice(("\u2028.txt", "a\n.json", "%20.png", "[x].xml"))))
    elif kind == 6:
        target = one.with_name(os.fsdecode(b"\xff" + os.fsencode(one.name)))
        one.rename(target)
    else:
        (folder / "more").mkdir(exist_ok=True)
        (folder / "more" / one.name).write_bytes(one.read_bytes())
