"""How well a second opinion does, and how much it says is wrong, for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from rich.table import Table
from rich.text import Text

from labelaudit.boxes.metrics import likely_shares
from labelaudit.cli.text_tables import LONGEST_NAME, heading, table_of
from labelaudit.core.terminal import beginning
from labelaudit.core.text import counted, plain, rounded
from labelaudit.errors import ConfigError
from labelaudit.label_errors.evaluation.prevalence import ErrorEstimate, PrevalenceEstimates
from labelaudit.label_errors.evaluation.selftest import SelfTest

BAR = 24
"""Columns of a bar that stands for 100 %."""

UNCALIBRATED = "none: doubts of predictions rank labels, and are no probabilities"


def selftest_lines(result: SelfTest) -> Iterator[Text | Table]:
    """A self-test for a terminal."""
    errors = counted(result.planted, "planted error")
    yield Text.assemble((errors, "bold"), f" · {counted(result.boxes, 'box', 'boxes')}")
    yield Text(f"second opinion by {plain(result.source)}: judged {result.judged:,}")
    for note in result.notes:
        yield Text(plain(note), "yellow")
    yield heading("By kind", "average precision of the ranking by this kind alone")
    name, first = ("p", "most probable") if result.calibrated else ("doubt", "most doubted")
    table = table_of("kind", "planted", f"found at {name} 0.5", "average precision", right=3)
    for kind in result.kinds:
        value = "" if kind.average_precision is None else f"{kind.average_precision:.2f}"
        table.add_row(kind.kind.replace("_", "-"), f"{kind.planted:,}", f"{kind.found:,}", value)
    yield table
    yield heading(f"If you look at the {first} findings")
    table = table_of("findings", "errors found", "of all errors", "of the findings", right=4)
    for budget in result.budgets:
        shares = (f"{budget.recall:.0%}", f"{budget.precision:.0%}")
        table.add_row(f"{budget.findings:,}", f"{budget.found:,}", *shares)
    yield table
    if result.calibration_error is None:
        yield heading("Calibration", UNCALIBRATED)
    else:
        yield heading("Calibration", f"mean error {result.calibration_error:.3f}")
        yield calibration_lines(result)
    yield Text(
        "\nErrors that the labels had before count as false alarms here, so that there are more"
        " right findings than this says. Real errors are harder to find than planted ones.",
        "dim",
    )


def calibration_lines(result: SelfTest) -> Table:
    """Expected and planted share of errors by range of probability."""
    table = table_of("probability", "boxes", "expected", "planted", "", right=4)
    table.columns[-1].justify = "left"
    for one in result.calibration:
        table.add_row(
            f"{one.low:.2f} to {one.high:.2f}",
            f"{one.boxes:,}",
            f"{one.expected:.0%}",
            f"{one.planted:.0%}",
            Text("█" * round(one.planted * BAR), "cyan"),
        )
    return table


def calibration_plot(result: SelfTest, path: Path) -> None:
    """Draw the calibration: planted share over probability, as a .png or .svg.

    Raises
    ------
    ConfigError
        if there are doubts and no probabilities, matplotlib is not installed, or the file would be
        of another kind.
    """
    if not result.calibrated:
        raise ConfigError(f"{path}: no calibration can be drawn, there is {UNCALIBRATED}")
    if path.suffix.lower() not in (".png", ".svg"):
        raise ConfigError(f"{path}: a plot is a .png or an .svg")
    if find_spec("matplotlib") is None:
        raise ConfigError("a plot needs matplotlib: pip install matplotlib")
    from matplotlib.figure import Figure  # noqa: PLC0415  # half a second, and not installed by us

    figure = Figure(figsize=(5, 5.4), layout="constrained")
    axes = figure.add_subplot(
        xlabel="probability that a label is wrong", ylabel="share with a planted error"
    )
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1, linestyle="--")
    bins = result.calibration
    ranges = [likely_shares(one.planted, one.boxes) for one in bins]
    # No line from point to point: between those of few boxes it would show leaps that are none.
    axes.errorbar(
        [one.expected for one in bins],
        [one.planted for one in bins],
        yerr=[
            [one.planted - low for one, (low, _) in zip(bins, ranges, strict=True)],
            [high - one.planted for one, (_, high) in zip(bins, ranges, strict=True)],
        ],
        fmt="o",
        capsize=3,
    )
    for one in bins:
        place = (one.expected, one.planted)
        axes.annotate(f"{one.boxes:,}", place, (6, 4), textcoords="offset points", fontsize=7)
    axes.set(xlim=(-0.03, 1.05), ylim=(-0.03, 1.05), aspect="equal")
    axes.set_title(
        f"calibration error {result.calibration_error:.3f}\n"
        "numbers: boxes; bars: 95 % interval of so many boxes",
        fontsize=9,
    )
    figure.savefig(path, dpi=150)


def estimate_lines(result: PrevalenceEstimates) -> Iterator[Text | Table]:
    """An estimate for a terminal."""
    unit = {"boxes": ("label", "labels"), "images": ("image", "images")}[result.unit]
    wrong = "wrong labels" if result.unit == "boxes" else "missing objects"
    line = Text(f"{interval(result.all)} {wrong} in {counted(result.all.of, *unit)}", "bold")
    yield line.append(f"; {result.all.wrong:,} in the {result.all.judged:,} that were judged", "")
    if result.without_verdict:
        yield Text(
            f"{counted(result.without_verdict, 'line')} without a verdict left out: the estimate "
            "holds only if these were not chosen by what they show",
            "yellow",
        )
    for title, rows in (("By kind", result.kinds), ("By class", result.classes)):
        if rows:
            yield heading(title, "in 95 of 100 samples, the interval holds the true number")
            yield estimate_table(rows)


def estimate_table(rows: Sequence[ErrorEstimate]) -> Table:
    """Estimates, a row each."""
    table = table_of("", "judged", "wrong", "of", "estimated in all", right=4)
    for row in rows:
        numbers = (f"{row.judged:,}", f"{row.wrong:,}", f"{row.of:,}")
        table.add_row(beginning(plain(row.name), LONGEST_NAME), *numbers, interval(row))
    return table


def interval(estimate: ErrorEstimate) -> str:
    """An estimated number with its interval in words."""
    if estimate.errors is None or estimate.low is None or estimate.high is None:
        return "too few judged"
    return f"{rounded(estimate.errors)} ({rounded(estimate.low)} to {rounded(estimate.high)})"
