"""A PostgreSQL server of one's own, in a folder that goes with it, for tests and measurements.

It refuses to run as root; then it runs as the user `postgres` of Debian's package.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

USER = "postgres"


def programs() -> Path | None:
    """The folder with the newest server's programs; None if there is none on this machine."""
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda one: float(one.parent.name)
    )
    found = shutil.which("pg_ctl")
    known = [Path(found).resolve().parent] if found else folders[::-1]
    return next((one for one in known if (one / "initdb").exists()), None)


class PostgresServer:
    """A running server that listens at a Unix socket alone; stopped and removed in the end."""

    def __init__(self, *, synchronous: bool = False) -> None:
        """Start one; `synchronous` has it write through to the disk, as it is by default."""
        found = programs()
        if found is None:
            raise FileNotFoundError("there is no PostgreSQL server on this machine")
        self._programs = found
        self.folder = Path(tempfile.mkdtemp(prefix="labelaudit-pg-", dir="/tmp"))
        self._data = self.folder / "data"
        self._as: dict[str, Any] = {}
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            who = pwd.getpwnam(USER)
            os.chown(self.folder, who.pw_uid, who.pw_gid)
            self._as = {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}
        self._run("initdb", "--auth=trust", f"--username={USER}", "--encoding=UTF8", "--no-sync")
        settings = {
            "listen_addresses": "''",
            "unix_socket_directories": f"'{self.folder}'",
            "shared_buffers": "32MB",
            "max_connections": "40",
        }
        if not synchronous:
            settings |= {"fsync": "off", "full_page_writes": "off"}
        with (self._data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = {value}\n" for name, value in settings.items())
        self.start()

    def url(self, schema: str = "labelaudit", *, user: str = USER) -> str:
        """The address of a queue in its database."""
        return f"postgresql://{user}@/postgres?host={self.folder}&schema={schema}"

    def start(self) -> None:
        """Start it; it answers when this returns."""
        self._run("pg_ctl", "start", "--wait", "--silent", f"--log={self.folder / 'log'}")

    def stop(self, mode: str = "immediate") -> None:
        """Stop it: `immediate` is a crash, after which it recovers from its journal."""
        self._run("pg_ctl", "stop", "--wait", "--silent", f"--mode={mode}")

    def execute(self, statement: str) -> str:
        """What its own client says to a statement."""
        command = ["psql", "--no-psqlrc", "--tuples-only", "--no-align", "--host"]
        command += [str(self.folder), f"--username={USER}", "--command", statement]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def _run(self, program: str, *words: str) -> None:
        command = [str(self._programs / program), f"--pgdata={self._data}", *words]
        self._done(command)

    def _done(self, command: Sequence[str]) -> None:
        # Its output is kept by the server, so that a pipe would never end.
        with (self.folder / "said").open("w") as said:
            done = subprocess.run(
                command, stdout=said, stderr=said, cwd="/", check=False, **self._as
            )
        if done.returncode:
            text = (self.folder / "said").read_text()
            raise RuntimeError(f"{command}: {text}")

    def close(self) -> None:
        """Stop it, and remove all that there is of it."""
        with contextlib.suppress(RuntimeError):  # it is not running
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
