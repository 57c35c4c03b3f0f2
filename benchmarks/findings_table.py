"""What a million findings cost as records, in a notebook and in another library's table.

    python -m benchmarks.findings_table [--findings 1000000]

Findings are made of a drawn dataset; each step is timed, and its memory is how much the
process grew meanwhile at most (Linux). Results are kept in benchmarks/results/findings_table.md.
"""

from __future__ import annotations

import argparse
import datetime
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.machine import this_machine
from labelaudit.auditing.findings import Findings
from labelaudit.dataset.tables import Dataset
from labelaudit.testing import images

RESULTS = Path(__file__).parent / "results" / "findings_table.md"


def drawn(count: int) -> Findings:
    """So many findings about 10,000 boxes."""
    labels: Dataset = images({f"{n:06}.jpg": ["car 10 10 40 40"] * 10 for n in range(1000)})
    rows = np.arange(count) % len(labels.boxes)
    message = np.array(["car is 30 x 30 px: a message of usual length, with its numbers"], "T")
    return Findings.of(
        count,
        code=np.full(count, "GEO001"),
        name=np.full(count, "zero-area"),
        severity=rows % 3,
        box=rows,
        image=labels.boxes.image[rows],
        file=np.zeros(count),
        message=np.repeat(message, count),
        probability=rows / count,
    ).replaced(dataset=labels)


def measured(what: str, step: Callable[[], object]) -> str:
    """A row of the table: seconds, and how much more memory the process had meanwhile at most."""
    before = _memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the highest is what it is now
    start = time.perf_counter()
    step()
    seconds = time.perf_counter() - start
    return f"| {what} | {seconds:.3f} | {(_memory('VmHWM') - before) / 1e6:,.1f} |"


def _memory(name: str) -> int:
    """Bytes, from what Linux says of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def main() -> None:
    """Measure, and write the page of results."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--findings", type=int, default=1_000_000)
    machine = this_machine()
    findings = drawn(parser.parse_args().findings)
    rows = [
        measured("one by its place", lambda: findings[len(findings) // 2]),
        measured("a third of them by a mask", lambda: findings[findings.severity == 2]),
        measured("all, one after the other", lambda: sum(one.box is None for one in findings)),
        measured("chosen by rule and class", lambda: findings.filter("GEO", classes="car")),
        measured("sorted by probability", lambda: findings.sort("probability")),
        measured("shown in a notebook", findings._repr_html_),
        measured("read by pyarrow, batch by batch", lambda: streamed(findings)),
    ]
    date = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    lines = [
        "# Findings as a table",
        "",
        "Written by `python -m benchmarks.findings_table`; do not edit.",
        "",
        f"{len(findings):,} findings about 10,000 boxes. {date}; {machine}. Where other "
        "programs ran meanwhile, times are upper bounds.",
        "",
        "| what | s | MB more at most |",
        "|---|--:|--:|",
        *rows,
        "",
    ]
    RESULTS.write_text("\n".join(lines))


def streamed(findings: Findings) -> int:
    """How many findings another program reads, a batch at a time."""
    import pyarrow  # noqa: PLC0415  # of an extra

    reader = pyarrow.RecordBatchReader.from_stream(findings)
    return sum(batch.num_rows for batch in reader)


if __name__ == "__main__":
    main()
