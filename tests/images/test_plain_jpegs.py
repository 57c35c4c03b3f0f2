"""Sizes of plain JPEG files are those that Pillow reads; all else is left to it."""

from __future__ import annotations

import io
import os
import random
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from labelaudit.core.columns import MISSING, Floats, texts
from labelaudit.images import headers, plain_jpegs
from labelaudit.images.headers import Header, header_in, read_headers
from labelaudit.images.plain_jpegs import COMPILED, ENDED, HEAD, plain_heads, plain_size
from tests.noise_pictures import noise_picture


def _jpeg(draw: random.Random) -> bytes:
    """A picture of any of the kinds that are written."""
    options: dict[str, object] = {"quality": draw.randrange(1, 96)}
    if draw.random() < 0.3:
        options["progressive"] = True
    if draw.random() < 0.2:
        options["optimize"] = True
    if draw.random() < 0.2:
        options["comment"] = b"c" * draw.randrange(9)
    if draw.random() < 0.1:
        options["exif"] = b"Exif\0\0MM\0*\0\0\0\x08\0\0"
    if draw.random() < 0.1:
        options["icc_profile"] = b"profile"
    size = (draw.randrange(1, 70), draw.randrange(1, 70))
    mode = draw.choice(["RGB", "RGB", "L", "CMYK"])
    file = io.BytesIO()
    noise_picture(size, 50).convert(mode).save(file, "JPEG", **options)
    return file.getvalue()


def _damaged(draw: random.Random, data: bytes) -> bytes:
    """The same with a few bytes changed in its segments, cut or put in, or its end cut off."""
    changed = bytearray(data)
    for _ in range(draw.randrange(3)):
        place = draw.randrange(min(700, len(changed)))
        kind = draw.randrange(3)
        if kind == 0:
            changed[place] = draw.choice([0, 1, 2, 3, 8, 0xC0, 0xDA, 0xDB, 0xE0, 0xFF])
        elif kind == 1:
            del changed[place : place + draw.randrange(4)]
        else:
            changed[place:place] = bytes(draw.randrange(256) for _ in range(draw.randrange(4)))
    return bytes(changed[: draw.randrange(len(changed))] if draw.random() < 0.1 else changed)


def _header(path: Path) -> Header:
    """What is read of a file among others, as the header of one."""
    read = read_headers(texts(["", str(path)]))
    size = tuple(read.size[1].tolist()) if read.kind[1] else Header().size
    words = str(read.kind[1]), int(read.orientation[1]), str(read.error[1]), str(read.mode[1])
    return Header(size, *words)


def _known(sizes: Floats) -> list[tuple[float, float] | None]:
    """Width and height of each file that is plain."""
    return [None if np.isnan(size).any() else tuple(size.tolist()) for size in sizes]


@pytest.mark.filterwarnings("ignore")  # Pillow's, about damaged EXIF
@pytest.mark.parametrize("seed", range(4))
def test_random_files_have_the_header_that_pillow_reads(seed: int, tmp_path: Path) -> None:
    draw, path, plain = random.Random(seed), tmp_path / "a.jpg", 0
    for _ in range(400):
        data = _damaged(draw, _jpeg(draw))
        path.write_bytes(data)
        quick = _header(path)
        slow = header_in(io.BytesIO(data)) if data else Header(error="the file is empty")
        assert quick == slow, data[:700].hex()
        plain += plain_size(data[:HEAD]) is not None
    assert 100 < plain < 390


@pytest.mark.skipif(not COMPILED, reason="nothing was compiled")
@pytest.mark.parametrize(("seed", "at_once"), [(0, 1), (1, 7), (2, 399), (3, 400)])
def test_random_files_have_the_sizes_that_are_read_one_by_one(
    seed: int, at_once: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain_jpegs, "AT_ONCE", at_once)
    draw, files = random.Random(seed), []
    for number in range(400):
        files.append(_damaged(draw, _jpeg(draw)))
        if draw.random() < 0.2:
            files[-1] = files[-1][: draw.randrange(9)] + draw.choice([b"", ENDED])
        (tmp_path / f"{number}.jpg").write_bytes(files[-1])
    slow = [plain_size(data[:HEAD]) if data.endswith(ENDED) else None for data in files]
    sizes, marks = plain_heads([str(tmp_path / f"{number}.jpg") for number in range(400)])
    assert _known(sizes) == slow
    assert [length for length, _ in marks.tolist()] == [
        len(data) if size else MISSING for data, size in zip(files, slow, strict=True)
    ]
    assert 50 < sum(size is not None for size in slow) < 350


@pytest.mark.skipif(not COMPILED, reason="nothing was compiled")
def test_what_is_no_file_is_no_plain_picture(tmp_path: Path) -> None:
    path = tmp_path / "caf\u00e9 \udcff.jpg"
    noise_picture((20, 10), 50).save(path)
    link = tmp_path / "link.jpg"
    link.symlink_to(path)
    os.mkfifo(tmp_path / "pipe.jpg")
    others = ["", str(tmp_path), str(tmp_path / "pipe.jpg"), str(tmp_path / "b.jpg"), f"{path}\0b"]
    sizes, marks = plain_heads([str(path), *others, str(link)])
    assert _known(sizes) == [(20, 10), *[None] * 5, (20, 10)]
    assert marks[0].tolist() == marks[-1].tolist()
    assert (marks[1:-1] == MISSING).all()


@pytest.mark.skipif(not COMPILED, reason="nothing was compiled")
@pytest.mark.parametrize(
    ("place", "differs"), [(700, True), (HEAD - 1, True), (HEAD, False), (HEAD + 3, False)]
)
def test_a_mark_says_whether_the_first_bytes_are_the_same(
    tmp_path: Path, place: int, differs: bool
) -> None:
    file = io.BytesIO()
    noise_picture((200, 100), 50).save(file, "JPEG")
    changed = bytearray(file.getvalue())
    changed[place] ^= 1
    for name, content in (("a.jpg", file.getvalue()), ("b.jpg", bytes(changed))):
        (tmp_path / name).write_bytes(content)
    _, marks = plain_heads([str(tmp_path / "a.jpg"), str(tmp_path / "b.jpg")])
    assert marks[:, 0].tolist() == [len(changed)] * 2
    assert bool(marks[0, 1] != marks[1, 1]) is differs


def _segments(**changed: bytes) -> bytes:
    """The beginning of a plain file, with some of its segments as they are given, or more."""
    bodies = {
        "e0": b"JFIF\0\1\1\0\0\1\0\1\0\0",
        "db": bytes(65) + b"\x10" + bytes(128),
        "c0": b"\x08\0\x0a\0\x14\1\1\x11\0",
        **changed,
        "da": b"\1\1\0\0\x3f\0",
    }
    segments = (
        bytes([255, int(key, 16)]) + (len(body) + 2).to_bytes(2, "big") + body
        for key, body in bodies.items()
    )
    return b"\xff\xd8" + b"".join(segments)


def _size(path: Path, head: bytes) -> tuple[int, int] | None:
    """The size of what begins so, and ends as it should; compiled or not."""
    path.write_bytes(head + ENDED)
    if COMPILED:
        assert _known(plain_heads([str(path)])[0]) == [plain_size(head)]
    return plain_size(head)


def test_segments_that_pillow_may_refuse_are_left_to_it(tmp_path: Path) -> None:
    size = partial(_size, tmp_path / "a.jpg")
    frame = b"\x08\0\x0a\0\x14\1\1\x11\0"
    assert size(_segments()) == (20, 10)
    assert size(_segments(dd=b"\0\1", c4=b"", fe=b"a")) == (20, 10)
    assert size(_segments(c0=b"\x0c" + frame[1:])) is None  # 12 bits
    assert size(_segments(c0=frame[:5] + b"\2" + frame[6:] + bytes(3))) is None  # colours
    assert size(_segments(c0=frame[:-1])) is None  # cut off
    assert size(_segments(c0=frame + b"\0")) is None
    assert size(_segments(c0=b"\x08\0\0" + frame[3:])) is None  # no height
    assert size(_segments(c0=b"\x08\0\x0a\0\0" + frame[5:])) is None  # no width
    assert size(_segments(db=bytes(64))) is None
    assert size(_segments(db=b"\x10" + bytes(127))) is None
    assert size(_segments(e0=b"JFIF\0\1\1\0\0\1\0\1\0")) is None
    assert size(_segments(e0=b"Exif\0\1\1\0\0\1\0\1\0\0")) is None
    assert size(_segments(e1=b"")) is None
    assert size(_segments(c1=frame)) is None  # two frames
    assert plain_size(_segments()[:-1]) is None


def test_a_plain_file_is_read_without_pillow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(headers, "header_in", None)
    path = tmp_path / "a.jpg"
    noise_picture((200, 100), 50).convert("RGB").save(path)
    assert path.stat().st_size > HEAD
    assert read_headers(texts([str(path)])).size.tolist() == [[200, 100]]


def test_a_frame_beyond_the_head_is_left_to_pillow(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    noise_picture((20, 10), 50).save(path, comment=b"c" * HEAD)
    assert plain_size(path.read_bytes()[:HEAD]) is None
    assert plain_size(path.read_bytes()) == (20, 10)
    assert read_headers(texts([str(path)])).size.tolist() == [[20, 10]]
