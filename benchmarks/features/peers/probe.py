"""How one tool is tried: each feature by a function, whose answer is printed as JSON.

Run in the tool's own environment, so it needs nothing but Python. A function is given the folder
that `benchmarks/features/material.py` writes and a folder of its own, and returns one of `yes`,
`partly`, `no` and `not asked`, with what was seen. It works the answer out from what the tool does.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

Answer = tuple[str, str]
Probe = Callable[[Path, Path], Answer]


def told(probes: dict[str, Probe]) -> None:
    """Run those that the command line names after the folder, or all, and print the answers."""
    folder, *wanted = sys.argv[1:]
    given = Path(folder).resolve()
    answers: dict[str, Answer] = {}
    for key in wanted or probes:
        print(key, file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory() as scratch:
            os.chdir(scratch)
            try:
                answers[key] = probes[key](given, Path(scratch))
            except Exception:
                answers[key] = "failed", traceback.format_exc(limit=-3)
            os.chdir("/")
    print("ANSWERS", json.dumps(answers))


def yes_if(good: object, seen: str) -> Answer:
    """Yes with what was seen if that is good; else no."""
    return ("yes" if good else "no"), seen


def partly_if(good: object, seen: str, otherwise: str) -> Answer:
    """Partly with what was seen if that is good; else no."""
    return ("partly", seen) if good else ("no", otherwise)


def absent(text: str, where: str, *words: str) -> Answer:
    """No, as none of the words is in a text; if one is, somebody has to look."""
    found = [word for word in words if word.lower() in text.lower()]
    if found:
        return "failed", f"{found} in {where}"
    return "no", f"none of {', '.join(words)} in {where}"
