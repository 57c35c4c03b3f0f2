"""The pictures of the field note are drawn from what is recorded."""

from __future__ import annotations

import pytest

from benchmarks.field_note import __main__ as program
from benchmarks.field_note import plots
from benchmarks.field_note.conversion import FAITHFUL, Cost
from benchmarks.field_note.conversion import Costs as ConversionCosts
from benchmarks.field_note.costs import COUNTED, CountedSize, NetworkCost, costs_of
from benchmarks.field_note.costs import record as record_costs
from benchmarks.field_note.plan import QUESTIONS
from benchmarks.field_note.ranks import PUBLISHED, Ranked, Ranks
from benchmarks.field_note.trials import Result

Figure = pytest.importorskip("matplotlib.figure").Figure
MACHINE = program.this_machine()


def answer(question):
    results = [
        Result(one.network, one.noise, one.rate, one.seed, 0.5 - one.rate / 2, 0.8, 0.5, 20, 10)
        for one in QUESTIONS[question]("digits")
    ]
    return program.Answer("2026-01-01", MACHINE, {}, results)


def panel(draw, recorded):
    axes = Figure().subplots()
    draw(axes, recorded)
    return axes


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_is_recorded_is_drawn_a_panel_a_dataset(question, tmp_path):
    program.record(question, "digits", answer(question), tmp_path)
    program.record(question, "bccd", answer(question), tmp_path)
    plots.main(["--results", str(tmp_path), "--output", str(tmp_path)])
    assert (tmp_path / f"field-note-{question}.png").stat().st_size > 10_000
    assert len(list(tmp_path.glob("*.png"))) == 1


def test_noise_is_drawn_as_points_lost_at_each_rate():
    axes = panel(plots.noise, answer("noise"))
    line = axes.get_lines()[0]
    assert line.get_xdata() == pytest.approx([0, 10, 20, 40])
    assert line.get_ydata() == pytest.approx([0, 5, 10, 20])


def test_norms_are_lines_over_the_size_of_the_batch():
    axes = panel(plots.norm, answer("norm"))
    _, names = axes.get_legend_handles_labels()
    assert names == ["group", "batch", "none"]
    assert list(axes.get_lines()[0].get_xdata()) == [2, 8, 16]


def test_networks_and_traps_are_bars_the_first_on_top():
    axes = panel(plots.pyramid, answer("pyramid"))
    assert axes.yaxis_inverted()
    assert [bar.get_width() for bar in axes.patches] == pytest.approx([50] * len(axes.patches))
    costs = [
        Cost("", FAITHFUL, 0, 0.5, 0.9),
        Cost("relu6", "has ReLU in the whole network (it has ReLU6)", 0, 0.4, 0.8),
    ]
    axes = panel(plots.conversion, ConversionCosts("2026-01-01", MACHINE, {}, 20, 10, costs))
    assert [bar.get_width() for bar in axes.patches] == pytest.approx([10])
    assert [text.get_text() for text in axes.get_yticklabels()] == [
        "relu6: has ReLU in the whole network"
    ]


def test_bars_of_networks_say_what_was_counted_of_them(tmp_path):
    size = CountedSize(1, 2, 700e6, 425.4e6)
    counted = [NetworkCost("Lite0, dense", size, {}), NetworkCost("resnet50", size, {})]
    record_costs(COUNTED, costs_of(MACHINE, counted), tmp_path)
    macs = plots.multiply_adds(tmp_path / "field_note_costs.json")
    assert macs == {"Lite0, dense": 425.4e6, "resnet50": 425.4e6}
    axes = Figure().subplots()
    plots.pyramid(axes, answer("pyramid"), macs=macs)
    names = [text.get_text() for text in axes.get_yticklabels()]
    assert names[:3] == ["as it comes", "dense · 425 M", "without the finest level"]
    assert "multiply-adds" in axes.get_xlabel()
    assert panel(plots.pyramid, answer("pyramid")).get_xlabel() == "mAP, points"


def test_ranks_are_drawn_against_what_is_published():
    backbones = [Ranked(name, 8, 10, 0.7, [0.5, 0.6]) for name in PUBLISHED]
    axes = panel(plots.ranks, Ranks("2026-01-01", MACHINE, {}, 9, backbones))
    detector, probe = axes.get_lines()[0], axes.get_lines()[3]
    assert list(detector.get_xdata()) == list(PUBLISHED.values())
    assert detector.get_ydata() == pytest.approx([55] * 3)
    assert probe.get_ydata() == pytest.approx([80] * 3)
