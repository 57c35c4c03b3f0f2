"""How bad it is and where to look first, in a few lines at the end of the text report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from rich.text import Text

from labelaudit.auditing.estimates.rates import GroupRate
from labelaudit.auditing.scan import Scan
from labelaudit.auditing.summary.overview import TOP_IMAGES, Basis, Overview, overview
from labelaudit.core.terminal import beginning, ending
from labelaudit.core.text import counted, plain, rounded
from labelaudit.reports.words import BY, share_clauses

FEW = 3
"""Images that a line names; so few images with errors need no line of their own."""

SAME = 1e-9
"""What two images are ordered by may differ by so much, for these are sums."""

LONGEST_NAME = 30
"""Columns of the name of a class or a folder in a line."""

LONGEST_IMAGE = 60
"""Columns of the name of an image in a line of its own."""


def overview_lines(scan: Scan) -> Iterator[Text]:
    """The share of errors, what stands out and the first images; nothing where all is clean."""
    top = TOP_IMAGES if scan.top_images is None else scan.top_images
    seen = overview(scan, top_images=max(top, FEW + 1))
    if not _says_anything(seen):
        if seen.by_doubts:
            yield from _images(scan, seen)
        return
    left = " left" if scan.fixed else " that are new" if scan.known else ""
    for basis, clauses in share_clauses(seen).items():
        yield Text.assemble((f"errors{left} {BY[basis]}", "bold"), " ", ", ".join(clauses))
    yield from _standing_out(seen)
    yield from _images(scan, seen)


def _says_anything(seen: Overview) -> bool:
    shares = (seen.boxes, seen.images, *([seen.missing] if seen.missing else []))
    return any(one.basis is not Basis.RULES or one.errors for one in shares)


def _standing_out(seen: Overview) -> Iterator[Text]:
    """Where boxes are wrong more often, a line for each field."""
    told: list[Sequence[tuple[int, float]]] = []
    for field, rates in seen.worst.items():
        numbers = [(rate.boxes, rate.errors) for rate in rates]
        if not rates or numbers in told:  # a folder for each split, say
            continue
        told.append(numbers)
        words = ", ".join(map(_rate, rates))
        yield Text(f"more often than elsewhere, of 1,000 boxes by {field}: {words}")


def _rate(rate: GroupRate) -> str:
    name = beginning(plain(rate.name), LONGEST_NAME) or "(none)"
    low, high = (round(1000 * one) for one in (rate.low, rate.high))
    return f"{name} {round(1000 * rate.rate):,} ({low:,} to {high:,})"


def _images(scan: Scan, seen: Overview) -> Iterator[Text]:
    """The images to look at first."""
    return _first_images(scan, seen) if scan.top_images is None else _top_images(scan, seen)


def _first_images(scan: Scan, seen: Overview) -> Iterator[Text]:
    """The images that have more errors than others in a line, where more than a few have any."""
    if len(seen.top_images) <= FEW:
        return
    most = seen.top_images[FEW].suspicion + SAME
    names = _image_names(scan, seen)
    first = [
        name
        for one, name in zip(seen.top_images[:FEW], names, strict=False)
        if one.suspicion > most
    ]
    holding = _holding(scan, seen)
    if first:
        words = "; ".join(filter(None, [_order(seen), holding]))
        yield Text.assemble("look first at ", (", ".join(first), "cyan"), f"; {words}")
    elif holding:
        yield Text(holding)


def _top_images(scan: Scan, seen: Overview) -> Iterator[Text]:
    """As many images as were asked for, a line each."""
    names = _image_names(scan, seen)
    if not scan.top_images or not names:
        return
    said = filter(None, ["look first at these images", _order(seen), _holding(scan, seen)])
    yield Text(f"{'; '.join(said)}:")
    for one, name in list(zip(seen.top_images, names, strict=True))[: scan.top_images]:
        words = f"  {rounded(one.expected, 1)} expected, {one.found:,} found"
        if one.doubted:
            words += f", {one.doubted:,} by doubts alone"
        yield Text.assemble("  ", (ending(name, LONGEST_IMAGE), "cyan"), words)


def _order(seen: Overview) -> str:
    """What the order is by, where it is not the number of errors that are expected."""
    return "by findings and doubts, which are an order and no number" if seen.by_doubts else ""


def _holding(scan: Scan, seen: Overview) -> str:
    """How many images hold most of the errors that are expected; empty where none are."""
    if not seen.images_with_most:
        return ""
    images = counted(len(scan.dataset.images), "image")
    apart = ", doubts not counted" if seen.by_doubts else ""
    return f"{seen.images_with_most:,} of {images} hold 80 % of the expected errors{apart}"


def _image_names(scan: Scan, seen: Overview) -> list[str]:
    """The names of the images to look at first, with their files where names repeat."""
    dataset = scan.dataset
    images, paths = dataset.images, [*dataset.files.path.tolist(), ""]
    repeated = {name for name, count in Counter(images.name.tolist()).items() if count > 1}
    names = []
    for row in (one.image for one in seen.top_images):
        name = str(images.name[row])
        file = paths[images.file[row]]
        names.append(plain(f"{file}: {name}" if name in repeated and file else name))
    return names
