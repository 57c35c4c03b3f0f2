"""Writes invented scenes as a Pascal VOC folder: XML files, image sets and small images."""

from __future__ import annotations

from pathlib import Path

from benchmarks.image_files import ImageFile, jpeg
from benchmarks.scenes import NAMES, Ints, Scenes


def write_voc(folder: Path, scenes: Scenes, *, image: ImageFile = jpeg) -> None:
    """Write `scenes` into `folder`, nine images in ten as train and one as val."""
    for name in ("Annotations", "ImageSets/Main", "JPEGImages"):
        (folder / name).mkdir(parents=True)
    stems = [f"{2007 + number % 6}_{number:06}" for number in scenes.id.tolist()]
    for row, (stem, boxes) in enumerate(zip(stems, scenes.boxes_of_images(), strict=True)):
        (folder / "Annotations" / f"{stem}.xml").write_text(_document(stem, scenes, row, boxes))
        width, height = scenes.size[row].tolist()
        (folder / "JPEGImages" / f"{stem}.jpg").write_bytes(image((width, height), row))
    sets = {"train": stems[len(stems) // 10 :], "val": stems[: len(stems) // 10], "trainval": stems}
    for name, members in sets.items():
        (folder / "ImageSets/Main" / f"{name}.txt").write_text("\n".join(sorted(members)) + "\n")


def _document(stem: str, scenes: Scenes, image: int, boxes: Ints) -> str:
    """The XML text of one image, as the challenge's own files are laid out."""
    width, height = scenes.size[image].tolist()
    labels, sides = scenes.label[boxes].tolist(), scenes.box[boxes].tolist()
    objects = "".join(
        _object(NAMES[label], side, (width, height))
        for label, side in zip(labels, sides, strict=True)
    )
    return (
        "<annotation>\n\t<folder>VOC2012</folder>\n"
        f"\t<filename>{stem}.jpg</filename>\n"
        "\t<source>\n\t\t<database>The VOC2007 Database</database>\n"
        "\t\t<annotation>PASCAL VOC2007</annotation>\n\t\t<image>flickr</image>\n\t</source>\n"
        f"\t<size>\n\t\t<width>{width}</width>\n\t\t<height>{height}</height>\n"
        f"\t\t<depth>3</depth>\n\t</size>\n\t<segmented>0</segmented>\n{objects}</annotation>\n"
    )


def _object(name: str, sides: list[int], size: tuple[int, int]) -> str:
    """The XML text of one box, its corners 1-based pixels, both of them inside."""
    left, top = (side // 100 + 1 for side in sides[:2])
    right, bottom = (-(-side // 100) for side in sides[2:])
    truncated = left == 1 or top == 1 or (right, bottom) == size
    return (
        f"\t<object>\n\t\t<name>{name}</name>\n\t\t<pose>Unspecified</pose>\n"
        f"\t\t<truncated>{truncated:d}</truncated>\n\t\t<difficult>{left % 20 == 0:d}</difficult>\n"
        f"\t\t<bndbox>\n\t\t\t<xmin>{left}</xmin>\n\t\t\t<ymin>{top}</ymin>\n"
        f"\t\t\t<xmax>{right}</xmax>\n\t\t\t<ymax>{bottom}</ymax>\n\t\t</bndbox>\n\t</object>\n"
    )
