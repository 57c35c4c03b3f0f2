"""Pieces of images and annotations decoded on all cores, in order.

The compiled scanner lets go of the interpreter's lock, so threads are enough. Without it, decoding
is bound by Python objects, and this thread does it alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from labelaudit.core.parallel import cores
from labelaudit.io.formats.coco.pieces import ListPiece
from labelaudit.io.formats.coco.scanner import COMPILED

Decoded = TypeVar("Decoded")

WORTHWHILE = 4 << 20
"""Bytes from which on a file is worth the threads."""

MOST_THREADS = 8  # one thread cuts the file into pieces, and could not feed more
_AHEAD = 2  # pieces a thread has before it: one in work, one waiting


class Decoders:
    """Decodes pieces of one file; a context manager, because it owns threads."""

    def __init__(self, path: Path) -> None:
        self.size = path.stat().st_size  # of the file, in bytes
        self._threads = min(cores(), MOST_THREADS) if self.size >= WORTHWHILE else 1
        self._pool: Executor | None = None

    def __enter__(self) -> Self:
        if COMPILED and self._threads > 1:
            self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="labelaudit-coco")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def decoded(
        self, pieces: Iterable[ListPiece], decode: Callable[[bytes], Decoded]
    ) -> Iterator[tuple[ListPiece, Decoded]]:
        """Each piece with what its text is decoded to, in order.

        Pieces are taken ahead of what was yielded. Leaving the iteration early is allowed.
        """
        if self._pool is None:
            yield from ((piece, decode(piece.text)) for piece in pieces)
            return
        waiting: deque[tuple[ListPiece, Future[Decoded]]] = deque()
        try:
            for piece in pieces:
                waiting.append((piece, self._pool.submit(decode, piece.text)))
                while len(waiting) > _AHEAD * self._threads or (waiting and waiting[0][1].done()):
                    first, answer = waiting.popleft()
                    yield first, answer.result()
            while waiting:
                first, answer = waiting.popleft()
                yield first, answer.result()
        finally:
            for _, answer in waiting:
                answer.cancel()
