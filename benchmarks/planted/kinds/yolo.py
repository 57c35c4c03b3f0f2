"""YOLO lines, class lists and whole datasets that are broken."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.planted.places import CLASS, FILE, Mark, Place
from benchmarks.planted.planting import in_yolo
from benchmarks.planted.yolo import YoloSpot

BOXES, CLASSES, CONVENTIONS = "boxes", "classes", "conventions"
POLYGONS, RECORDS, REFERENCES = "polygons", "records", "references"


@in_yolo(REFERENCES, "dangling-category")
def class_out_of_range(spot: YoloSpot) -> Mark:
    return spot.write_plain(" ".join(["42", *spot.plain.split()[1:]]))


@in_yolo(RECORDS, "wrong-type")
def line_with_a_sixth_number(spot: YoloSpot) -> Mark:
    return spot.write_plain(f"{spot.plain} 0.87")


@in_yolo(RECORDS, "unreadable-record")
def line_of_four_numbers(spot: YoloSpot) -> Mark:
    return spot.write_plain(" ".join(spot.plain.split()[:4]))


@in_yolo(RECORDS, "wrong-type")
def line_with_commas(spot: YoloSpot) -> Mark:
    return spot.write_plain(spot.plain.replace(" ", ","))


@in_yolo(RECORDS, "unreadable-record")
def line_of_words(spot: YoloSpot) -> Mark:
    return spot.write_plain("see the other file")


@in_yolo(RECORDS, "wrong-type")
def class_by_its_name(spot: YoloSpot) -> Mark:
    return spot.write_plain(" ".join(["bottle", *spot.plain.split()[1:]]))


@in_yolo(BOXES, "not-finite")
def box_with_nan(spot: YoloSpot) -> Mark:
    label, _, *rest = spot.plain.split()
    return spot.write_plain(" ".join([label, "nan", *rest]))


@in_yolo(BOXES, "outside-image")
def box_in_pixels(spot: YoloSpot) -> Mark:
    label, *words = spot.plain.split()
    pixels = [float(word) * side for word, side in zip(words, 2 * spot.image.size, strict=True)]
    return spot.write_plain(" ".join([label, *(f"{number:.1f}" for number in pixels)]))


@in_yolo(POLYGONS, "invalid-polygon")
def polygon_with_an_x_without_y(spot: YoloSpot) -> Mark:
    label, x, y, width, height = map(float, spot.plain.split())
    low, high = (x - width / 2, y - height / 2), (x + width / 2, y + height / 2)
    corners = [*low, high[0], low[1], *high, low[0]]
    return spot.write_plain(" ".join([f"{label:.0f}", *(f"{number:.6f}" for number in corners)]))


@in_yolo(CLASSES, "duplicate-class-name")
def class_named_twice(spot: YoloSpot) -> Mark:
    index = len(spot.yolo.classes)
    spot.yolo.classes[index] = "chair"
    spot.write_plain(" ".join([str(index), *spot.plain.split()[1:]]))
    return Place(CLASS, name="chair")


def _all_lines(spot: YoloSpot, rewrite: Callable[[list[float], float, float], list[float]]) -> Mark:
    """Write every box of a YOLO folder anew: from its centre, size and the image's size."""
    for image, other in spot.yolo.spots.items():
        for number, line in enumerate(other.lines):
            label, *words = line.split()
            numbers = rewrite([float(word) for word in words], *image.size)
            other.lines[number] = " ".join([label, *(f"{number:.6f}" for number in numbers)])
    return Place(FILE)


@in_yolo(CONVENTIONS, "wrong-convention", alone=True)
def pixels_as_fractions(spot: YoloSpot) -> Mark:
    return _all_lines(spot, lambda box, w, h: [box[0] * w, box[1] * h, box[2] * w, box[3] * h])


@in_yolo(CONVENTIONS, "wrong-convention", alone=True)
def corners_as_sizes(spot: YoloSpot) -> Mark:
    return _all_lines(
        spot,
        lambda box, *_: [
            box[0] - box[2] / 2,
            box[1] - box[3] / 2,
            box[0] + box[2] / 2,
            box[1] + box[3] / 2,
        ],
    )


@in_yolo(CONVENTIONS, "wrong-convention", alone=True)
def corners_as_centres(spot: YoloSpot) -> Mark:
    return _all_lines(
        spot, lambda box, *_: [box[0] - box[2] / 2, box[1] - box[3] / 2, box[2], box[3]]
    )
