"""How long an image takes, on the device's framework and on torch."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from labelaudit.deployment.target import Images, Runtime

RUNS = 7
"""Of which the fastest counts: whatever else the machine does only adds. A choice."""

LONGEST_S = 3.0
"""A measurement of a slow network ends sooner, after one run at least."""


@dataclass(frozen=True)
class ImageTime:
    """Of one image on so many threads of this machine's processor; no decoding of files."""

    threads: int
    deployed_ms: float
    torch_ms: float


def image_times(
    deployed: Callable[[int], Runtime],
    network: Callable[[int], Runtime],
    images: Images,
    threads: tuple[int, ...] = (1, 2),
) -> tuple[ImageTime, ...]:
    """One for each number of threads, both in turn on the same image.

    Parameters
    ----------
    deployed: opens the file with so many threads.
    network: makes torch's with so many.
    images: one, as it goes into the file; or as many as it takes at a time.
    threads: how many.
    """
    found = []
    for count in threads:
        both = [_fastest_ms(runtime(count), images) for runtime in (deployed, network)]
        found.append(ImageTime(count, *both))
    return tuple(found)


def _fastest_ms(runtime: Runtime, images: Images) -> float:
    """The fastest of some runs after one that does not count, an image."""
    runtime.forward(images)
    taken: list[float] = []
    while len(taken) < RUNS and sum(taken) < LONGEST_S:
        began = time.perf_counter()
        runtime.forward(images)
        taken.append(time.perf_counter() - began)
    return 1000 * min(taken) / len(images)
