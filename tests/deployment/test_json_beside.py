"""A description beside an exported file is read with it, and told from that of another file."""

from __future__ import annotations

import json

import pytest

from labelaudit.deployment.json_beside import beside, read_model, write_model
from labelaudit.errors import ConfigError
from tests.deployment.small_detector import description, small_detector

OTHERS = {".bin": b"weights"}


@pytest.fixture(scope="module")
def described():
    return description(small_detector())


@pytest.fixture
def model(tmp_path, described):
    """A file of two parts with its description."""
    path = tmp_path / "model.param"
    write_model(path, b"graph", described, OTHERS)
    return path


def test_what_was_written_is_read(model, described):
    assert read_model(model, (".bin",)) == (b"graph", described)
    assert model.with_suffix(".bin").read_bytes() == b"weights"
    assert beside(model).name == "model.param.json"
    assert sorted(one.name for one in model.parent.iterdir()) == [
        "model.bin",
        "model.param",
        "model.param.json",
    ]


def test_a_file_of_one_part_needs_no_other(tmp_path, described):
    path = tmp_path / "model.pte"
    write_model(path, b"program", described)
    assert read_model(path) == (b"program", described)


def test_a_file_without_its_description_has_unknown_outputs(model):
    beside(model).unlink()
    with pytest.raises(ConfigError, match=r"model\.param: a model of unknown outputs; .*model\.p"):
        read_model(model, (".bin",))


def test_a_part_that_is_missing_is_named(model):
    model.with_suffix(".bin").unlink()
    with pytest.raises(ConfigError, match=r"model\.param: model\.bin is missing beside it"):
        read_model(model, (".bin",))


@pytest.mark.parametrize("part", ["model.param", "model.bin"])
def test_a_part_of_other_bytes_is_not_what_is_described(model, part):
    path = model.with_name(part)
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(ConfigError, match=r"model\.param\.json describes another file, or this"):
        read_model(model, (".bin",))


def test_parts_that_changed_places_are_not_what_is_described(model):
    model.write_bytes(b"weights")
    model.with_suffix(".bin").write_bytes(b"graph")
    with pytest.raises(ConfigError, match="describes another file"):
        read_model(model, (".bin",))


def test_the_description_of_another_model_is_refused(model, described):
    other = model.with_name("other.param")
    write_model(other, b"another graph", described, OTHERS)
    beside(model).write_bytes(beside(other).read_bytes())
    with pytest.raises(ConfigError, match="describes another file"):
        read_model(model, (".bin",))


def test_a_torn_description_is_damaged(model):
    beside(model).write_bytes(beside(model).read_bytes()[:40])
    with pytest.raises(ConfigError, match=r"model\.param\.json: damaged \(.*; export it again"):
        read_model(model, (".bin",))


@pytest.mark.parametrize("text", ["[]", "3", '{"kind": "something else"}'])
def test_a_json_file_of_another_kind_is_refused_by_its_name(model, text):
    beside(model).write_text(text)
    with pytest.raises(ConfigError, match=r"model\.param\.json: not a model that labelaudit"):
        read_model(model, (".bin",))


def test_a_description_without_a_digest_is_of_no_file(model):
    kept = json.loads(beside(model).read_bytes())
    del kept["digest"]
    beside(model).write_text(json.dumps(kept))
    with pytest.raises(ConfigError, match="describes another file"):
        read_model(model, (".bin",))


def test_writing_again_takes_the_place_of_what_was_there(model, described):
    write_model(model, b"newer", described, {".bin": b"others"})
    assert read_model(model, (".bin",)) == (b"newer", described)
