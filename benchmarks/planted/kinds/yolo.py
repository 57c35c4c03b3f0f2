"""YOLO lines that are broken."""

from __future__ import annotations

from benchmarks.planted.places import Mark
from benchmarks.planted.planting import in_yolo
from benchmarks.planted.yolo import YoloSpot

RECORDS, REFERENCES = "records", "references"


@in_yolo(REFERENCES, "dangling-category")
def class_out_of_range(spot: YoloSpot) -> Mark:
    return spot.write_plain(" ".join(["42", *spot.plain.split()[1:]]))


@in_yolo(RECORDS, "unreadable-record", "missing-field", "wrong-type")
def line_with_a_sixth_number(spot: YoloSpot) -> Mark:
    return spot.write_plain(f"{spot.plain} 0.87")


@in_yolo(RECORDS, "unreadable-record", "missing-field")
def line_of_four_numbers(spot: YoloSpot) -> Mark:
    return spot.write_plain(" ".join(spot.plain.split()[:4]))


@in_yolo(RECORDS, "wrong-type", "unreadable-record")
def line_with_commas(spot: YoloSpot) -> Mark:
    return spot.write_plain(spot.plain.replace(" ", ","))


@in_yolo(RECORDS, "unreadable-record", "missing-field")
def line_of_words(spot: YoloSpot) -> Mark:
    return spot.write_plain("see the other file")


@in_yolo(RECORDS, "dangling-category", "wrong-type", "missing-field")
def class_by_its_name(spot: YoloSpot) -> Mark:
    return spot.write_plain(" ".join(["bottle", *spot.plain.split()[1:]]))


@in_yolo("boxes", "not-finite")
def box_with_nan(spot: YoloSpot) -> Mark:
    label, _, *rest = spot.plain.split()
    return spot.write_plain(" ".join([label, "nan", *rest]))


@in_yolo("boxes", "outside-image", "not-finite")
def box_in_pixels(spot: YoloSpot) -> Mark:
    label, *words = spot.plain.split()
    pixels = [
        float(word) * side for word, side in zip(words, 2 * spot.picture.size, strict=True)
    ]
    return spot.write_plain(" ".join([label, *(f"{number:.1f}" for number in pixels)]))


@in_yolo("polygons", "invalid-polygon", "unreadable-record", "missing-field")
def polygon_with_an_x_without_y(spot: YoloSpot) -> Mark:
    label, x, y, width, height = map(float, spot.plain.split())
    low, high = (x - width / 2, y - height / 2), (x + width / 2, y + height / 2)
    corners = [*low, high[0], low[1], *high, low[0]]
    return spot.write_plain(" ".join([f"{label:.0f}", *(f"{number:.6f}" for number in corners)]))
