"""An experiment as a picture: what noise costs, what fixes are worth, how much review is enough."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from labelaudit.core.markup import in_plot
from labelaudit.core.terminal import beginning
from labelaudit.core.text import plain
from labelaudit.errors import ConfigError
from labelaudit.impact.summary import ImpactSummary, Points, SetPoints

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = {
    "mixed": "#444444",
    "missing": "#0072b2",
    "spurious": "#d55e00",
    "wrong-class": "#009e73",
    "loose": "#cc79a7",
}
"""Of Okabe and Ito, which people of any colour vision tell apart."""

MARKERS = {"mixed": "D", "missing": "o", "spurious": "s", "wrong-class": "^", "loose": "v"}

AS_IS = "#777777"

MOST_CLASSES = 12
"""Classes that are drawn: those of most objects; a choice."""

APART = 0.25
"""Per cent by which kinds of noise stand apart, so that their bars can be told."""


def check_plots() -> None:
    """Raises `ConfigError` unless matplotlib is installed."""
    if find_spec("matplotlib") is None:
        raise ConfigError("the plot needs matplotlib: pip install 'labelaudit[plot]'")


def draw(result: ImpactSummary, path: Path) -> None:
    """Draw an experiment as a .png.

    Raises
    ------
    ConfigError
        if matplotlib is not installed.
    """
    check_plots()
    from matplotlib.figure import Figure  # noqa: PLC0415  # half a second, and not installed by us

    panels = [_noise] if result.of_group("noise") else []
    panels += [_review if result.review else _fixes, _classes]
    figure = Figure(figsize=(4.6 * len(panels), 4.2), layout="constrained")
    for number, panel in enumerate(panels, 1):
        panel(figure.add_subplot(1, len(panels), number), result)
    figure.suptitle(
        f"{in_plot(result.dataset)}: {result.learned:,} images learned, {result.held_out:,} held "
        f"out, {result.seeds} seeds, {result.network}\nbars: 95 % intervals over seeds and "
        "held-out images",
        fontsize=9,
    )
    figure.savefig(path, dpi=150, format="png")


def _noise(axes: Axes, result: ImpactSummary) -> None:
    """Points lost to planted noise, by rate."""
    every = result.of_group("noise")
    kinds = list(dict.fromkeys(one.noise for one in every))
    for place, kind in enumerate(kinds):
        mine = sorted((one for one in every if one.noise == kind), key=lambda one: one.share)
        shift = APART * (place - (len(kinds) - 1) / 2)
        rates = [0.0, *(100 * one.share + shift for one in mine)]
        points = [Points(0.0, 0.0, 0.0), *(one.gain for one in mine)]
        _bars(
            axes,
            rates,
            points,
            label=kind,
            color=COLOURS[kind],
            marker=MARKERS[kind],
            linestyle="-",
        )
    if result.best.changed:
        gain = result.best.gain
        axes.axhspan(-gain.high, -gain.low, color=AS_IS, alpha=0.15, linewidth=0)
        axes.axhline(
            -gain.value, color=AS_IS, linestyle="--", linewidth=1, label="labels as they are"
        )
    axes.axhline(0, color="black", linewidth=0.6)
    axes.set(xlabel="labels made wrong, %", ylabel="points of mAP against mended labels")
    axes.set_title(f"What noise costs (mended: {result.best.words})", fontsize=9)
    axes.legend(fontsize=7)


def _fixes(axes: Axes, result: ImpactSummary) -> None:
    """What each label set is worth against labels as they are."""
    sets = result.of_group("labels")[1:]
    _bars(axes, range(len(sets)), [one.gain for one in sets], color=COLOURS["missing"], marker="o")
    axes.set_xticks(range(len(sets)), [_named(one) for one in sets], fontsize=8)
    axes.set_xlim(-0.8, len(sets) - 0.2)
    axes.axhline(0, color=AS_IS, linestyle="--", linewidth=1)
    axes.set(ylabel="points of mAP against labels as they are")
    axes.set_title("What fixes are worth", fontsize=9)


def _named(one: SetPoints) -> str:
    return f"{one.words}\n({one.changed:,} labels)"


def _review(axes: Axes, result: ImpactSummary) -> None:
    """What more and more of a review is worth."""
    steps = result.review
    minutes = [one.seconds / 60 for one in steps]
    _bars(
        axes,
        minutes,
        [one.gain for one in steps],
        color=COLOURS["missing"],
        marker="o",
        linestyle="-",
    )
    sides = ["left", *["center"] * (len(steps) - 2), "right"]
    for one, place, side in zip(steps, minutes, sides, strict=True):
        look = {"textcoords": "offset points", "fontsize": 7, "ha": side}
        axes.annotate(one.words.removeprefix("first "), (place, one.gain.high), (0, 3), **look)  # type: ignore[arg-type]  # as above
    told = bool(result.enough) and result.enough != steps[0].name
    if result.enough and told:
        enough = result.named(result.enough)
        axes.axvline(enough.seconds / 60, color=COLOURS["spurious"], linestyle=":", linewidth=1.2)
    axes.margins(x=0.1, y=0.12)
    axes.axhline(0, color=AS_IS, linestyle="--", linewidth=1)
    axes.set(
        xlabel="minutes of a reviewer, estimated",
        ylabel="points of mAP against labels as they are",
    )
    dotted = "\ndotted: more brings nothing that can be told" if told else ""
    axes.set_title(f"How much review{dotted}", fontsize=9)


def _classes(axes: Axes, result: ImpactSummary) -> None:
    """What the mended labels are worth, class by class."""
    best = result.of_group("review")[-1] if result.of_group("review") else result.best
    rows = sorted(best.classes, key=lambda row: -row.objects)[:MOST_CLASSES]
    rows = sorted((row for row in rows if row.objects), key=lambda row: row.gain.value)
    for place, row in enumerate(rows):
        gain = row.gain
        reach = [[gain.value - gain.low], [gain.high - gain.value]]
        axes.errorbar(
            [gain.value], [place], xerr=reach, fmt="o", color=COLOURS["missing"], capsize=3
        )
    axes.set_yticks(
        range(len(rows)),
        [f"{in_plot(beginning(plain(row.name), 24))} ({row.objects:,})" for row in rows],
        fontsize=8,
    )
    axes.set_ylim(-0.8, max(len(rows), 1) - 0.2)
    axes.axvline(0, color=AS_IS, linestyle="--", linewidth=1)
    axes.set(xlabel="points of AP against labels as they are")
    axes.set_title(f"By class (objects held out), after: {best.words}", fontsize=9)


def _bars(axes: Axes, places: Sequence[float], points: Sequence[Points], **style: object) -> None:
    """Values with the bars of their intervals."""
    values = [one.value for one in points]
    low = [one.value - one.low for one in points]
    high = [one.high - one.value for one in points]
    look = {"linestyle": "", "capsize": 3, "markersize": 4, "linewidth": 1.2} | style
    axes.errorbar(list(places), values, yerr=[low, high], **look)  # type: ignore[arg-type]  # its own words
