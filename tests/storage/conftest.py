"""Buckets, web servers and a cache of their own for the tests of object storage."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from labelaudit.core.mirror_names import USED
from labelaudit.storage import failures
from tests.storage.servers import Faults, S3Server, WebServer, web_server


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    pytest.importorskip("s3fs")
    pytest.importorskip("moto")
    server = S3Server()
    yield server
    server.close()


@pytest.fixture(autouse=True)
def own_storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A cache of its own, and no long waits between tries."""
    monkeypatch.setenv("LABELAUDIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(failures, "FIRST_WAIT_S", 0.001)
    yield tmp_path / "cache"
    os.environ.pop(USED, None)


@dataclass
class Bucket:
    """A bucket of the S3 server on this machine."""

    name: str
    client: Any
    faults: Faults

    @property
    def url(self) -> str:
        return f"s3://{self.name}"

    def put(self, folder: Path, prefix: str = "") -> None:
        """Put the files of a folder into it."""
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                key = prefix + path.relative_to(folder).as_posix()
                self.client.put_object(Bucket=self.name, Key=key, Body=path.read_bytes())

    def objects(self) -> dict[str, bytes]:
        """What it holds, by key."""
        found = self.client.list_objects_v2(Bucket=self.name).get("Contents", [])
        return {
            one["Key"]: self.client.get_object(Bucket=self.name, Key=one["Key"])["Body"].read()
            for one in found
        }


@pytest.fixture
def bucket(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """An empty bucket."""
    import boto3

    for name, value in {
        "AWS_ACCESS_KEY_ID": "key-of-a-test",
        "AWS_SECRET_ACCESS_KEY": "secret-of-a-test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": s3_server.url,
    }.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3")
    name = f"bucket-{uuid4().hex[:12]}"
    client.create_bucket(Bucket=name)
    s3_server.faults = Faults()
    return Bucket(name, client, s3_server.faults)


@pytest.fixture
def web() -> Iterator[WebServer]:
    """A web server of no files yet."""
    pytest.importorskip("aiohttp")
    with web_server() as server:
        yield server


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs a command line: its exit code, what it prints, and what it says beside it."""
    from labelaudit.cli import main

    def run(*words: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(list(map(str, words)))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run
