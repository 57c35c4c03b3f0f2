"""Torch answers as a file of a description would, layer by layer, and leaves the detector alone."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from labelaudit.deployment.deployed import described
from labelaudit.deployment.description import Inside
from labelaudit.deployment.target import file_images
from labelaudit.deployment.torch_runtime import as_float32, torch_runtime
from labelaudit.detector.model.anchors import anchors, decode_boxes
from tests.deployment.networks import INPUT, detector_of, noise


@pytest.fixture(scope="module")
def squeezenet():
    return detector_of(norm="batch")


def runtime_of(detector, inside=None, **choices):
    return torch_runtime(detector, described(detector, "onnx", inside or Inside(), **choices))


def test_outputs_have_the_names_of_the_description_and_the_numbers_of_the_network(squeezenet):
    images = noise(2)
    with torch.inference_mode():
        logits, offsets = squeezenet.network(torch.from_numpy(images).float())
    raw = runtime_of(squeezenet, Inside(decoding=False)).forward(images)
    assert list(raw) == ["logits", "offsets"]
    np.testing.assert_allclose(raw["logits"], logits, atol=1e-5)
    np.testing.assert_allclose(raw["offsets"], offsets, atol=1e-5)
    decoded = runtime_of(squeezenet).forward(images)
    assert list(decoded) == ["scores", "boxes"]
    np.testing.assert_allclose(decoded["scores"], logits.sigmoid(), atol=1e-5)
    places = anchors(squeezenet.config, *INPUT).xyxy
    np.testing.assert_allclose(decoded["boxes"], decode_boxes(places, offsets), atol=1e-2)


def test_images_that_were_scaled_outside_give_the_same(squeezenet):
    outside = runtime_of(squeezenet, Inside(scaling=False))
    scaled = file_images(noise(1), outside.description)
    for one, other in zip(
        outside.forward(scaled).values(),
        runtime_of(squeezenet).forward(noise(1)).values(),
        strict=True,
    ):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-3)


def test_inner_layers_give_what_modules_of_the_network_give(squeezenet):
    runtime = runtime_of(squeezenet)
    norm = next(name for name in runtime.layers if "head" in name and "@" not in name)
    kept = {}
    hook = squeezenet.network.get_submodule(norm).register_forward_hook(
        lambda _module, _given, out: kept.setdefault(norm, out.clone())  # once a level
    )
    with torch.inference_mode():
        squeezenet.network(torch.from_numpy(noise(1)).float())
    hook.remove()
    found = runtime.forward_layers(noise(1), [norm])
    assert list(found) == [norm]
    np.testing.assert_allclose(found[norm], kept[norm], atol=1e-4)


def test_layers_come_in_the_order_that_is_asked_for_and_levels_apart(squeezenet):
    runtime = runtime_of(squeezenet)
    again = next(name for name in runtime.layers if "class_branch" in name and name.endswith("@1"))
    asked = [again, runtime.layers[0], again.removesuffix("@1")]
    found = runtime.forward_layers(noise(2), asked)
    assert list(found) == asked
    assert all(len(values) == 2 for values in found.values())
    finest, coarser = found[asked[2]], found[again]
    assert finest.shape[2] == 2 * coarser.shape[2]


def test_after_a_look_inside_outputs_are_what_they_were(squeezenet):
    runtime = runtime_of(squeezenet)
    before = runtime.forward(noise(1))
    runtime.forward_layers(noise(1), runtime.layers[:2])
    with pytest.raises(AttributeError):
        runtime.forward_layers(noise(1), ["no.such.layer"])
    after = runtime.forward(noise(1))
    assert list(after) == list(before)
    assert all((after[name] == before[name]).all() for name in before)
    assert runtime.description.layers == ()


def test_layers_of_the_description_are_no_outputs_of_a_plain_run(squeezenet):
    name = runtime_of(squeezenet).layers[0]
    runtime = runtime_of(squeezenet, layers=(name,))
    assert list(runtime.forward(noise(1))) == ["scores", "boxes"]


def test_norms_are_folded_where_the_description_says_so(squeezenet):
    plain, folded = runtime_of(squeezenet), runtime_of(squeezenet, fold=True)
    assert len(folded.layers) <= len(plain.layers)
    one, other = plain.forward(noise(1)), folded.forward(noise(1))
    np.testing.assert_allclose(one["scores"], other["scores"], atol=1e-5)
    conv = next(name for name in folded.layers if "class_branch" in name)
    assert not np.allclose(
        *(each.forward_layers(noise(1), [conv])[conv] for each in (plain, folded))
    )


def test_threads_are_those_that_are_asked_for_and_given_back(squeezenet):
    before, seen = torch.get_num_threads(), []
    description = described(squeezenet, "onnx", Inside())
    runtime = torch_runtime(squeezenet, description, threads=before + 1)

    class Watching(np.ndarray):
        """Images that note the threads when the network takes them."""

        def astype(self, *given):
            seen.append(torch.get_num_threads())
            return np.asarray(self).astype(*given)

    runtime.forward(noise(1).view(Watching))
    runtime.forward_layers(noise(1).view(Watching), runtime.layers[:1])
    assert seen == [before + 1] * 2
    assert torch.get_num_threads() == before


def test_the_detector_is_left_as_it_was(squeezenet):
    detector = dataclasses.replace(squeezenet, network=squeezenet.network.train())
    try:
        runtime_of(detector).forward(noise(1))
        assert detector.network.training
        assert all(one.is_leaf for one in detector.network.parameters())
        assert any(one.requires_grad for one in detector.network.parameters())
    finally:
        detector.network.eval()


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float32, torch.int64])
def test_numbers_of_any_kind_become_float32(kind):
    found = as_float32(torch.tensor([1, 2], dtype=kind))
    assert found.dtype == np.float32
    assert found.tolist() == [1, 2]
