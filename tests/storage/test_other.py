"""Storages of which fsspec alone knows how to read them: here the one in memory."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import labelaudit
from labelaudit.images.headers import headers_of

fsspec = pytest.importorskip("fsspec")

EXAMPLE = Path(__file__).parents[2] / "examples" / "bccd"

Tell = Callable[..., tuple[int, str, str]]


@pytest.fixture
def memory() -> Iterator[object]:
    """A storage in the memory of this process, with the example."""
    files = fsspec.filesystem("memory")
    files.put(str(EXAMPLE), "/bucket/bccd", recursive=True)
    yield files
    files.store.clear()
    files.pseudo_dirs[:] = [""]


def test_a_dataset_in_memory_has_the_findings_of_its_local_copy(memory: object, tell: Tell):
    words = ("--output-format", "json")
    here, away = tell("scan", EXAMPLE, *words), tell("scan", "memory://bucket/bccd", *words)
    assert away[0] == here[0] == 1
    assert json.loads(away[1])["findings"] == json.loads(here[1])["findings"]


def test_a_cleaned_copy_is_written_there_and_read_again(memory, tell: Tell, tmp_path: Path):
    words = ("--unsafe-fixes", "-o")
    assert tell("scan", "memory://bucket/bccd", *words, "memory://bucket/clean")[0] in (0, 1)
    assert tell("scan", EXAMPLE, *words, tmp_path / "clean", "--copy-images")[0] in (0, 1)
    memory.get("/bucket/clean", str(tmp_path / "back"), recursive=True)
    shutil.copytree(tmp_path / "back", tmp_path / "back2")  # with the list of objects in it
    here = labelaudit.audit(labelaudit.load(tmp_path / "clean"))
    back = labelaudit.audit(labelaudit.load(tmp_path / "back2"))
    assert back.message.tolist() == here.message.tolist()
    assert not memory.exists("/bucket/clean/.labelaudit-unfinished")


def test_an_object_that_changed_since_it_was_listed_is_refused(memory):
    dataset = labelaudit.load("memory://bucket/bccd")
    name = Path(str(dataset.images.path[0])).name
    memory.pipe_file(f"/bucket/bccd/JPEGImages/{name}", b"other")
    with pytest.raises(labelaudit.LabelauditError, match=f"{name}: (changed|the answer)"):
        headers_of(dataset)


def test_the_paths_of_a_configuration_may_be_urls(memory: object, tell: Tell, tmp_path: Path):
    config = tmp_path / "labelaudit.toml"
    config.write_text('images = ["memory://bucket/bccd/JPEGImages"]\nselect = ["IMG", "GEO"]\n')
    words = ("scan", EXAMPLE / "Annotations", "--config", config, "--output-format", "json")
    code, out, err = tell(*words)
    assert code in (0, 1), err
    found = json.loads(out)["dataset"]["found_images"]
    assert found["found"] == 40
    assert found["looked_in"] == ["memory://bucket/bccd/JPEGImages"]
    assert "cache/storage" not in out
