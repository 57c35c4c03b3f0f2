"""URLs of object storage, and the paths that stand for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from labelaudit.core.mirror_names import TREES, USED, is_mirrored, is_url, refuse_mirrored, shown
from labelaudit.errors import ObjectStorageError
from labelaudit.storage.urls import Secrets, secrets_of, storage_url


@pytest.mark.parametrize("text", ["s3://b/k", "gs://b/k", "abfs://c@a.net/k", "https://h/k?x=1"])
def test_a_url_is_one_also_after_it_was_taken_for_a_path(text: str):
    assert is_url(text)
    assert is_url(Path(text))
    assert storage_url(Path(text)).name == storage_url(text).name


@pytest.mark.parametrize(
    "text", ["s3", "s3:b/k", "ftp://b/k", "/data/s3://b", "C:/a", "postgresql://h/d"]
)
def test_other_texts_are_none(text: str):
    assert not is_url(text)


def test_what_is_secret_is_kept_apart():
    url = storage_url("https://me:a%40b@host:8080/a.json?X-Amz-Signature=1")
    assert url.name == "https://host:8080/a.json"
    assert secrets_of(url) == Secrets("X-Amz-Signature=1", "me", "a@b")
    assert "Signature" not in repr(url)


def test_keys_in_the_url_of_a_bucket_are_refused_without_being_shown():
    with pytest.raises(ObjectStorageError, match="a URL of s3 with keys in it") as caught:
        storage_url("s3://AKIA1:wordword@bucket/labels.json")
    assert "AKIA1" not in str(caught.value)
    assert storage_url("abfs://container@account.dfs.core.windows.net/a").key == "a"


@pytest.mark.parametrize("key", ["../up.json", "a/../../b", "a//b", "a/./b"])
def test_keys_that_lead_elsewhere_are_refused(key: str):
    with pytest.raises(ObjectStorageError, match="cannot be the name of a file"):
        storage_url(f"s3://bucket/{key}")


def test_a_path_of_a_mirror_is_shown_as_its_url_and_is_not_written_to(monkeypatch):
    monkeypatch.setenv(USED, "/home/jürgen/cache/storage")
    path = f"/home/jürgen/cache/storage/{TREES}/0123/mirror/of/s3/bucket/a/b.json"
    assert (
        shown(f"{path}: 3 boxes, and {path}")
        == "s3://bucket/a/b.json: 3 boxes, and s3://bucket/a/b.json"
    )
    assert is_mirrored(path)
    assert not is_mirrored("/home/jürgen/cache/storage2/trees/a.json")
    with pytest.raises(ObjectStorageError, match=r"s3://bucket/a/b\.json: objects are not changed"):
        refuse_mirrored(path)
    refuse_mirrored("/data/a.json")
