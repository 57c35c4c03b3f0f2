"""What networks cost: counted on layers whose cost is known, timed in a process of its own."""

from __future__ import annotations

import json

import pytest
import torch
from torch import nn

from benchmarks.field_note import costs, plan, run_file
from benchmarks.field_note.costs import CountedSize, FileCost, NetworkCost

LARGE = 40_000_000


def test_a_convolution_multiplies_and_adds_once_a_weight_and_place():
    layer = nn.Conv2d(3, 8, 3, padding=1, bias=False)
    with torch.inference_mode():
        assert costs._macs(layer, torch.zeros((1, 3, 10, 12))) == 3 * 8 * 3 * 3 * 10 * 12


def test_a_depthwise_convolution_costs_a_channel_as_much_as_a_dense_one_of_one_channel():
    layer = nn.Conv2d(8, 8, 3, padding=1, groups=8, bias=False)
    with torch.inference_mode():
        assert costs._macs(layer, torch.zeros((1, 8, 10, 12))) == 8 * 3 * 3 * 10 * 12


def test_backbone_and_the_rest_are_counted_apart(monkeypatch):
    monkeypatch.setitem(costs.NETWORKS, "small", {"backbone": "squeezenet", "channels": 8})
    monkeypatch.setitem(costs.NETWORKS, "wider", {"backbone": "squeezenet", "channels": 16})
    small, wider = (costs.size_of(costs.untrained(name)) for name in ("small", "wider"))
    assert (small.backbone, small.backbone_macs) == (wider.backbone, wider.backbone_macs)
    assert small.rest < wider.rest
    assert small.rest_macs < wider.rest_macs
    whole = costs.untrained("small").network
    assert small.backbone + small.rest == sum(one.numel() for one in whole.parameters())


def test_the_fastest_run_counts_and_the_first_does_not(monkeypatch):
    monkeypatch.setattr(run_file, "LONGEST_S", 0.0)
    clock = iter([0.0, 0.5, 1.0, 1.1, 2.0, 2.4, 3.0, 3.4, 4.0, 4.4])
    monkeypatch.setattr(run_file.time, "perf_counter", lambda: next(clock))
    runs = []
    assert run_file.fastest_ms(lambda: runs.append(1)) == pytest.approx(100)
    assert len(runs) == run_file.LEAST + 1


def test_memory_that_was_given_back_counts_and_older_peaks_do_not():
    bytearray(4 * LARGE)
    run_file.forget_peak()
    before = run_file.peak_mb()
    bytearray(LARGE)
    assert 30 < run_file.peak_mb() - before < 60


def test_sizes_are_counted_without_a_file_and_measured_times_stay(tmp_path, monkeypatch):
    monkeypatch.setattr(costs, "NETWORKS", {"tiny": {"backbone": "squeezenet", "channels": 8}})
    timed = NetworkCost("tiny", CountedSize(1, 1, 1, 1), {"onnx": FileCost({1: 10.0}, 31.2)})
    machine = costs.this_machine()
    results, work = tmp_path / "results", tmp_path / "work"
    costs.record(costs.MEASURED, costs.costs_of(machine, [timed]), results)
    costs.main(["--count", "--work", str(work), "--results", str(results)])
    assert not work.exists()
    text = (results / "field_note_costs.md").read_text("utf-8")
    size = costs.size_of(costs.untrained("tiny"))
    assert f"| tiny | {size.backbone / 1e6:.2f} | {size.rest / 1e6:.2f} |" in text
    assert "| tiny | 10.0 | 31 |" in text
    assert text.index("## time and memory") < text.index("## size")


def test_networks_of_the_other_questions_are_counted_as_they_are_trained():
    assert costs.NETWORKS["Lite2, 64 channels"] == plan.NETWORKS["Lite2, 64 channels"]
    assert set(plan.NETWORKS) <= set(costs.NETWORKS)
    assert {f"Lite0, {name}" for name in plan.PYRAMIDS} <= set(costs.NETWORKS)


def test_a_file_is_measured_once(tmp_path, monkeypatch):
    asked = []

    def ended(command, **_):
        asked.append(command[-1])
        said = json.dumps({"ms": 8.0 / int(command[-1]), "peak_mb": 10.0 * int(command[-1])})
        return type("Ended", (), {"stdout": f"a framework talks\n{said}\n".encode()})()

    monkeypatch.setattr(costs.subprocess, "run", ended)
    path = tmp_path / "a.onnx"
    first, second = costs.cost("onnx", path), costs.cost("onnx", path)
    assert first == second == FileCost({1: 8.0, 2: 4.0}, 10.0)
    assert asked == ["1", "2"]


def test_tables_have_a_row_a_network_in_millions_and_by_framework():
    size = CountedSize(3_400_000, 120_000, 560e6, 44e6)
    one = NetworkCost("Lite0", size, {"onnx": FileCost({1: 10.04, 2: 6.0}, 31.2)})
    assert costs.size_table([one]).splitlines()[-1] == "| Lite0 | 3.40 | 0.12 | 560 | 44 |"
    assert costs.time_table([one]).splitlines()[-1] == "| Lite0 | 10.0 / 6.0 | 31 |"
