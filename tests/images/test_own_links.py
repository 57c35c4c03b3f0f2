from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from labelaudit.core.cache import FOLDER
from labelaudit.images.links import put_image
from labelaudit.images.own_links import LIST, is_own_link, seal_links


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
    seal_links(copy)
    return tmp_path / "top"


def test_a_link_that_was_sealed_is_own_wherever_both_move(top, tmp_path):
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


def test_a_list_that_was_changed_or_sealed_by_another_user_is_none(top, tmp_path, monkeypatch):
    path = top / "copy" / LIST
    (top / "copy" / "images" / "c.png").symlink_to("../../secret/c.png")
    content = json.loads(path.read_text())
    content["links"].append(["images", "../../secret"])
    path.write_text(json.dumps(content))
    assert not is_own_link(top / "copy" / "images" / "a.png")
    seal_links(top / "copy")
    assert is_own_link(top / "copy" / "images" / "a.png")
    monkeypatch.setenv(FOLDER, str(tmp_path / "of another"))
    assert not is_own_link(top / "copy" / "images" / "a.png")


@pytest.mark.parametrize("text", ["", "[]", "{", '{"links": 7, "seal": null}', "\0"])
def test_a_list_that_is_none_is_passed_over(top, text):
    (top / "copy" / LIST).write_text(text)
    assert not is_own_link(top / "copy" / "images" / "a.png")


def test_without_links_nothing_is_written(tmp_path):
    (tmp_path / "copy").mkdir()
    seal_links(tmp_path / "copy")
    assert os.listdir(tmp_path / "copy") == []


def test_without_a_place_for_a_key_links_are_made_and_are_not_own(top, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(FOLDER, str(tmp_path / "file" / "cache"))
    seal_links(top / "copy")
    assert not is_own_link(top / "copy" / "images" / "a.png")
