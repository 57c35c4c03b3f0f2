"""URLs of object storage among the words of a command line."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from labelaudit.cli.storage_words import StorageWords, has_urls, ran, shown_streams
from labelaudit.core.mirror_names import USED
from labelaudit.errors import ObjectStorageError

fsspec = pytest.importorskip("fsspec")


@pytest.fixture(autouse=True)
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A storage in the memory of this process, with a file and a folder."""
    monkeypatch.setenv("LABELAUDIT_CACHE", str(tmp_path))
    files = fsspec.filesystem("memory")
    files.pipe_file("/b/a.json", b"{}")
    files.pipe_file("/b/images/1.jpg", b"no image")
    yield files
    files.store.clear()
    files.pseudo_dirs[:] = [""]
    os.environ.pop(USED, None)


@pytest.mark.parametrize(
    "word", ["s3://b/k", "--images=s3://b/k", "-o=json=s3://b/k", "json=s3://b/k"]
)
def test_a_url_is_found_wherever_it_stands_in_a_word(word: str):
    assert has_urls(["scan", word])


@pytest.mark.parametrize("word", ["a.json", "s3:/b", "a s3://b/k", "postgresql://host/queue"])
def test_other_words_have_none(word: str):
    assert not has_urls(["scan", word])


def test_what_is_read_becomes_a_path_in_one_mirror():
    words = StorageWords.of(
        ["scan", "memory://b/a.json", "--images=memory://b/images", "--select", "GEO"]
    ).words
    assert words[0::3] == ["scan", "--select"]
    labels, images = Path(words[1]), Path(words[2].removeprefix("--images="))
    assert labels.read_bytes() == b"{}"
    assert os.listdir(images) == ["1.jpg"]
    assert not (images / "1.jpg").exists()  # until something opens it
    assert labels.parent == images.parent


@pytest.mark.parametrize(
    "words",
    [
        ("queue", "export", "q.db", "o.json", "--image-prefix", "https://host/images/"),
        ("scan", "a.json", "--exclude", "s3://old/*"),
        ("scan", "a.json", "--queue", "postgresql://host/queue"),
    ],
)
def test_words_that_are_no_paths_stay_as_they_are(words: tuple[str, ...]):
    assert StorageWords.of(words).words == list(words)


@pytest.mark.parametrize(
    ("words", "written"),
    [
        (("scan", "a.json", "-o", "memory://b/new"), 3),
        (("scan", "a.json", "--output=memory://b/new"), 2),
        (("scan", "a.json", "-o", "json=memory://b/new"), 3),
        (("convert", "a.json", "memory://b/new", "--to", "coco"), 2),
        (("convert", "--to", "coco", "--overwrite", "a.json", "memory://b/new"), 5),
        (("convert", "a.json", "memory://b/new", "--copy-images"), 2),
    ],
)
def test_what_is_written_becomes_a_path_of_this_process(words: tuple[str, ...], written: int):
    done = StorageWords.of(words)
    (path,) = done.outputs
    assert path.as_posix().endswith("mirror/of/memory/b/new")
    assert done.words[written].endswith(str(path))
    assert done.words[:written] == list(words[:written])


def test_what_was_made_is_uploaded_with_what_lies_beside_it(memory, capsys):
    def run(words: list[str]) -> int:
        place = Path(words[-1])
        place.mkdir()
        (place / "a.txt").write_bytes(b"a")
        place.with_name("new.patch").write_bytes(b"p")
        return 1

    assert ran(["scan", "-o", "memory://b/new"], run) == 1
    assert memory.cat_file("/b/new/a.txt") == b"a"
    assert memory.cat_file("/b/new.patch") == b"p"
    assert capsys.readouterr().err == "Uploaded 1 object, 1 bytes: memory://b/new\n"
    assert not list(Path(os.environ[USED]).glob("outputs/*"))


def test_nothing_is_uploaded_of_a_command_that_failed(memory):
    def run(words: list[str]) -> int:
        Path(words[-1]).write_bytes(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ran(["scan", "-o", "memory://b/new"], run)
    assert not memory.exists("/b/new")
    assert not list(Path(os.environ[USED]).glob("outputs/*"))


@pytest.mark.parametrize("option", ["--in-place", "--watch"])
def test_what_only_a_local_path_gives_is_refused(option: str):
    with pytest.raises(ObjectStorageError, match=f"{option} memory://b/a.json: "):
        StorageWords.of(["scan", "memory://b/a.json", option])


def test_what_is_printed_has_urls(capsys):
    (word,) = StorageWords.of(["memory://b/a.json"]).words
    with shown_streams():
        sys.stdout.write(f"{word}: 3 boxes\n")
    assert capsys.readouterr().out == "memory://b/a.json: 3 boxes\n"
