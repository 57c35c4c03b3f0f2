"""Images that are missing or break while training, workers, and what is pickled for them."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch.utils.data import DataLoader
from torchvision.transforms import v2

from labelaudit.errors import ConfigError
from labelaudit.testing import draw
from labelaudit.torch.batches import collate
from labelaudit.torch.dataset import DetectionDataset
from labelaudit.torch.image_files import ImageReadError
from tests.torch.small_datasets import BUS, CAR, coco, same

HERE = multiprocessing.get_all_start_methods()


def test_missing_images_are_named_before_training(tmp_path: Path):
    path = coco(tmp_path, CAR, images=6)
    for number in (1, 2, 3, 5):
        (tmp_path / f"{number}.png").unlink()
    named = r"4 of 6 images cannot be read: 1\.png \(it was not found on disk\).*\.\.\.; images="
    with pytest.raises(ConfigError, match=named):
        DetectionDataset(path, images=tmp_path)
    dataset = DetectionDataset(path, images=tmp_path, unreadable="skip")
    assert len(dataset) == 2
    note = "4 images that cannot be read left out: 1.png"
    assert any(one.startswith(note) for one in dataset.notes)


def test_an_image_that_is_cut_off_is_named_before_training(tmp_path: Path):
    path = coco(tmp_path, CAR)
    whole = (tmp_path / "1.png").read_bytes()
    (tmp_path / "1.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ConfigError, match=r"1 of 3 images cannot be read: 1\.png"):
        DetectionDataset(path)


def damaged(path: Path):
    """A PNG whose header and end are whole and whose pixels are not."""
    content = bytearray(path.read_bytes())
    at = content.index(b"IDAT") + 8
    content[at : at + 12] = bytes(12)
    path.write_bytes(bytes(content))


def test_an_image_that_breaks_while_training_is_named(tmp_path: Path):
    dataset = DetectionDataset(coco(tmp_path, CAR))
    damaged(tmp_path / "1.png")
    with pytest.raises(ImageReadError, match=r"1\.png: the image cannot be read while training"):
        dataset[1]
    assert dataset[0][1]["image_id"] == 100
    assert dataset.skipped == []


def test_an_image_that_changes_its_size_while_training_is_named(tmp_path: Path):
    dataset = DetectionDataset(coco(tmp_path, CAR))
    draw(tmp_path / "0.png", (30, 20))
    with pytest.raises(ImageReadError, match=r"0\.png: 30 x 20 px.*changed since"):
        dataset[0]


def test_images_that_break_while_training_can_be_replaced_by_the_next(tmp_path: Path):
    dataset = DetectionDataset(coco(tmp_path, CAR), unreadable="skip")
    damaged(tmp_path / "2.png")
    assert dataset[2][1]["image_id"] == 100
    assert dataset.skipped == [str(tmp_path / "2.png")]
    damaged(tmp_path / "0.png")
    damaged(tmp_path / "1.png")
    with pytest.raises(ImageReadError, match="none of the images"):
        dataset[0]


def loaded(dataset, context):
    """The targets of two epochs, by workers that stay."""
    loader = DataLoader(
        dataset,
        batch_size=2,
        collate_fn=collate,
        num_workers=2,
        multiprocessing_context=context,
        persistent_workers=True,
        shuffle=True,
        generator=torch.Generator().manual_seed(0),
    )
    return [[target for _, targets in loader for target in targets] for _ in range(2)]


@pytest.mark.parametrize("context", [name for name in ("fork", "spawn") if name in HERE])
def test_workers_give_what_one_process_gives_and_tell_what_they_skipped(tmp_path: Path, context):
    # In a process of its own: one that runs thousands of tests has threads, and should not fork.
    program = (
        "import sys; from tests.torch.test_dataset_in_training import check_workers; "
        "check_workers(*sys.argv[1:])"
    )
    command = [sys.executable, "-c", program, str(tmp_path), context]
    subprocess.run(command, check=True, cwd=Path(__file__).parents[2])


def check_workers(folder: str, context: str) -> None:
    """Nothing, if workers give what one process gives."""
    tmp_path = Path(folder)
    dataset = DetectionDataset(coco(tmp_path, CAR, BUS, images=5), unreadable="skip")
    expected = [target for _, target in dataset]
    for epoch in loaded(dataset, context):
        assert len(epoch) == 5
        for target in epoch:  # in an order that was drawn
            same(target, expected[target["image_id"] - 100])
    damaged(tmp_path / "3.png")
    assert [len(epoch) for epoch in loaded(dataset, context)] == [5, 5]
    assert dataset.skipped == [str(tmp_path / "3.png")]


def test_workers_of_a_copy_tell_what_they_skipped(tmp_path: Path):
    dataset = DetectionDataset(coco(tmp_path, CAR), unreadable="skip")
    for again in (copy.deepcopy(dataset), pickle.loads(pickle.dumps(dataset))):
        assert again._broken.is_shared()
    plain = copy.deepcopy(DetectionDataset(tmp_path / "labels.json"))
    assert plain.skipped == []


def test_a_dataset_can_be_pickled(tmp_path: Path):
    path = coco(tmp_path, CAR, BUS)
    dataset = DetectionDataset(path, v2.ToImage(), unreadable="skip")
    again = pickle.loads(pickle.dumps(dataset))
    assert again.classes == dataset.classes
    same(again[0][1], dataset[0][1])
