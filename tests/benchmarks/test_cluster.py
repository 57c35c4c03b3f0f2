"""The table of a cluster has each way beside processes with as many workers."""

from __future__ import annotations

from benchmarks.cluster import Series, table
from benchmarks.machine import this_machine


def test_ratios_are_to_processes_with_as_many_workers_and_ray_is_also_shown_without_its_start():
    wall_s = {
        "processes, 1": [100.0, 90.0, 110.0],
        "Ray, 1": [120.0],
        "processes, 2": [50.0],
        "Ray, 2": [60.0],
    }
    text = table(Series(200, "2026-11-30", this_machine(), {"ray": "2"}, wall_s, [10.0]))
    assert [line for line in text.splitlines() if line.startswith(("| Ray", "| processes"))] == [
        "| processes | 1 | 100.0 | 1.00 | 1.00 |",
        "| Ray | 1 | 120.0 | 1.20 | 1.10 |",
        "| processes | 2 | 50.0 | 1.00 | 1.00 |",
        "| Ray | 2 | 60.0 | 1.20 | 1.00 |",
    ]
    assert "Ray alone starts and ends in 10.0 s." in text
