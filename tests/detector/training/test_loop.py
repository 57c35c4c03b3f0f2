from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from labelaudit.core.columns import Ints
from labelaudit.detector.config import DetectorConfig
from labelaudit.detector.job import Job
from labelaudit.detector.model.anchors import anchors
from labelaudit.detector.model.head import DetectionHead
from labelaudit.detector.training import loop
from labelaudit.detector.training.atss import DetectionTarget, detection_target
from labelaudit.detector.training.loop import (
    TargetCache,
    TrainingPlan,
    detector_plan,
    epochs_for,
    train,
)

X = torch.linspace(-1, 1, 32)[:, None]


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Dropout(0.2), nn.Linear(8, 1))


def plan(of: nn.Module, epochs: int = 6) -> TrainingPlan[Ints]:
    def batches(random: np.random.Generator) -> Iterable[Ints]:
        return iter(np.split(random.permutation(32), 4))

    def loss(batch: Ints) -> Tensor:
        return (of(X[batch]) - X[batch] * 2).square().mean()

    return TrainingPlan(epochs, 4, batches, loss, 0.05, 0.01, 0.2, seed=3)


def test_the_loss_falls_and_is_told(tmp_path: Path):
    losses: list[float] = []
    made = network()
    train(made, plan(made, 20), tmp_path / "kept.pt", lambda _epoch, loss: losses.append(loss))
    assert len(losses) == 20
    assert losses[-1] < 0.5 * losses[0]
    assert not made.training


@pytest.mark.parametrize("died_after", [1, 3, 5])
def test_a_training_that_was_killed_comes_to_the_same_network(died_after: int, tmp_path: Path):
    def dies(epoch: int, _loss: float) -> None:
        if epoch == died_after:
            raise KeyboardInterrupt

    whole, broken, resumed = network(), network(), network()
    train(whole, plan(whole), tmp_path / "whole.pt")
    with pytest.raises(KeyboardInterrupt):
        train(broken, plan(broken), tmp_path / "broken.pt", dies)
    epochs: list[int] = []
    train(resumed, plan(resumed), tmp_path / "broken.pt", lambda epoch, _: epochs.append(epoch))
    assert epochs == list(range(died_after + 1, 7))
    for one, other in zip(whole.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("keep", [0, 100, -30])
def test_a_checkpoint_that_is_damaged_is_worked_out_again(keep: int, tmp_path: Path):
    whole, again = network(), network()
    checkpoint = tmp_path / "whole.pt"
    train(whole, plan(whole), checkpoint)
    checkpoint.write_bytes(checkpoint.read_bytes()[:keep])
    train(again, plan(again), checkpoint)
    for one, other in zip(whole.parameters(), again.parameters(), strict=True):
        assert torch.equal(one, other)


def test_few_boxes_make_more_epochs_within_limits():
    assert epochs_for(0) == epochs_for(10) == 60
    assert epochs_for(10**6) == 8


def test_targets_of_the_mirror_image_are_mirrored(job: Callable[..., Job]):
    made = job((0, 1, [4, 8, 24, 40]), regions=[(0, [40, 0, 64, 64])])
    places = anchors(made.config, 64, 64)
    targets = TargetCache(made, places)
    plain, mirror_permutation = (targets(np.array([0]), view)[0] for view in (0, 1))
    assert mirror_permutation.boxes.tolist() == [[40, 8, 60, 40]]
    assert mirror_permutation.labels.tolist() == [1]
    assert places.centre[plain.ignored][:, 0].min() >= 40
    assert places.centre[mirror_permutation.ignored][:, 0].max() <= 24


def test_targets_are_worked_out_once_for_each_image_and_view(job: Callable[..., Job], monkeypatch):
    made = job((0, 1, [4, 8, 24, 40]), (1, 0, [9, 9, 30, 30]))
    query = []

    def counted(*of: Any) -> DetectionTarget:
        query.append(of)
        return detection_target(*of)

    monkeypatch.setattr(loop, "detection_target", counted)
    targets = TargetCache(made, anchors(made.config, 64, 64))
    first = targets(np.array([0, 1]), 0)
    assert targets(np.array([1, 0]), 0) == first[::-1]
    targets(np.array([1]), 1)
    assert len(query) == 3


def test_the_detector_learns_where_a_drawn_feature_is(job: Callable[..., Job], tmp_path: Path):
    config = DetectorConfig(image_size=(64, 64), batch=2, epochs=15, device="cpu")
    made = job(*((image, image % 2, [16, 16, 48, 48]) for image in range(4)), config=config)
    torch.manual_seed(0)
    head = DetectionHead(made.config, (4, 4, 4), 2)
    given = [torch.randn(4, 4, side, side) for side in (8, 4, 2)]

    def inputs(rows: Ints, view: int) -> list[Tensor]:
        return [x[rows].flip(3) if view else x[rows] for x in given]

    places = anchors(made.config, 64, 64)
    learned = detector_plan(made, head, inputs, places, np.arange(4))
    assert learned.steps == 2
    losses: list[float] = []
    train(head, learned, tmp_path / "kept.pt", lambda _epoch, loss: losses.append(loss))
    assert losses[-1] < losses[0]


def test_parts_of_a_batch_add_up_to_its_gradient(tmp_path: Path):
    whole, parted = network(), network()
    for one in (whole, parted):
        one[2].p = 0.0  # what is left out is drawn anew for each part
    whole_plan, parts_plan = plan(whole), plan(parted)
    loss = parts_plan.loss

    def halves(batch: Ints) -> list[Ints]:
        return [batch[:4], batch[4:]]

    train(whole, whole_plan, tmp_path / "whole.pt")
    told: list[float] = []
    train(
        parted,
        replace(parts_plan, parts=halves, loss=lambda part: loss(part) / 2),
        tmp_path / "parts.pt",
        lambda _epoch, mean: told.append(mean),
    )
    for one, other in zip(whole.parameters(), parted.parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-4)
    assert told[-1] < told[0]


def test_parameters_learn_at_the_rate_of_their_names(tmp_path: Path):
    made, before = network(), network()
    slow = replace(plan(made, 2), rate=lambda name: 0.0 if name.startswith("0.") else 1.0)
    train(made, replace(slow, weight_decay=0.0), tmp_path / "kept.pt")
    assert torch.equal(made[0].weight, before[0].weight)
    assert not torch.equal(made[3].weight, before[3].weight)


def test_one_rate_for_all_is_as_if_none_was_named(tmp_path: Path):
    plain, named = network(), network()
    train(plain, plan(plain), tmp_path / "plain.pt")
    train(named, replace(plan(named), rate=lambda _name: 1.0), tmp_path / "named.pt")
    for one, other in zip(plain.parameters(), named.parameters(), strict=True):
        assert torch.equal(one, other)


def test_a_step_is_checked_before_it_is_taken(tmp_path: Path):
    made = network()
    seen: list[tuple[int, float, float]] = []

    def check(batch: Ints, loss: Tensor, norm: Tensor) -> None:
        seen.append((len(batch), float(loss), float(norm)))
        if len(seen) == 3:
            raise ValueError("enough")

    before = [one.clone() for one in made.parameters()]
    with pytest.raises(ValueError, match="enough"):
        train(made, replace(plan(made), check=check), tmp_path / "kept.pt")
    assert [count for count, _, _ in seen] == [8, 8, 8]
    assert all(loss > 0 and norm > 0 for _, loss, norm in seen)
    assert not any(torch.equal(a, b) for a, b in zip(before, made.parameters(), strict=True))


def test_after_an_epoch_the_network_is_asked_before_it_is_kept(tmp_path: Path):
    made, states = network(), []

    def after(epoch: int, _loss: float) -> None:
        states.append((epoch, made.training, (tmp_path / "kept.pt").exists()))

    train(made, plan(made, 2), tmp_path / "kept.pt", after_epoch=after)
    assert states == [(1, False, False), (2, False, True)]
