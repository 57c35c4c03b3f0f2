from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from labelaudit.core.cache import FOLDER
from labelaudit.images.links import put_image
from labelaudit.images.own_links import is_own_link, remember_links


@pytest.fixture(autouse=True)
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path / "cache"))


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A folder with an image, and a copy of it in which it is linked to."""
    (tmp_path / "top" / "original").mkdir(parents=True)
    (tmp_path / "top" / "original" / "a.png").write_bytes(b"a")
    (tmp_path / "top" / "original" / "b.png").write_bytes(b"b")
    copy = tmp_path / "top" / "copy"
    put_image(str(tmp_path / "top" / "original" / "a.png"), copy / "images" / "a.png")
    remember_links(copy)
    return tmp_path / "top"


def test_a_link_that_was_made_is_own_wherever_both_move(top, tmp_path):
    assert is_own_link(top / "copy" / "images" / "a.png")
    shutil.move(top, tmp_path / "deep" / "moved")
    assert is_own_link(tmp_path / "deep" / "moved" / "copy" / "images" / "a.png")


def test_another_link_in_the_same_folder_is_not(top):
    (top / "secret").mkdir()
    (top / "secret" / "b.png").write_bytes(b"b")
    other = top / "copy" / "images" / "b.png"
    other.symlink_to("../../secret/b.png")
    assert not is_own_link(other)
    assert not is_own_link(top / "original" / "a.png")


def test_a_link_in_another_folder_of_the_copy_is_not(top):
    (top / "copy" / "other").mkdir()
    link = top / "copy" / "other" / "a.png"
    link.symlink_to("../../original/a.png")
    assert not is_own_link(link)


def test_a_link_on_the_way_is_not_followed(top):
    (top / "secret").mkdir()
    (top / "secret" / "a.png").write_bytes(b"secret")
    shutil.rmtree(top / "original")
    (top / "original").symlink_to("secret")
    assert (top / "copy" / "images" / "a.png").read_bytes() == b"secret"
    assert not is_own_link(top / "copy" / "images" / "a.png")


def test_links_that_another_user_made_are_not_own(top, tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER, str(tmp_path / "of another"))
    assert not is_own_link(top / "copy" / "images" / "a.png")


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b'["images"]', b"7", b"\0\xff", b"[" * 9999])
def test_lines_that_are_damaged_are_passed_over(top, tmp_path, text):
    path = tmp_path / "cache" / "links.jsonl"
    before = path.read_bytes()
    path.write_bytes(text + b"\n")
    assert not is_own_link(top / "copy" / "images" / "a.png")
    path.write_bytes(text + b"\n" + before)
    assert is_own_link(top / "copy" / "images" / "a.png")


def test_what_is_known_is_not_written_again(top, tmp_path):
    before = (tmp_path / "cache" / "links.jsonl").read_bytes()
    remember_links(top / "copy")
    assert (tmp_path / "cache" / "links.jsonl").read_bytes() == before


def test_without_links_nothing_is_written(tmp_path):
    (tmp_path / "copy").mkdir()
    remember_links(tmp_path / "copy")
    assert os.listdir(tmp_path / "copy") == []
    assert not (tmp_path / "cache").exists()


def test_without_a_cache_links_are_made_and_are_not_own(top, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(FOLDER, str(tmp_path / "file" / "cache"))
    remember_links(top / "copy")
    assert not is_own_link(top / "copy" / "images" / "a.png")
