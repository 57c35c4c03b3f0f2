from __future__ import annotations

import os
import sqlite3
import time

import pytest

from labelaudit.core import content_cache
from labelaudit.core.content_cache import NAME, ContentCache, content_key, stamp

KEY, OTHER = content_key(b"a"), content_key(b"b")


def old_file(path, text="x"):
    path.write_text(text)
    os.utime(path, (1e9, 1e9))
    return stamp(os.stat(path))


@pytest.fixture
def settled(monkeypatch):
    """What is written now counts as written long ago."""
    monkeypatch.setattr(content_cache, "SETTLED_NS", -(10**12))


def test_what_was_remembered_is_known_in_the_next_run(tmp_path):
    with ContentCache(tmp_path) as cache:
        cache.remember({KEY: b"what"})
    with ContentCache(tmp_path) as cache:
        assert cache.values([KEY, OTHER]) == {KEY: b"what"}


def test_the_key_depends_on_content_and_way():
    assert len({content_key(b"a"), content_key(b"b"), content_key(b"a", 1)}) == 3


@pytest.mark.usefixtures("settled")
def test_a_file_that_did_not_change_is_known_and_one_that_did_is_not(tmp_path):
    path = tmp_path / "a.jpg"
    seen = old_file(path)
    with ContentCache(tmp_path) as cache:
        cache.remember({}, {str(path): (seen, b"digest")})
        assert cache.unchanged([str(path), "/nowhere"]) == {str(path): b"digest"}
        old_file(path, "y")  # of the same length and time of change
        assert cache.unchanged([str(path)]) == {}
        path.unlink()
        assert cache.unchanged([str(path)]) == {}


def test_a_file_that_changed_just_now_is_not_noted(tmp_path):
    path = tmp_path / "a.jpg"
    path.write_text("x")
    with ContentCache(tmp_path) as cache:
        cache.remember({}, {str(path): (stamp(os.stat(path)), b"digest")})
        assert cache.unchanged([str(path)]) == {}


def test_a_value_that_was_damaged_is_not_known(tmp_path):
    with ContentCache(tmp_path) as cache:
        cache.remember({KEY: b"what", OTHER: b"else"})
    database = sqlite3.connect(tmp_path / NAME)
    value = database.execute("SELECT value FROM known WHERE key = ?", (KEY,)).fetchone()[0]
    database.execute("UPDATE known SET value = ? WHERE key = ?", (value[:-1] + b"!", KEY))
    database.commit()
    database.close()
    with ContentCache(tmp_path) as cache:
        assert cache.values([KEY, OTHER]) == {OTHER: b"else"}


@pytest.mark.parametrize("damage", [b"", b"no database at all, but long enough to be read" * 50])
def test_a_file_that_is_no_database_is_made_anew(tmp_path, damage):
    (tmp_path / NAME).write_bytes(damage)
    with ContentCache(tmp_path) as cache:
        cache.remember({KEY: b"what"})
        assert cache.values([KEY]) == {KEY: b"what"}


def test_a_database_whose_middle_was_overwritten_crashes_nothing(tmp_path):
    with ContentCache(tmp_path) as cache:
        cache.remember({content_key(b"%d" % n): bytes(1000) for n in range(200)})
    data = bytearray((tmp_path / NAME).read_bytes())
    data[4096:40960] = b"\xff" * 36864
    (tmp_path / NAME).write_bytes(bytes(data))
    for _ in range(2):
        with ContentCache(tmp_path) as cache:
            cache.values([content_key(b"%d" % n) for n in range(200)])
            cache.remember({KEY: b"what"})
    with ContentCache(tmp_path) as cache:
        assert cache.values([KEY]) == {KEY: b"what"}


def test_where_no_cache_can_be_made_nothing_is_remembered(tmp_path):
    (tmp_path / "file").write_text("")
    with ContentCache(tmp_path / "file") as cache:
        cache.remember({KEY: b"what"})
        assert cache.values([KEY]) == {}


def test_what_was_used_longest_ago_is_forgotten(tmp_path, monkeypatch):
    monkeypatch.setattr(content_cache, "MOST", 10)
    keys = [content_key(b"%d" % n) for n in range(11)]
    with ContentCache(tmp_path) as cache:
        cache.remember(dict.fromkeys(keys[:10], b"what"))
    with ContentCache(tmp_path) as cache:
        assert len(cache.values(keys)) == 10
    now = time.time()
    monkeypatch.setattr(content_cache.time, "time", lambda: now + 200_000)
    with ContentCache(tmp_path) as cache:
        cache.remember({keys[10]: b"new"}, used=[keys[0], keys[1]])
    with ContentCache(tmp_path) as cache:
        left = cache.values(keys)
        assert {keys[0], keys[1], keys[10]} <= set(left)
        assert len(left) == 5
