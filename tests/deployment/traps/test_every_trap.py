"""A model that is exported with a planted error is caught, and the error is named."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from labelaudit.deployment.deployed import DeployedDetector, described
from labelaudit.deployment.description import Inside
from labelaudit.deployment.imitation import Finish, Imitation, imitated_outputs
from labelaudit.deployment.open_exported import open_runtime
from labelaudit.deployment.parity.diagnosis import Deployed, Diagnosis, diagnosis
from labelaudit.deployment.parity.report import compared, observed
from labelaudit.deployment.target import TARGETS, ExportOptions, file_images
from labelaudit.deployment.traps import TRAPS, TrapEvidence, TrapVariant
from labelaudit.deployment.traps.float16 import in_float16
from labelaudit.training.model_file import TrainedDetector
from tests.deployment.small_detector import description, exported, images, small_detector

IN_FILES = {
    "batch-norm": "divides by the variance of BatchNorm",
    "channel-order": "takes images for BGR",
    "group-norm": "makes 4 groups",
    "input-scaling": "scales images by '(x-127)/128'",
    "last-layer": "computes the last layer with weights of 8 bits, one scale",
    "relu6": "has ReLU6 in the backbone",
    "resize-alignment": "enlarges maps by linear interpolation between pixel centres",
    "same-padding": "pads strided convolutions as TensorFlow's SAME",
}
"""One variant of each trap that is in the network, by the beginning of its words."""

NOT_IN_FILES = {"float16", "nms", "output-order"}
"""Traps that are planted in another way below."""


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def variants(trap: str, inside: Inside | None = None) -> list[TrapVariant]:
    detector = small_detector()
    evidence = TrapEvidence(Imitation(detector), description(detector, inside), {}, {})
    return list(TRAPS[trap].variants(evidence))


def planted(trap: str, beginning: str) -> TrainedDetector:
    (variant,) = (one for one in variants(trap) if one.what.startswith(beginning))
    return variant.edit(Imitation(small_detector())).detector


def asked(imitation: Imitation, inside: Inside, layers: tuple[str, ...] = ()) -> Deployed:
    """What a device of this imitation would answer, rounded otherwise than torch does."""
    of_file = description(small_detector(), inside)
    outputs = imitated_outputs(imitation, of_file, images(), layers)
    random = np.random.default_rng(0)
    noisy = {
        name: (values * (1 + 2e-7 * random.standard_normal(values.shape))).astype(np.float32)
        for name, values in outputs.items()
        if name != "detection_labels"
    }
    return Deployed(of_file, images(), outputs | noisy, layers, 1e-4)


def names(found: Diagnosis) -> list[str]:
    return [cause.trap for cause in found.causes]


def test_every_trap_is_planted_in_a_test():
    assert set(IN_FILES) | NOT_IN_FILES == set(TRAPS)


def test_a_faithful_file_passes_and_names_nothing(tmp_path):
    detector = small_detector()
    runtime = open_runtime(exported(detector, tmp_path / "model.onnx"), threads=1)
    deployed = observed(runtime, images(), 1e-4)
    report = compared(detector, deployed)
    assert report.passes
    assert report.first is None
    assert len(report.layers) > 20
    assert diagnosis(detector, deployed) == Diagnosis()


@pytest.mark.parametrize(("trap", "beginning"), IN_FILES.items())
def test_a_planted_trap_is_caught_in_a_file_and_named(tmp_path, trap, beginning):
    path = exported(planted(trap, beginning), tmp_path / "model.onnx")
    deployed = observed(open_runtime(path, threads=1), images(), 1e-4)
    report = compared(small_detector(), deployed)
    assert not report.passes
    found = diagnosis(small_detector(), deployed)
    assert names(found) == [trap]
    assert found.causes[0].what.startswith(beginning) or trap == "relu6"
    assert found.causes[0].first == report.first
    assert not found.causes[0].others
    assert found.unexplained is None


def some_variants() -> list[tuple[str, int]]:
    """The first, the last and one between of each trap."""
    counts = {trap: len(variants(trap, Inside(nms=trap == "nms"))) for trap in TRAPS}
    return [
        (trap, row) for trap, count in counts.items() for row in sorted({0, count // 2, count - 1})
    ]


@pytest.mark.parametrize(("trap", "row"), some_variants())
def test_no_trap_is_taken_for_another_where_outputs_alone_are_seen(trap, row):
    inside = Inside(nms=trap == "nms", threshold=0.2)
    variant = variants(trap, inside)[row]
    deployed = asked(variant.edit(Imitation(small_detector())), inside)
    found = diagnosis(small_detector(), deployed)
    if compared(small_detector(), deployed).passes:  # the network is the same with it
        assert names(found) == []
    else:
        assert names(found) == [trap]
        assert found.unexplained is None


def test_two_traps_in_one_file_are_both_named_one_after_the_other(tmp_path):
    both = planted("relu6", "has ReLU6 in the whole")
    for variant in variants("group-norm"):
        if variant.what.startswith("makes 2 groups"):
            both = variant.edit(Imitation(both)).detector
    path = exported(both, tmp_path / "model.onnx")
    found = diagnosis(small_detector(), observed(open_runtime(path, threads=1), images(), 1e-4))
    assert names(found) == ["relu6", "group-norm"]
    assert found.causes[1].first.startswith("head.")
    assert found.unexplained is None


def test_two_traps_that_meet_in_the_first_layer_are_both_named():
    imitation = Imitation(planted("channel-order", "takes"))
    for variant in variants("input-scaling"):
        if variant.what.startswith("scales images by '(x-127)/128'"):
            imitation = variant.edit(imitation)
    found = diagnosis(small_detector(), asked(imitation, Inside()))
    assert sorted(names(found)) == ["channel-order", "input-scaling"]
    assert found.unexplained is None


def test_a_cause_that_no_trap_is_stays_unknown_from_the_layer_on_that_differs_first(tmp_path):
    detector = small_detector()
    network = copy.deepcopy(detector.network)
    with torch.no_grad():
        network.head.fpn.output[0][0].weight.mul_(1.1)
        network.head.fpn.output[0][0].weight[::2].mul_(-1)
    path = exported(replace(detector, network=network), tmp_path / "model.onnx")
    found = diagnosis(detector, observed(open_runtime(path, threads=1), images(), 1e-4))
    assert found.causes == ()
    assert found.unexplained == "head.fpn.output.0.0"


@pytest.mark.parametrize("saturates", [True, False])
def test_an_overflow_of_float16_is_named_with_the_layer_that_overflows(saturates):
    detector = small_detector()
    network = copy.deepcopy(detector.network)
    with torch.no_grad():
        network.head.fpn.lateral[0][0].weight.mul_(1e6)
    large = replace(detector, network=network)
    layers = ("head.fpn.lateral.0.0", "head.fpn.lateral.0.1")
    half = Imitation(replace(large, network=in_float16(network, saturates=saturates)))
    found = diagnosis(large, asked(half, Inside(), layers))
    assert names(found) == ["float16"]
    assert "65,504" in found.causes[0].what
    assert "head.fpn.lateral.0.0" in found.causes[0].what


def test_a_device_that_gives_numbers_of_float16_alone_is_known_by_them():
    deployed = asked(Imitation(small_detector()), Inside())
    random = np.random.default_rng(0)
    halves = {
        name: (values * (1 + 1e-3 * random.standard_normal(values.shape))).astype(np.float16)
        for name, values in deployed.outputs.items()
    }
    outputs = {name: values.astype(np.float32) for name, values in halves.items()}
    found = diagnosis(small_detector(), replace(deployed, outputs=outputs))
    assert names(found) == ["float16"]
    assert found.causes[0].left is None


def quantised_logits(steps: int, logits, offsets):
    """What the last layer of 8 bits gives, its input and its weights rounded as well."""
    random = np.random.default_rng(0)
    low, high = logits.min(), logits.max()
    step = (high - low) / steps
    noisy = logits + step * random.normal(0, 0.5, logits.shape)
    rounded = np.round((noisy.clip(low, high) - low) / step) * step + low
    return rounded.astype(np.float32), offsets


@pytest.mark.parametrize("inside", [Inside(), Inside(decoding=False)])
def test_scores_in_few_steps_are_the_last_layer_in_8_bits(inside):
    finish = Finish(raw=partial(quantised_logits, 255))
    found = diagnosis(small_detector(), asked(Imitation(small_detector(), finish), inside))
    assert names(found) == ["last-layer"]
    assert "logits in 256 steps or fewer" in found.causes[0].what


def test_scores_in_more_steps_than_8_bits_have_are_not_the_last_layer():
    finish = Finish(raw=partial(quantised_logits, 3000))
    found = diagnosis(small_detector(), asked(Imitation(small_detector(), finish), Inside()))
    assert names(found) == []
    assert found.unexplained == "scores"


LAST_LAYERS = ("head.class_branch.1", "head.box_branch.1")


@pytest.mark.parametrize(("float_layers", "named"), [((), True), (LAST_LAYERS, False)])
def test_a_file_of_the_quantiser_is_told_by_its_last_layer_unless_that_stays_in_32_bits(
    tmp_path, float_layers, named
):
    detector, path = small_detector(), tmp_path / "model.onnx"
    of_file = described(detector, "onnx", Inside(), int8=True)
    calibration = file_images(images(4), of_file).astype(np.float32)
    network = DeployedDetector(detector, of_file)
    TARGETS["onnx"].export(network, path, ExportOptions(calibration, float_layers))
    deployed = observed(open_runtime(path, threads=1), images(), 1e-4)
    assert not compared(detector, deployed).passes
    assert ("last-layer" in names(diagnosis(detector, deployed))) == named


def test_box_sides_in_the_order_of_tensorflow_are_named():
    turned = Imitation(small_detector(), Finish(sides=(1, 0, 3, 2)))
    found = diagnosis(small_detector(), asked(turned, Inside()))
    assert names(found) == ["output-order"]
    assert found.causes[0].first == "boxes"
