"""Pieces of annotations decoded on all cores, in order.

The compiled scanner lets go of the interpreter's lock, so threads are enough. Without it, decoding
is bound by Python objects, and this thread does it alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from labelaudit.cores import cores
from labelaudit.formats.coco.decoding import Chunk, declared_chunk
from labelaudit.formats.coco.scanning import COMPILED
from labelaudit.formats.coco.stream import Piece

WORTHWHILE = 4 << 20
"""Bytes from which on a file is worth the threads."""

MOST_THREADS = 8  # one thread cuts the file into pieces, and could not feed more
_AHEAD = 2  # pieces a thread has before it: one in work, one waiting


class Decoders:
    """Decodes pieces of one file; a context manager, because it owns threads."""

    def __init__(self, path: Path, *, validity: bool) -> None:
        self.validity = validity
        self._threads = min(cores(), MOST_THREADS) if path.stat().st_size >= WORTHWHILE else 1
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

    def decoded(self, pieces: Iterable[Piece]) -> Iterator[tuple[Piece, Chunk | None]]:
        """Each piece with its annotations, in order; None where one is not as declared.

        Pieces are taken ahead of what was yielded. Leaving the iteration early is allowed.
        """
        if self._pool is None:
            yield from ((piece, self._decode(piece)) for piece in pieces)
            return
        waiting: deque[tuple[Piece, Future[Chunk | None]]] = deque()
        try:
            for piece in pieces:
                waiting.append((piece, self._pool.submit(self._decode, piece)))
                while len(waiting) > _AHEAD * self._threads or (waiting and waiting[0][1].done()):
                    first, answer = waiting.popleft()
                    yield first, answer.result()
            while waiting:
                first, answer = waiting.popleft()
                yield first, answer.result()
        finally:
            for _, answer in waiting:
                answer.cancel()

    def _decode(self, piece: Piece) -> Chunk | None:
        return declared_chunk(piece.text, validity=self.validity)
