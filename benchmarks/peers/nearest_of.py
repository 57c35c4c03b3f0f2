"""How long libraries of nearest neighbours take for what the search for near duplicates looks for.

    python nearest_of.py VECTORS.npy NEIGHBOURS

prints the CPU seconds of one thread, by library, as JSON. Cells are as many and as many of them are
looked into as in labelaudit. Not measured: eight orientations of what is found.
"""

# ruff: noqa: PLC0415  # each library is imported alone

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

import numpy as np

CELL, CELLS_SEEN = 600, 8


def by_faiss(vectors: np.ndarray, neighbours: int) -> None:
    """An inverted file of plain vectors."""
    import faiss

    faiss.omp_set_num_threads(1)
    sides = vectors.shape[1]
    index = faiss.IndexIVFFlat(faiss.IndexFlatL2(sides), sides, max(1, len(vectors) // CELL))
    index.train(vectors[: 40 * index.nlist])
    index.add(vectors)
    index.nprobe = CELLS_SEEN
    index.search(vectors, neighbours)


def by_usearch(vectors: np.ndarray, neighbours: int) -> None:
    """A graph (HNSW), as the library sets it up."""
    from usearch.index import Index

    index = Index(ndim=vectors.shape[1], metric="l2sq", dtype="f32")
    index.add(np.arange(len(vectors)), vectors, threads=1)
    index.search(vectors, neighbours, threads=1)


def seconds(work: Callable[[np.ndarray, int], None], vectors: np.ndarray, neighbours: int) -> float:
    """CPU seconds that a library takes."""
    start = time.process_time()
    work(vectors, neighbours)
    return round(time.process_time() - start, 1)


if __name__ == "__main__":
    known = np.load(sys.argv[1])
    wanted = int(sys.argv[2])
    print(
        json.dumps(
            {
                "faiss": seconds(by_faiss, known, wanted),
                "usearch": seconds(by_usearch, known, wanted),
            }
        )
    )
