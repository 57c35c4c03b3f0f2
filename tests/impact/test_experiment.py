"""Networks learn each label set once with each seed, and a run that was stopped goes on."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from labelaudit.auditing.run import Options
from labelaudit.detector.config import DetectorConfig
from labelaudit.errors import ConfigError, LabelauditError
from labelaudit.impact import experiment as module
from labelaudit.impact import one_run
from labelaudit.impact.cleaning import Mending
from labelaudit.impact.experiment import Choices, experiment
from labelaudit.impact.processes import run_tasks
from labelaudit.io.load import load
from labelaudit.testing import with_columns
from labelaudit.training.settings import TrainingSettings

CONFIG = DetectorConfig(
    backbone="squeezenet",
    weights="random",
    strides=(8, 16),
    channels=8,
    head_depth=1,
    image_size=(64, 96),
    epochs=1,
    batch=4,
    device="cpu",
)

MENDING = Mending(Options(select=("DUP001",)))


class Done(list):
    """Names of runs, and their tasks."""

    def __init__(self):
        super().__init__()
        self.tasks = []


@pytest.fixture
def here(monkeypatch):
    """Runs in this process; notes which were done."""
    done = Done()

    def run(tasks, _workers, progress, *, on_gpu):
        assert not on_gpu
        for number, task in enumerate(tasks):
            one_run.run(task, lambda part, number=number: progress(number + part))
            done.append(task.folder.name)
            done.tasks.append(task)

    monkeypatch.setattr(module, "run_tasks", run)
    return done


@pytest.fixture
def dataset(squares):
    """Ten images, of which eight are learned."""
    return load(squares(10))


@pytest.fixture
def run(tmp_path, dataset):
    """Runs an experiment on ten images."""

    def ran(mending=MENDING, **choices):
        settings = TrainingSettings(dataclasses.replace(CONFIG, **choices.pop("config", {})))
        options = {"seeds": 2, "noises": ("missing",), "rates": (0.5,)} | choices
        return experiment(
            options.pop("dataset", dataset),
            mending,
            Choices(settings, cache=tmp_path / "cache", **options),
            tmp_path / "out",
        )

    return ran


def test_each_set_is_learned_with_each_seed_and_all_are_measured_on_the_same_images(run, here):
    results = run()
    names = ["as-is", "safe-fixes", "missing-50"]
    assert [one.name for one in results.sets] == names
    assert sorted(here) == sorted(f"{name}-seed{seed}" for name in names for seed in range(2))
    assert results.runs.values.shape == (3, 2)
    assert results.runs.drawn.shape[:2] == (3, 2)
    held = results.held_out
    assert results.learned + len(held.images) == 10
    assert not set(held.images.tolist()) & set(np.flatnonzero(results.sets[0].learned).tolist())
    # The label that stands twice is one, where it is held out.
    assert len(held.truth) == 2 * len(held.images)
    assert held.classes == ("red", "blue")
    for rows in results.measured:
        for one in rows:
            figures = [one.figures["classes"][name]["map"] for name in held.classes]
            np.testing.assert_allclose(one.precision, figures, atol=1e-9)


def test_what_was_done_before_is_not_done_again_and_what_changed_is(run, here, tmp_path):
    one = {"seeds": 1, "noises": ()}
    first = run(**one)
    done = ["as-is-seed0", "safe-fixes-seed0"]
    assert sorted(here) == done
    folder = tmp_path / "out" / "runs" / "as-is-seed0"
    assert {path.name for path in folder.iterdir()} == {"key", "measured.npz", "metrics.json"}
    metrics = json.loads((folder / "metrics.json").read_text())
    assert {"map", "ap50", "classes", "seed", "labels"} <= metrics.keys()
    again = run(**one)
    assert sorted(here) == done
    np.testing.assert_array_equal(first.runs.values, again.runs.values)
    del here[:]
    (folder / "measured.npz").write_bytes(b"damaged")
    (folder / "measured.npz.17.part").write_bytes(b"what a killed process leaves")
    run(**one)
    assert here == ["as-is-seed0"]
    assert {path.name for path in folder.iterdir()} == {"key", "measured.npz", "metrics.json"}
    del here[:]
    run(**one, config={"learning_rate": 1e-3})
    assert sorted(here) == done


def test_a_run_that_was_stopped_while_it_trained_goes_on(run, here, tmp_path, monkeypatch):
    def stopped(*_args, **_options):
        raise KeyboardInterrupt

    one = {"seeds": 1, "noises": (), "mending": Mending(Options(select=("GEO001",)))}
    with monkeypatch.context() as patch:
        patch.setattr(one_run, "predict", stopped)
        with pytest.raises(KeyboardInterrupt):
            run(**one)
    training = tmp_path / "out" / "runs" / "as-is-seed0" / "training"
    assert (training / "best.pt").is_file()
    epochs = []
    monkeypatch.setattr(one_run, "Recipe", lambda _augmentation: one_run_recipe(epochs.append))
    run(**one)
    assert not any("loss" in line for line in epochs)
    assert not training.exists()


def one_run_recipe(told):
    from labelaudit.training.train import Recipe

    return Recipe(TrainingSettings(CONFIG).augmentation, told=told)


def test_labels_that_fixes_do_not_change_are_learned_once(run, here):
    results = run(mending=Mending(Options(select=("GEO001",))), seeds=1, noises=())
    assert here == ["as-is-seed0"]
    assert results.runs.values[0] == results.runs.values[1]


def test_images_that_are_nearly_held_out_ones_are_not_learned(run, here, monkeypatch):
    plain = run(seeds=1, noises=())
    held = plain.held_out.images

    def joined(paths, *, workers):
        group = np.arange(len(paths))
        learned = np.setdiff1d(group, held)
        group[learned[:3]] = held[0]
        return group

    monkeypatch.setattr(module, "groups", joined)
    near = run(seeds=1, noises=())
    assert near.learned == plain.learned - 3
    assert "3 images nearly the same as held-out ones not learned" in near.how


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"seeds": 0}, "one seed or more"),
        ({"rates": (0.0,)}, "above 0 and at most 1, not 0"),
        ({"rates": (1.1,)}, "above 0 and at most 1, not 1.1"),
    ],
)
def test_choices_that_make_no_sense_are_refused(choices, message):
    with pytest.raises(ConfigError, match=message):
        Choices(**choices)


def test_a_dataset_whose_images_are_not_there_is_refused(run, dataset):
    lost = with_columns(dataset, "images", path=[""] * len(dataset.images))
    with pytest.raises(ConfigError, match="no images to train on"):
        run(dataset=lost)


@pytest.mark.usefixtures("here")
def test_one_class_cannot_be_given_another_and_few_images_and_one_seed_are_told(run, dataset):
    first = dataset.boxes.label == 0
    one = dataset.keep(boxes=first, categories=np.array([True, False]))
    notes = " ".join(run(dataset=one, seeds=1, noises=("wrong-class",)).notes)
    assert "no label can be given another" in notes
    assert "held-out images: the intervals are wide" in notes
    assert "one seed" in notes


def test_runs_in_processes_come_to_the_same_and_an_error_is_told_in_a_line(run, here, tmp_path):
    inside = run(seeds=1, noises=(), mending=Mending(Options(select=("GEO001",))))
    task = dataclasses.replace(here.tasks[0], folder=tmp_path / "apart")
    told = []
    run_tasks([task], 2, told.append, on_gpu=False)
    apart = one_run.measured(task)
    assert apart is not None
    np.testing.assert_array_equal(apart.precision, inside.measured[0][0].precision)
    assert told[-1] == 1.0
    broken = dataclasses.replace(task, folder=tmp_path / "broken", learn=task.learn[:0])
    with pytest.raises(LabelauditError, match=r"labels 'as-is': .*no labels to learn"):
        run_tasks([broken], 1, told.append, on_gpu=False)
