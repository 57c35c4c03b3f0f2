"""Pieces of annotations decoded on all cores, in order.

Decoding is bound by Python objects, so threads do not help. Helper processes get the places of
pieces in the file and return columns; this process decodes pieces, too, whenever all helpers are
busy. They are plain child processes that talk through pipes: forking a process that has threads (a
training pipeline) can hang, and spawning by multiprocessing would run the caller's main module
again.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import struct
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import BinaryIO, Self, cast

from labelaudit.formats.coco.decoding import Chunk, declared_chunk
from labelaudit.formats.coco.stream import Piece

WORTHWHILE = 48 << 20
"""Bytes from which on a file is worth the quarter of a second that a helper takes to start."""

MOST_HELPERS = 7
_AHEAD = 2  # pieces a helper has before it: one in work, one waiting
_PLACE = struct.Struct("<QQ")  # offset and length of a piece
_LENGTH = struct.Struct("<Q")  # of a pickled answer
_START = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]); "
    "from labelaudit.formats.coco.parallel import serve; serve(sys.argv[2], sys.argv[3] == 'True')"
)


class Decoders:
    """Decodes pieces of one file; a context manager, because it owns processes."""

    def __init__(self, path: Path, *, validity: bool) -> None:
        self._path = path
        self.validity = validity
        self._helpers: list[Helper] = []

    def __enter__(self) -> Self:
        count = min(_cores() - 1, MOST_HELPERS) if _is_worthwhile(self._path) else 0
        self._helpers = [Helper(self._path, validity=self.validity) for _ in range(count)]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for helper in self._helpers:
            helper.close()

    def decoded(self, pieces: Iterable[Piece]) -> Iterator[tuple[Piece, Chunk | None]]:
        """Each piece with its annotations, in order; None where one is not as declared.

        Pieces are taken ahead of what was yielded. Leaving the iteration early is allowed.
        """
        waiting: deque[tuple[Piece, Helper | Chunk | None]] = deque()
        try:
            for piece in pieces:
                helper = next((one for one in self._helpers if one.is_free), None)
                waiting.append((piece, helper.submit(piece) if helper else self._decode(piece)))
                while waiting and _is_ready(waiting[0][1]):
                    yield self._settled(*waiting.popleft())
            while waiting:
                yield self._settled(*waiting.popleft())
        finally:
            for _, answer in waiting:
                if isinstance(answer, Helper):
                    answer.result()

    def _decode(self, piece: Piece) -> Chunk | None:
        return declared_chunk(piece.text, validity=self.validity)

    def _settled(self, piece: Piece, answer: Helper | Chunk | None) -> tuple[Piece, Chunk | None]:
        if not isinstance(answer, Helper):
            return piece, answer
        result = answer.result()
        # A helper that died leaves its pieces to this process.
        return piece, self._decode(piece) if isinstance(result, Lost) else result


class Lost:
    """The answer of a helper that is no more."""


class Helper:
    """One process that decodes pieces."""

    def __init__(self, path: Path, *, validity: bool) -> None:
        self._process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
            [sys.executable, "-P", "-c", _START, json.dumps(sys.path), str(path), str(validity)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._questions = cast("BinaryIO", self._process.stdin)
        self._replies = cast("BinaryIO", self._process.stdout)
        self._answers: SimpleQueue[Chunk | Lost | None] = SimpleQueue()
        self._outstanding = 0
        self._dead = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def is_free(self) -> bool:
        """Whether it can take another piece."""
        return not self._dead and self._outstanding < _AHEAD

    @property
    def is_ready(self) -> bool:
        """Whether the next answer is here."""
        return self._dead or not self._answers.empty()

    def submit(self, piece: Piece) -> Helper:
        """Hand over a piece; answers come in the order of pieces."""
        self._outstanding += 1
        try:
            self._questions.write(_PLACE.pack(piece.start, len(piece.text)))
            self._questions.flush()
        except OSError:
            self._dead = True
        return self

    def result(self) -> Chunk | Lost | None:
        """The answer for the first piece that has not been answered; waits for it."""
        self._outstanding -= 1
        if self._dead and self._answers.empty():
            return Lost()
        answer = self._answers.get()
        if isinstance(answer, Lost):
            self._dead = True
        return answer

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        self._reader.join()
        # What was still to be said has no listener.
        with contextlib.suppress(BrokenPipeError):
            self._questions.close()
        self._replies.close()

    def _read(self) -> None:
        while True:
            head = self._replies.read(_LENGTH.size)
            known = len(head) == _LENGTH.size
            body = self._replies.read(_LENGTH.unpack(head)[0]) if known else b""
            try:
                self._answers.put(pickle.loads(body))  # noqa: S301  # from our own child
            except (EOFError, pickle.UnpicklingError):
                self._answers.put(Lost())
                return


def serve(path: str, validity: bool) -> None:  # from a command line
    """What a helper does: read places from standard input, write chunks to standard output."""
    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    with open(path, "rb") as file:  # a name, not a Path
        while place := questions.read(_PLACE.size):
            start, length = _PLACE.unpack(place)
            _answer(answers, declared_chunk(_bytes(file, start, length), validity=validity))


def _bytes(file: BinaryIO, start: int, length: int) -> bytes:
    file.seek(start)
    return file.read(length)


def _answer(pipe: BinaryIO, chunk: Chunk | None) -> None:
    body = pickle.dumps(chunk, protocol=5)
    pipe.write(_LENGTH.pack(len(body)) + body)
    pipe.flush()


def _is_ready(answer: Helper | Chunk | None) -> bool:
    return answer.is_ready if isinstance(answer, Helper) else True


def _is_worthwhile(path: Path) -> bool:
    frozen = getattr(sys, "frozen", False) or not sys.executable
    return not frozen and path.stat().st_size >= WORTHWHILE


def _cores() -> int:
    """The cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1
