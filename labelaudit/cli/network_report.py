"""What a network sees of a dataset, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from labelaudit.auditing.summary.network_summary import AnchorSet, NetworkSummary
from labelaudit.cli.text_tables import LONGEST_NAME, heading, table_of
from labelaudit.core.terminal import beginning
from labelaudit.core.text import counted, plain
from labelaudit.network.advice import (
    ENOUGH,
    MAX_LOST,
    MAX_LOST_OF_CLASS,
    MIN_VANISHING,
    LevelUse,
    enough_tiles,
    head_cost,
)
from labelaudit.network.settings import NetworkSettings
from labelaudit.network.view import LEAST_PART, TileGrid

MOST_CLASSES = 20
"""Classes that the text shows, unless all are asked for."""

TILED = 0.01
"""Share of boxes that vanish above which tiles are shown; a choice."""

SETTLED = 0.01
"""Share of boxes that only other anchors would match below which none are advised; a choice."""


def network_lines(
    summary: NetworkSummary, settings: NetworkSettings, *, classes: int | None
) -> Iterator[Text | Table]:
    """The whole report.

    Parameters
    ----------
    summary:
        of the dataset.
    settings:
        of the network.
    classes:
        how many are shown; None: all.
    """
    strides = ", ".join(map(str, summary.strides))
    anchors = sum(len(level) for level in settings.anchors)
    yield Text.assemble(
        (summary.name or "a network", "bold"),
        f" at {settings.size_words} · strides {strides} · ",
        counted(anchors, "anchor") if anchors else "no anchors",
        f" · {counted(summary.boxes, 'box', 'boxes')}",
    )
    if summary.skipped:
        yield Text(
            f"{counted(summary.skipped, 'box', 'boxes')} left out: crowds, difficult ones, what "
            "has no class, no inside or no image of known size",
            "dim",
        )
    if not summary.boxes:
        return
    least = f"{LEAST_PART * summary.strides[0]:g} px"
    words = "; no anchor: as they are → as advised" if summary.anchors else ""
    yield heading("Classes", f"in pixels of the input; a box vanishes below {least}{words}")
    yield _classes(summary, classes)
    untold = len(summary.classes) - (classes or len(summary.classes))
    if untold > 0:
        yield Text(f"  ... and {counted(untold, 'class', 'classes')} more: --all-classes", "dim")
    yield heading("Levels", "each alone, with the anchors that there are")
    yield _levels(summary)
    if summary.anchors:
        yield heading("Anchors", "in their places on the grid; matched from an overlap of .5 on")
        yield _anchors(summary.anchors)
    gone = sum(row.vanishing for row in summary.classes)
    if gone > TILED * summary.boxes:
        yield heading("Tiles", "each seen at the full size, a fifth of it overlapping the next")
        yield _tiles(summary)
    yield heading("Advice")
    for line in advice(summary):
        yield Text(f"  {line}")


def _percent(count: int, every: int) -> str:
    """A share in a table; a dot where it is nothing.

    >>> _percent(0, 9), _percent(1, 1000), _percent(1, 2)
    ('·', '0.1 %', '50 %')
    """
    share = 100 * count / max(every, 1)
    return f"{share:.{share < 1:d}f} %" if count else "·"


def _classes(summary: NetworkSummary, most: int | None) -> Table:
    strides = ", ".join(map(str, summary.strides))
    names = ["boxes", "median", "vanish", "share cells"]
    names += ["no anchor"] if summary.anchors else []
    table = table_of("class", *names, f"at {strides}", right=len(names) + 1)
    for row in summary.classes[:most]:
        shares = [_percent(count, row.boxes) for count in (row.vanishing, row.crowded)]
        if row.unmatched is not None and row.unmatched_as_advised is not None:
            then = _percent(row.unmatched_as_advised, row.boxes)
            shares.append(f"{_percent(row.unmatched, row.boxes)} → {then}")
        levels = [f"{100 * count / row.boxes:.0f}" for count in row.levels]
        table.add_row(
            beginning(plain(row.name), LONGEST_NAME),
            f"{row.boxes:,}",
            f"{row.width:.0f} x {row.height:.0f}",
            *shares,
            f"{', '.join(levels)} %",
        )
    return table


def _levels(summary: NetworkSummary) -> Table:
    table = table_of("stride", "places", "boxes", "lost without it", "would go to", right=0)
    for use in summary.levels:
        takers = ", ".join(f"stride {stride}: {count:,}" for stride, count in use.takers)
        table.add_row(
            f"{use.stride}",
            f"{use.places:.1%}".replace("%", " %"),
            f"{use.boxes:,} ({_percent(use.boxes, summary.boxes)})" if use.boxes else "none",
            _percent(use.lost, summary.boxes) if use.lost else "none",
            takers or "-",
        )
    return table


def _anchors(sets: Sequence[AnchorSet]) -> Table:
    table = table_of("", "strides", "anchors", "in an image", "overlap", "matched", right=3)
    for one in sets:
        table.add_row(
            Text(one.name, "bold"),
            ", ".join(map(str, one.strides)),
            anchor_words(one),
            f"{one.per_image:,}",
            f"{one.overlap:.2f}",
            f"{one.matched:.1%}".replace("%", " %"),
        )
    return table


def anchor_words(one: AnchorSet) -> str:
    """Anchors for people: scales and ratios, or widths and heights where they are few."""
    if one.scales:
        return f"scales {numbers(one.scales)}; ratios {numbers(one.ratios)}"
    shapes = [f"{w:.0f}x{h:.0f}" for level in one.anchors for w, h in level]
    most = 9
    return ", ".join(shapes) if len(shapes) <= most else f"{len(shapes)} of them"


def numbers(values: Sequence[float]) -> str:
    """Numbers as options take them.

    >>> numbers((2.62, 4.0))
    '2.62,4'
    """
    return ",".join(f"{value:g}" for value in values)


def _tiles(summary: NetworkSummary) -> Table:
    table = table_of("tiles", "vanish", "images for each", "boxes cut", right=3)
    gone = sum(row.vanishing for row in summary.classes)
    table.add_row("none", _percent(gone, summary.boxes), "1", "·")
    for grid in summary.tiles:
        table.add_row(
            f"{grid.columns} x {grid.rows}",
            _percent(grid.vanishing, summary.boxes),
            f"{grid.columns * grid.rows}",
            _percent(grid.cut, summary.boxes),
        )
    return table


def advice(summary: NetworkSummary) -> Iterator[str]:
    """What could be done, a line each."""
    lines = [
        *_anchor_advice(summary),
        *_level_advice(summary),
        *_tile_advice(summary),
        *(
            f"{one.rare} ({one.boxes:,}) and {one.other} ({one.other_boxes:,}) are confused "
            f"{counted(one.conflicts + one.taken, 'time')}: one class may do"
            for one in summary.merges
        ),
    ]
    yield from lines or ["nothing: the network fits these boxes"]


def _anchor_advice(summary: NetworkSummary) -> Iterator[str]:
    if not summary.anchors:
        return
    now, _, advised = summary.anchors
    if _keeps(summary):
        yield f"keep the anchors: {100 * now.matched:.1f} % of the boxes are matched"
        return
    each, before = (round(one.per_image / one.places) for one in (advised, now))
    yield (
        f"--strides {numbers(advised.strides)} {_anchor_options(advised)}: "
        f"{100 * advised.matched:.1f} % of the boxes "
        f"matched instead of {100 * now.matched:.1f} %, by {counted(each, 'anchor')} at each of "
        f"{advised.places:,} places instead of {before:,} at {now.places:,}"
    )


def _anchor_options(one: AnchorSet) -> str:
    """Anchors as options take them: scales and ratios, or a list for each level."""
    if one.scales:
        return f"--anchor-scales {numbers(one.scales)} --anchor-ratios {numbers(one.ratios)}"
    lists = (numbers([side for shape in level for side in shape]) for level in one.anchors)
    return " ".join(f"--anchors {words}" for words in lists)


def _keeps(summary: NetworkSummary) -> bool:
    """Whether no other anchors are advised; also where there are none."""
    if not summary.anchors:
        return True
    now, _, advised = summary.anchors
    gain = round(advised.matched - now.matched, 4)  # as they are told
    cost, before = (head_cost(one.places, one.per_image) for one in (advised, now))
    return gain < -ENOUGH or (gain < SETTLED and cost >= before)


def _level_advice(summary: NetworkSummary) -> Iterator[str]:
    for use in summary.levels:
        # Other anchors come with levels of their own.
        if _keeps(summary) and is_idle(use, summary):
            yield (
                f"leave stride {use.stride} out: {100 * use.places:.0f} % of the places for "
                f"{counted(use.boxes, 'box', 'boxes')}, of which {use.lost:,} would be lost"
            )


def is_idle(use: LevelUse, summary: NetworkSummary) -> bool:
    """Whether a level is hardly missed."""
    few = max(use.lost, use.vanishing) <= MAX_LOST * summary.boxes
    return few and len(summary.levels) > 1 and use.worst <= MAX_LOST_OF_CLASS


def _tile_advice(summary: NetworkSummary) -> Iterator[str]:
    gone = sum(row.vanishing for row in summary.classes)
    if gone < MIN_VANISHING * summary.boxes:
        return
    grid = enough_tiles(gone, summary.tiles)
    what = f"{counted(gone, 'box', 'boxes')} vanish"
    if grid is None:
        yield f"{what}, more than tiles would bring back: a larger input, or doing without them"
    else:
        yield f"{what}: {_words(grid)} bring {gone - grid.vanishing:,} of them back"


def _words(grid: TileGrid) -> str:
    return f"{grid.columns} x {grid.rows} tiles ({grid.columns * grid.rows} times the images)"
