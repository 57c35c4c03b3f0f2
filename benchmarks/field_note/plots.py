"""Draws what was recorded of the field note, a picture a question, for `docs/field-note.md`.

    python -m benchmarks.field_note.plots

Nothing is measured: the numbers are those of `benchmarks/results/field_note_*.json`.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType

import msgspec
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.field_note.__main__ import Answer
from benchmarks.field_note.conversion import FAITHFUL
from benchmarks.field_note.conversion import Costs as ConversionCosts
from benchmarks.field_note.costs import Costs as SizesAndTimes
from benchmarks.field_note.ranks import PUBLISHED, Ranks
from benchmarks.field_note.tables import PERCENT, interval
from benchmarks.field_note.trials import Result

ROOT = Path(__file__).parents[2]

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#444444")
"""Of Okabe and Ito, which people of any colour vision tell apart."""

NO_MACS: Mapping[str, float] = MappingProxyType({})

MARKERS = ("o", "s", "^", "D", "v")


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw what is recorded."""
    parser = argparse.ArgumentParser(
        prog="plots", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "results")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "images")
    options = parser.parse_args(arguments)
    sizes = options.results / "field_note_costs.json"
    macs = multiply_adds(sizes) if sizes.exists() else {}
    for question, (kind, panel, share) in PICTURES.items():
        recorded = options.results / f"field_note_{question}.json"
        if recorded.exists():
            answers = msgspec.json.decode(recorded.read_bytes(), type=dict[str, kind])
            path = options.output / f"field-note-{question}.png"
            drawn = partial(panel, macs=macs) if question == "pyramid" else panel
            draw(answers, drawn, path, share_names=share)
            print(path)


def draw(
    answers: Mapping[str, Answer | ConversionCosts | Ranks],
    panel: Callable[..., None],
    path: Path,
    *,
    share_names: bool,
) -> None:
    """One picture, a panel a dataset.

    Parameters
    ----------
    answers: by dataset.
    panel: draws one of them.
    path: of the picture.
    share_names: whether the vertical axis names things, which then stand at the left alone.
    """
    figure = Figure(figsize=(4.6 * len(answers) + 4 * share_names, 4.4), layout="constrained")
    axes = figure.subplots(1, len(answers), squeeze=False, sharey=share_names)[0]
    for place, (name, answer) in zip(axes, answers.items(), strict=True):
        panel(place, answer)
        place.set_title(name, fontsize=10)
        place.grid(axis="x" if share_names else "y", alpha=0.3)
    figure.savefig(path, dpi=120)


def noise(axes: Axes, answer: Answer) -> None:
    """Points lost to all kinds of noise together, by rate and network."""
    for number, (network, mine) in enumerate(_by_network(answer.results)):
        clean = {one.seed: one.map for one in mine if not one.noise}
        rates = sorted({one.rate for one in mine if one.noise == "all kinds"})
        lost = [
            [
                PERCENT * (clean[one.seed] - one.map)
                for one in mine
                if one.noise == "all kinds" and one.rate == rate and one.seed in clean
            ]
            for rate in rates
        ]
        places = [0.0, *(PERCENT * rate for rate in rates)]
        _line(axes, number, network, places, [[0.0] * len(clean), *lost])
    axes.set(xlabel="% of labels made wrong", ylabel="points of mAP lost")
    axes.legend(fontsize=8)


def norm(axes: Axes, answer: Answer) -> None:
    """MAP by the images of a batch, a line a kind of norm."""
    kinds: dict[str, dict[int, list[float]]] = {}
    for one in answer.results:
        kind, batch = re.fullmatch(r"(\w+), batches of ([0-9]+)", one.network).groups()
        kinds.setdefault(kind, {}).setdefault(int(batch), []).append(PERCENT * one.map)
    for number, (kind, by_batch) in enumerate(kinds.items()):
        _line(axes, number, kind, list(by_batch), list(by_batch.values()))
    axes.set(xlabel="images of a batch", ylabel="mAP, points")
    axes.set_xscale("log", base=2)
    axes.set_xticks(sorted(by_batch), [str(batch) for batch in sorted(by_batch)])
    axes.legend(title="norm of pyramid and head", fontsize=8)


def multiply_adds(path: Path) -> dict[str, float]:
    """Multiply-adds of pyramid and head that were counted, by network."""
    known = msgspec.json.decode(path.read_bytes(), type=dict[str, SizesAndTimes])
    return {one.network: one.size.rest_macs for made in known.values() for one in made.networks}


def pyramid(axes: Axes, answer: Answer, macs: Mapping[str, float] = NO_MACS) -> None:
    """MAP of each network, a bar each.

    Parameters
    ----------
    axes: to draw on.
    answer: of a dataset.
    macs: multiply-adds of pyramid and head, for the names of the bars.
    """
    names, values = [], []
    for network, mine in _by_network(answer.results):
        counted = macs.get(f"Lite0, {network}")
        name = network.removesuffix(": depthwise, strides 8 to 32, 1 anchor")
        names.append(name if counted is None else f"{name} · {counted / 1e6:,.0f} M")
        values.append([PERCENT * one.map for one in mine])
    _bars(axes, names, values)
    axes.set_xlabel("mAP, points" + " (M: multiply-adds of pyramid and head)" * bool(macs))


def conversion(axes: Axes, answer: ConversionCosts) -> None:
    """Points lost by each thing that a device does otherwise."""
    faithful = {one.seed: one.map for one in answer.results if one.what == FAITHFUL}
    lost: dict[str, list[float]] = {}
    for one in answer.results:
        if one.what != FAITHFUL:
            name = f"{one.trap}: {re.split(r' [(]|, ', one.what)[0]}"
            lost.setdefault(name, []).append(PERCENT * (faithful[one.seed] - one.map))
    _bars(axes, list(lost), list(lost.values()))
    axes.set_xlabel("points of mAP lost")


def ranks(axes: Axes, answer: Ranks) -> None:
    """MAP against the published accuracy, and the probe's against it."""
    published = [PUBLISHED[one.backbone] for one in answer.backbones]
    _line(
        axes,
        0,
        "mAP of the detector",
        published,
        [[PERCENT * value for value in one.map] for one in answer.backbones],
    )
    probe = [[PERCENT * one.right / one.objects] for one in answer.backbones]
    _line(axes, 1, "linear probe on crops", published, probe)
    axes.set(xlabel="top-1 on ImageNet, % (Lite0, Lite1, Lite2)", ylabel="points")
    axes.legend(fontsize=8)


PICTURES: Mapping[str, tuple[type, Callable[..., None], bool]] = {
    "noise": (Answer, noise, False),
    "norm": (Answer, norm, False),
    "pyramid": (Answer, pyramid, True),
    "conversion": (ConversionCosts, conversion, True),
    "ranks": (Ranks, ranks, False),
}
"""Of each question: what is recorded, what draws it, whether the vertical axis has names."""


def _by_network(results: Iterable[Result]) -> list[tuple[str, list[Result]]]:
    found: dict[str, list[Result]] = {}
    for one in results:
        found.setdefault(one.network, []).append(one)
    return list(found.items())


def _line(
    axes: Axes, number: int, name: str, at: Sequence[float], values: Sequence[Sequence[float]]
) -> None:
    """Means with their intervals.

    Parameters
    ----------
    axes: to draw on.
    number: of the line, for its colour and marker.
    name: in the legend.
    at: places, (n,).
    values: of the seeds at each place.
    """
    means = [interval(some) for some in values]
    axes.errorbar(
        at,
        [one.mean for one in means],
        yerr=[one.half for one in means],
        color=COLOURS[number],
        marker=MARKERS[number],
        capsize=3,
        label=name,
    )


def _bars(axes: Axes, names: Sequence[str], values: Sequence[Sequence[float]]) -> None:
    """A bar each, first on top."""
    means = [interval(some) for some in values]
    places = range(len(names))
    axes.barh(
        places,
        [one.mean for one in means],
        xerr=[one.half for one in means],
        color=COLOURS[0],
        capsize=3,
    )
    axes.set_yticks(places, names, fontsize=8)
    if not axes.yaxis_inverted():
        axes.invert_yaxis()


if __name__ == "__main__":
    main()
