"""Images of every kind that Pillow writes, against what torchvision's own dataset makes of them."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile
from torchvision.datasets import CocoDetection, wrap_dataset_for_transforms_v2

from labelaudit.errors import ConfigError
from labelaudit.torch.dataset import DetectionDataset
from labelaudit.torch.image_files import TOO_LARGE

SIZE = (64, 48)


def noise(bands: int = 3, *, high: int = 256, kind: type = np.uint8, seed: int = 0) -> Image.Image:
    """Pixels of noise below `high`."""
    shape = (SIZE[1], SIZE[0], bands) if bands > 1 else (SIZE[1], SIZE[0])
    return Image.fromarray(np.random.default_rng(seed).integers(0, high, shape).astype(kind))


def turned(orientation: int) -> dict:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return {"exif": exif}


def frames() -> dict:
    return {"save_all": True, "append_images": [noise(seed=1), noise(seed=2)]}


COLOURS = noise()
SAME: dict[str, tuple[Image.Image, dict]] = {
    "cmyk.jpg": (COLOURS.convert("CMYK"), {}),
    "cmyk.tif": (COLOURS.convert("CMYK"), {}),
    "ycbcr.jpg": (COLOURS.convert("YCbCr"), {}),
    "grey.jpg": (COLOURS.convert("L"), {}),
    "two-colours.png": (COLOURS.convert("1"), {}),
    "palette.png": (COLOURS.convert("P"), {}),
    "one-colour-is-clear.png": (COLOURS.convert("P"), {"transparency": 3}),
    "clear.png": (noise(4), {}),
    "clear-grey.png": (COLOURS.convert("LA"), {}),
    "clear-red.png": (COLOURS, {"transparency": (1, 2, 3)}),
    "animated.gif": (COLOURS, frames()),
    "animated.png": (COLOURS, frames()),
    "animated.webp": (COLOURS, frames() | {"lossless": True}),
    "pages.tif": (COLOURS, frames()),
    "pair.mpo": (COLOURS, frames()),
    "dot.png": (COLOURS.crop((0, 0, 1, 1)), {}),
    "line.jpg": (COLOURS.crop((0, 0, 64, 1)), {}),
    "jpeg-called.png": (COLOURS, {"format": "JPEG"}),
    "png-called.jpg": (COLOURS, {"format": "PNG"}),
    "ä # %20.png": (COLOURS, {}),
    "a/same.png": (noise(seed=3), {}),
    "b/same.png": (noise(seed=4), {}),
    "a/b/same.png": (noise(seed=5), {}),
    **{f"exif{number}.jpg": (COLOURS, turned(number)) for number in range(1, 9)},
    "exif6.png": (COLOURS, turned(6)),
    "exif6.webp": (COLOURS, turned(6) | {"lossless": True}),
}
"""What torchvision reads, too."""


def labelled(folder: Path, sizes: dict[str, tuple[int, int]]) -> Path:
    """Labels of images, each with a box of a quarter of it."""
    images = [
        {"id": number, "file_name": name, "width": size[0], "height": size[1]}
        for number, (name, size) in enumerate(sizes.items(), 1)
    ]
    boxes = [
        {
            "id": row["id"],
            "image_id": row["id"],
            "category_id": 1,
            "bbox": [0, 0, max(1, row["width"] // 2), max(1, row["height"] // 2)],
            "area": 1,
            "iscrowd": 0,
        }
        for row in images
    ]
    path = folder / "labels.json"
    categories = [{"id": 1, "name": "car"}]
    path.write_text(json.dumps({"images": images, "annotations": boxes, "categories": categories}))
    return path


class ClosedFiles(CocoDetection):
    """torchvision's dataset, which leaves files of several pictures open."""

    def _load_image(self, id: int) -> Image.Image:  # noqa: A002  # torchvision calls it so
        with Image.open(Path(self.root, self.coco.loadImgs(id)[0]["file_name"])) as image:
            return image.convert("RGB")


def test_pixels_and_boxes_of_odd_images_are_those_of_torchvision(tmp_path: Path):
    for name, (image, options) in SAME.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        image.save(tmp_path / name, **options)
    path = labelled(tmp_path, {name: image.size for name, (image, _) in SAME.items()})
    theirs = wrap_dataset_for_transforms_v2(ClosedFiles(tmp_path, path))
    ours = DetectionDataset(path)
    assert len(ours) == len(theirs) == len(SAME)
    assert ours.notes == ()
    for name, (image, target), (other, other_target) in zip(SAME, ours, theirs, strict=True):
        assert (name, image.mode, image.size) == (name, "RGB", other.size)
        assert (name, image.tobytes()) == (name, other.tobytes())
        assert target["boxes"].tolist() == other_target["boxes"].tolist()


DEEP: dict[str, tuple[Callable[[], Image.Image], int]] = {
    "12-bits.png": (lambda: noise(1, high=4096, kind=np.uint16), 4095),
    "16-bits.png": (lambda: noise(1, high=65536, kind=np.uint16), 65535),
    "16-bits.tif": (lambda: noise(1, high=65536, kind=np.uint16), 65535),
    "32-bits.tif": (lambda: noise(1, high=2**20, kind=np.int32), 2**20 - 1),
}
"""Grey values of which torchvision keeps the lowest or highest 8 bits, so that all is noise."""


@pytest.mark.parametrize("name", DEEP)
def test_grey_values_of_more_than_8_bits_are_scaled(tmp_path: Path, name):
    made, white = DEEP[name]
    made().save(tmp_path / name)
    (image, _) = DetectionDataset(labelled(tmp_path, {name: SIZE}))[0]
    expected = np.asarray(made(), np.float64) * (255 / white)
    assert np.abs(np.asarray(image.convert("L"), float) - expected).max() <= 1


def test_colours_of_16_bits_are_read(tmp_path: Path):
    values = np.random.default_rng(0).integers(0, 65536, (48, 64, 3)).astype(np.uint16)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    parts = {
        b"IHDR": struct.pack(">IIBBBBB", *SIZE, 16, 2, 0, 0, 0),
        b"IDAT": zlib.compress(rows),
        b"IEND": b"",
    }
    chunks = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts.items()
    ]
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))
    image, _ = DetectionDataset(labelled(tmp_path, {"a.png": SIZE}))[0]
    assert np.abs(np.asarray(image, int) - values // 256).max() <= 1


def test_several_degrees_of_transparency_show_the_colours(tmp_path: Path):
    drawn = COLOURS.convert("P", palette=Image.Palette.ADAPTIVE, colors=4)
    drawn.save(tmp_path / "a.png", transparency=bytes([0, 255, 128, 3]))
    image, _ = DetectionDataset(labelled(tmp_path, {"a.png": SIZE}))[0]
    assert image.tobytes() == drawn.convert("RGB").tobytes()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


@pytest.mark.parametrize("ending", ["jpg", "png", "gif", "bmp", "tif", "webp", "jp2", "avif"])
def test_an_image_that_is_cut_off_is_named_before_the_first_epoch(tmp_path: Path, ending):
    name = f"a.{ending}"
    COLOURS.save(tmp_path / name)
    COLOURS.save(tmp_path / "whole.png")
    path = labelled(tmp_path, {name: SIZE, "whole.png": SIZE})
    assert len(DetectionDataset(path)) == 2
    cut(tmp_path / name)
    with pytest.raises(ConfigError, match=rf"a\.{ending} \(the file is cut off\); .*'skip'"):
        DetectionDataset(path)
    assert len(DetectionDataset(path, unreadable="skip")) == 1


def test_an_image_that_is_cut_off_is_read_where_pillow_is_told_to(tmp_path: Path, monkeypatch):
    COLOURS.save(tmp_path / "a.jpg", quality=95)
    path = labelled(tmp_path, {"a.jpg": SIZE})
    cut(tmp_path / "a.jpg")
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    image, _ = DetectionDataset(path)[0]
    assert image.tobytes() == CocoDetection(tmp_path, path)[0][0].tobytes()
    (tmp_path / "a.jpg").write_bytes(b"")
    with pytest.raises(ConfigError, match="the file is empty"):
        DetectionDataset(path)


def test_an_image_that_pillow_does_not_open_for_its_size_is_named(tmp_path: Path, monkeypatch):
    COLOURS.save(tmp_path / "a.png")
    path = labelled(tmp_path, {"a.png": SIZE})
    pixels = SIZE[0] * SIZE[1]
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", pixels / 2 - 1)
    with pytest.raises(Image.DecompressionBombError):
        Image.open(tmp_path / "a.png")
    with pytest.raises(ConfigError, match=rf"a\.png \({TOO_LARGE}\)"):
        DetectionDataset(path)
    for most in (pixels / 2, None):
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", most)
        assert len(DetectionDataset(path)) == 1


def test_images_of_one_name_in_several_folders_are_told_from_missing_ones(tmp_path: Path):
    for folder in ("a", "b"):
        (tmp_path / "images" / folder).mkdir(parents=True)
        COLOURS.save(tmp_path / "images" / folder / "same.png")
    path = labelled(tmp_path, {"same.png": SIZE})
    several = r"same\.png \(2 files are called so, and which is meant is not said\); images=FOLDER"
    twice = [tmp_path / "images", tmp_path / "images" / ".." / "images"]
    for folders in (twice[:1], twice):
        with pytest.raises(ConfigError, match=several):
            DetectionDataset(path, images=folders)
    (tmp_path / "images" / "b" / "same.png").rename(tmp_path / "images" / "b" / "other.png")
    path = labelled(tmp_path, {"gone.png": SIZE, "other.png": SIZE})
    with pytest.raises(ConfigError, match=r"gone\.png \(it was not found on disk\)"):
        DetectionDataset(path, images=[tmp_path / "images", tmp_path / "images" / "b"])
    assert DetectionDataset(labelled(tmp_path, {"other.png": SIZE}), images=tmp_path / "images")
