"""Batches hold each image once, and what the network is to say about it as it is shown."""

from __future__ import annotations

import dataclasses
import multiprocessing
import os
import signal
from pathlib import Path

import numpy as np
import pytest
import torch

from labelaudit.core.cache import cache_folder
from labelaudit.detector.cache_entries import claims
from labelaudit.detector.model.anchors import anchors
from labelaudit.training.augmentation import Augmentation
from labelaudit.training.batches import (
    AugmentedExamples,
    FeatureSource,
    ImageSource,
    collated,
)
from labelaudit.training.examples import examples, training_images

PLAIN, ALL = Augmentation(mirror=False), Augmentation(scale=True, colour=True)


@pytest.fixture
def source(tmp_path, squares, halves, small):
    """A source of batches of six squares, and its examples."""

    def made(kind, augmentation=PLAIN, dataset=None, workers=0):
        place = cache_folder(tmp_path / "cache")
        with claims(place) as claim:
            some = training_images(
                dataset or squares(6),
                small,
                halves(6),
                place,
                claim,
                as_features=kind is FeatureSource,
            )
        found = examples(some, small)
        places = anchors(small, *found.job.input_size)
        options = {} if kind is FeatureSource else {"workers": workers}
        return kind(found.job, places, None, augmentation, **options), found

    return made


def epoch(source, rows, seed=0, size=3):
    return list(source.batches(rows, size, np.random.default_rng(seed)))


@pytest.mark.parametrize("kind", [FeatureSource, ImageSource])
def test_an_epoch_has_each_image_once_in_another_order_each_time(source, kind):
    of_batches, _ = source(kind)
    rows = np.array([0, 2, 3, 5])
    orders = []
    for seed in range(5):
        batches = epoch(of_batches, rows, seed)
        assert [batch.number for batch in batches] == [1, 2]
        assert [len(batch.rows) for batch in batches] == [3, 1]
        assert all(len(batch.targets) == len(batch.rows) for batch in batches)
        orders.append([row for batch in batches for row in batch.rows.tolist()])
        assert sorted(orders[-1]) == rows.tolist()
    assert len({tuple(order) for order in orders}) > 1


@pytest.mark.parametrize("kind", [FeatureSource, ImageSource])
def test_a_batch_is_what_it_would_be_without_changes(source, kind):
    of_batches, found = source(kind)
    for batch in epoch(of_batches, np.arange(4)):
        expected = of_batches.plain(batch.rows)
        made, wanted = (x if isinstance(x, list) else [x] for x in (batch.inputs, expected))
        assert all(torch.equal(a, b) for a, b in zip(made, wanted, strict=True))
        for row, target in zip(batch.rows.tolist(), batch.targets, strict=True):
            mine = found.job.labels.of_image(row)
            np.testing.assert_allclose(target.boxes, found.job.labels.xyxy[mine], atol=1e-4)
            assert target.labels.tolist() == found.job.labels.label[mine].tolist()
            assert target.weights.tolist() == [1, 1]


def test_parts_of_a_batch_hold_its_images(source):
    for kind in (FeatureSource, ImageSource):
        of_batches, _ = source(kind)
        (batch,) = epoch(of_batches, np.arange(4), size=4)
        part = batch.part(1, 3)
        assert part.rows.tolist() == batch.rows[1:3].tolist()
        assert list(part.targets) == list(batch.targets[1:3])
        first = part.inputs[0] if isinstance(part.inputs, list) else part.inputs
        whole = batch.inputs[0] if isinstance(batch.inputs, list) else batch.inputs
        assert torch.equal(first, whole[1:3])


def test_processes_make_the_same_batches(source):
    alone, _ = source(ImageSource, ALL)
    together, _ = source(ImageSource, ALL, workers=2)
    both = (epoch(one, np.arange(6)) for one in (alone, together))
    for batch, other in zip(*both, strict=True):
        assert torch.equal(batch.inputs, other.inputs)
        assert all(
            torch.equal(a.boxes, b.boxes) for a, b in zip(batch.targets, other.targets, strict=True)
        )


def test_the_memory_of_a_batch_is_pinned_for_a_gpu(source, monkeypatch):
    from torch.utils.data._utils.pin_memory import pin_memory

    of_batches, _ = source(ImageSource)
    examples = [of_batches._examples[row, 0] for row in range(3)]
    pinned = []
    # What pins it asks for a GPU, which is not here.
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda one: pinned.append(one.shape) or one)
    batch = pin_memory(collated(examples))
    assert pinned == [(3, *examples[0].pixels.shape)]
    assert batch.rows.tolist() == [0, 1, 2]
    assert torch.equal(batch.pixels[1], examples[1].pixels)


class EndedByTheSystem(AugmentedExamples):
    """Examples of which the second batch ends each process that is not this one."""

    def __getitem__(self, key):
        if key[0] == self.last and multiprocessing.parent_process() is not None:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().__getitem__(key)


def test_what_lost_processes_have_not_made_is_made_by_this_one(source):
    alone, _ = source(ImageSource, ALL)
    together, _ = source(ImageSource, ALL, workers=1)
    expected = epoch(alone, np.arange(6), size=2)
    told = []
    together._told = told.append
    together._examples.__class__ = EndedByTheSystem
    together._examples.last = int(expected[1].rows[1])
    for batch, wanted in zip(epoch(together, np.arange(6), size=2), expected, strict=True):
        assert batch.number == wanted.number
        assert torch.equal(batch.inputs, wanted.inputs)
    assert len(epoch(together, np.arange(6), size=2)) == 3
    (line,) = told
    assert "shared memory" in line


class Faulty(AugmentedExamples):
    """Examples that cannot be made, by a fault of ours."""

    def __getitem__(self, key):
        raise RuntimeError("a fault of ours")


@pytest.mark.parametrize("workers", [0, 1])
def test_an_error_in_a_process_is_an_error(source, workers):
    of_batches, _ = source(ImageSource, ALL, workers=workers)
    of_batches._examples.__class__ = Faulty
    with pytest.raises(RuntimeError, match="a fault of ours"):
        epoch(of_batches, np.arange(6))


def test_an_epoch_changes_images_and_the_next_one_otherwise(source):
    of_batches, _ = source(ImageSource, ALL)
    rows = np.arange(1)
    plain = of_batches.plain(rows)
    first, again, other = (epoch(of_batches, rows, seed)[0].inputs for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, plain)
    assert not torch.equal(first, other)


def test_the_networks_generator_is_left_alone(source):
    of_batches, _ = source(ImageSource, ALL)
    torch.manual_seed(5)
    expected = torch.rand(2)
    torch.manual_seed(5)
    epoch(of_batches, np.arange(6))
    assert torch.equal(torch.rand(2), expected)


def test_what_a_crop_leaves_little_of_is_neither_learned_nor_background(source, monkeypatch):
    from labelaudit.training import batches

    of_batches, _ = source(ImageSource)
    plain = epoch(of_batches, np.arange(1))[0].targets[0]
    run = batches.augmented

    def cut(*given):
        found = run(*given)
        return dataclasses.replace(found, visible=torch.tensor([0.25, 0.24]))

    monkeypatch.setattr(batches, "augmented", cut)
    target = epoch(of_batches, np.arange(1))[0].targets[0]
    assert torch.equal(target.boxes, plain.boxes[:1])
    assert target.labels.tolist() == plain.labels[:1].tolist()
    assert len(target.ignored) > 0


def test_mirror_images_can_be_left_out(source):
    never, _ = source(FeatureSource, PLAIN)
    for seed in range(6):
        (batch,) = epoch(never, np.arange(1), seed)
        assert torch.equal(batch.inputs[0], never.plain(np.arange(1))[0])
    sometimes, _ = source(FeatureSource, Augmentation())
    seen = [epoch(sometimes, np.arange(1), seed)[0].inputs[0] for seed in range(6)]
    assert any(not torch.equal(one, never.plain(np.arange(1))[0]) for one in seen)


def test_no_process_is_left(source):
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    if not children.exists():
        pytest.skip("this system does not list children")
    before = set(children.read_text("ascii").split())  # other tests may have left some
    of_batches, _ = source(ImageSource, ALL, workers=1)
    epoch(of_batches, np.arange(6))
    assert set(children.read_text("ascii").split()) <= before
