"""The page on the field note says what is recorded: each figure is that of a row of results."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RESULTS = {
    path.stem: path.read_text("utf-8") for path in ROOT.glob("benchmarks/results/field_*.md")
}
PAGE = (ROOT / "docs/field-note.md").read_text("utf-8")
INTERVAL = r"[+-]?\d+\.\d ± \d+\.\d"


def rows(text):
    """The cells of all rows of tables that have a first cell."""
    lines = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line] for line in lines]


def without_sign_of_nothing(text):
    return re.sub(r"-(0\.0 )", r"\1", text)


def test_each_interval_of_the_page_is_one_of_the_results():
    recorded = set(re.findall(INTERVAL, without_sign_of_nothing(" ".join(RESULTS.values()))))
    said = re.findall(INTERVAL, without_sign_of_nothing(PAGE))
    assert len(said) > 30
    assert [one for one in said if one not in recorded] == []


CHANGES = {
    "the default": "as it comes: depthwise, strides 8 to 32, 1 anchor",
    "dense in place of depthwise layers": "dense",
    "without the finest level, stride 8": "without the finest level",
    "the coarsest level alone": "the coarsest level alone",
    "3 anchors of three ratios": "3 anchors",
    "9 anchors, three scales each": "9 anchors",
    "32 channels in place of 64": "half the channels",
    "half the classes, merged in pairs": "half the classes, merged in pairs",
}
"""Rows of the page, and what they are called in the results."""


@pytest.mark.parametrize("said", CHANGES)
def test_a_row_of_changes_is_that_of_its_network(said):
    _, macs, mean, gain = next(row for row in rows(PAGE) if row[0] == said)
    network = CHANGES[said]
    recorded = next(row for row in rows(RESULTS["field_note_pyramid"]) if row[0] == network)
    assert recorded[1].startswith(f"{mean} ± ")
    assert recorded[3] == gain
    sizes = {row[0]: row[4] for row in rows(RESULTS["field_note_costs"])}
    assert macs == (f"{sizes[f'Lite0, {network}']} M" if f"Lite0, {network}" in sizes else "")


DEVICES = {
    "pads strided layers": "pads strided",
    "has lost the mean": "has lost the learned mean",
    "takes RGB for BGR": "takes images for BGR",
    "forms the groups": "makes groups of GroupNorm",
    "has one group": "makes 1 group in",
    "scales by ImageNet": "scales images by 'imagenet'",
    "has ReLU": "has ReLU",
    "takes a softmax": "takes a softmax",
    "scales to 0 .. 1": "scales images by '0..1'",
    "enlarges maps by rounding up": "enlarges maps to the nearest place, rounded up",
    "compares boxes of all classes": "compares boxes of all classes",
    "counts in 16 bits": "computes in float16",
    "has weights of 8 bits": "computes the last layer with weights of 8 bits",
    "adds another epsilon": "adds 1e-05",
}


@pytest.mark.parametrize("said", DEVICES)
def test_a_row_of_devices_is_that_of_its_imitation(said):
    cells = next(row for row in rows(PAGE) if row[0].startswith(said))
    of_results = RESULTS["field_note_conversion"]
    for cell, part in zip(cells[1:], of_results.split("## digits"), strict=True):
        recorded = next(row for row in rows(part) if row[1].startswith(DEVICES[said]))
        assert without_sign_of_nothing(recorded[2]) == cell


@pytest.mark.parametrize("head", ["16 channels", "64 channels"])
def test_a_row_of_noise_is_that_of_its_network(head):
    _, clean, slope = next(row for row in rows(PAGE) if row[0] == head)
    recorded = next(row for row in rows(RESULTS["field_note_noise"]) if row[0] == f"Lite0, {head}")
    assert recorded[1:3] == [clean, slope]


def test_norms_come_to_what_is_recorded():
    recorded = {row[0]: row[1] for row in rows(RESULTS["field_note_norm"])}
    group, batch = (recorded[f"{kind}, batches of 16"] for kind in ("group", "batch"))
    said = " ".join(PAGE.split())
    assert f"GroupNorm came to {group} points and with BatchNorm to {batch}" in said
    eight, two = (recorded[f"group, batches of {size}"] for size in (8, 2))
    assert f"With GroupNorm, batches of 8 came to {eight} and batches of 2 to {two}, more" in said
    assert f"| {len(recorded) - 1} of 27 trainings:" in PAGE  # without the head of the table
