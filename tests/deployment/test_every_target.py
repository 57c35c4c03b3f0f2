"""What holds for all export targets, run for those whose frameworks are installed."""

from __future__ import annotations

import json
from importlib.util import find_spec

import pytest

from labelaudit.cli.inference_models import EXPORTED
from labelaudit.core.extras import check_installed
from labelaudit.deployment.deployed import DeployedDetector, described
from labelaudit.deployment.description import Inside
from labelaudit.deployment.export import ExportPlan, export_detector
from labelaudit.deployment.open_exported import exported_target, open_exported, open_runtime
from labelaudit.deployment.target import TARGETS, ExportOptions
from labelaudit.deployment.torch_runtime import torch_runtime
from labelaudit.errors import ConfigError
from tests.deployment.networks import INPUT, assert_same, detector_of, noise

WITHOUT_NMS = sorted(name for name in TARGETS if not TARGETS[name].nms)


@pytest.fixture(scope="module")
def squeezenet():
    return detector_of(norm="batch")


@pytest.fixture(scope="module", params=sorted(TARGETS))
def exported(request, squeezenet, tmp_path_factory):
    """A target and a file of it that takes one image at a time."""
    target = TARGETS[request.param]
    lacking = [name for name in (*target.to_export, *target.to_open) if find_spec(name) is None]
    if lacking:
        pytest.skip(f"{', '.join(lacking)} is not installed")
    path = tmp_path_factory.mktemp(target.name) / f"model{target.suffix}"
    description = described(squeezenet, target.name, Inside(), batch=1)
    target.export(DeployedDetector(squeezenet, description), path, ExportOptions())
    return target, path


def test_a_file_says_what_torch_says_for_any_number_of_images(exported, squeezenet):
    _, path = exported
    runtime = open_runtime(path, threads=1)
    expected = torch_runtime(squeezenet, runtime.description)
    for count in (1, 3):
        assert_same(runtime.forward(noise(count)), expected.forward(noise(count)))


def test_a_file_and_what_lies_beside_it_are_all_that_is_written(exported):
    target, path = exported
    assert sorted(path.parent.iterdir()) == sorted(target.files(path))


def test_a_file_says_what_it_takes_to_use_it(exported, squeezenet):
    target, path = exported
    opened = open_exported(path, threads=1)
    assert exported_target(path) is target
    assert opened.description.target == target.name
    assert (opened.classes, opened.class_ids) == (squeezenet.classes, squeezenet.class_ids)
    assert opened.input_size == INPUT


def test_two_numbers_of_threads_say_the_same_in_turns(exported):
    _, path = exported
    one, two = open_runtime(path, threads=1), open_runtime(path, threads=2)
    expected = one.forward(noise(1))
    for runtime in (two, one, two):
        assert_same(runtime.forward(noise(1)), expected)


def test_each_file_is_needed_whole(exported, tmp_path):
    target, path = exported
    for broken in target.files(path):
        for whole in target.files(path):
            content = whole.read_bytes()
            cut = content[: len(content) * 2 // 3] if whole == broken else content
            (tmp_path / whole.name).write_bytes(cut)
        with pytest.raises(ConfigError, match=path.name.replace(".", r"\.")):
            open_runtime(tmp_path / path.name)
        (tmp_path / broken.name).unlink()
        with pytest.raises(ConfigError, match=path.name.replace(".", r"\.")):
            open_runtime(tmp_path / path.name)


def test_the_command_line_knows_the_endings_of_all_targets():
    assert sorted(EXPORTED) == sorted(target.suffix for target in TARGETS.values())


@pytest.mark.parametrize("name", WITHOUT_NMS)
def test_a_target_without_nms_says_so(name):
    with pytest.raises(ConfigError, match="has no operator for NMS; leave it outside"):
        ExportPlan(TARGETS[name], Inside(nms=True), batch=1)


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_what_is_not_installed_is_named_with_the_command_that_installs_it(name):
    with pytest.raises(ConfigError, match=rf"no_such_module: pip install 'labelaudit\[{name}\]'"):
        check_installed(["torch", "no_such_module"], "export", TARGETS[name].extra)


def test_a_name_with_another_ending_is_refused_before_anything_is_done(squeezenet, tmp_path):
    pytest.importorskip("onnxscript")
    with pytest.raises(ConfigError, match=r"ONNX files end in \.onnx"):
        export_detector(squeezenet, tmp_path / "model.pte", ExportPlan(TARGETS["onnx"]))
    assert not list(tmp_path.iterdir())


def test_a_file_of_another_version_is_refused(exported, tmp_path):
    target, path = exported
    for whole in target.files(path):
        content = whole.read_bytes()
        # One digit for another: the length of a text stands before it in ONNX.
        for old, new in ((b'"version": 1', b'"version": 7'), (b"&quot;version&quot;: 1", None)):
            content = content.replace(old, new or b"&quot;version&quot;: 7")
        (tmp_path / whole.name).write_bytes(content)
    with pytest.raises(ConfigError, match="a model of version 7, where this labelaudit reads 1"):
        open_runtime(tmp_path / path.name)


def test_a_description_of_another_kind_is_refused(exported, tmp_path):
    target, path = exported
    notes = [one for one in target.files(path) if one.suffix == ".json"]
    if not notes:
        pytest.skip("the description is inside of the file")
    (tmp_path / path.name).write_bytes(path.read_bytes())
    for one in target.files(path)[1:]:
        (tmp_path / one.name).write_bytes(one.read_bytes())
    for text in ("[]", json.dumps({"kind": "something else"})):
        (tmp_path / notes[0].name).write_text(text)
        with pytest.raises(ConfigError, match="not a model that labelaudit export has written"):
            open_runtime(tmp_path / path.name)
