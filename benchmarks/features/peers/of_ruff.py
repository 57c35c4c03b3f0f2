"""Tries ruff, on a file of Python: it is here for what users of a linter are used to."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from probe import Answer, partly_if, told, yes_if

RUFF = str(Path(sys.executable).with_name("ruff"))
CODE = "import os\nx = 1   # kept\nif x == None:\n    y=2\n"
REPORTS = ("sarif", "junit", "github", "gitlab")


def ruff(*words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run([RUFF, *words], check=False, capture_output=True, text=True, input=given)


def rules(_: Path, here: Path) -> Answer:
    (here / "code.py").write_text(CODE)
    (here / "ruff.toml").write_text('[lint]\nselect = ["F401"]\n')
    chosen = ruff("check", "--no-cache", "--output-format", "concise").stdout
    good = "F401" in chosen and "E711" not in chosen
    return ("partly" if good else "no"), "chosen and set in ruff.toml; no rules of one's own"


def fixes(_: Path, here: Path) -> Answer:
    (here / "code.py").write_text(CODE)
    shown = ruff("check", "--no-cache", "--select", "F401", "--diff").stdout
    ruff("check", "--no-cache", "--select", "F401", "--fix")
    return yes_if(
        "-import os" in shown and "import os" not in (here / "code.py").read_text(),
        "check --diff, check --fix; safe and unsafe ones",
    )


def byte_for_byte(_: Path, here: Path) -> Answer:
    (here / "code.py").write_text(CODE)
    ruff("check", "--no-cache", "--select", "F401", "--fix")
    return yes_if(
        (here / "code.py").read_text() == CODE.partition("\n")[2],
        "one line removed, odd spacing kept",
    )


def undo(_: Path, __: Path) -> Answer:
    return yes_if("undo" in ruff("check", "--help").stdout.lower(), "no such option; git does it")


def reports(_: Path, here: Path) -> Answer:
    (here / "code.py").write_text(CODE)
    written = [ruff("check", "--no-cache", "--output-format", one).stdout for one in REPORTS]
    return yes_if(all("F401" in text for text in written), ", ".join(REPORTS))


def report(_: Path, here: Path) -> Answer:
    (here / "code.py").write_text(CODE)
    found = json.loads(ruff("check", "--no-cache", "--output-format", "json").stdout)
    return (
        "partly" if found[0]["code"] else "no"
    ), "check --output-format json; no schema of it in the program"


def table(_: Path, __: Path) -> Answer:
    return yes_if("csv" in ruff("check", "--help").stdout, "no such --output-format")


def html(_: Path, __: Path) -> Answer:
    return yes_if("html" in ruff("check", "--help").stdout, "no such --output-format")


def exit_code(_: Path, here: Path) -> Answer:
    (here / "code.py").write_text(CODE)
    codes = [
        ruff("check", "--no-cache", *more).returncode
        for more in ((), ("--exit-zero",), ("--select", "F999"))
    ]
    return partly_if(
        codes == [1, 0, 2] or codes[:2] == [1, 0],
        f"exit codes {codes}; rules have no severities",
        f"{codes}",
    )


def baseline(_: Path, here: Path) -> Answer:
    (here / "code.py").write_text(CODE)
    ruff("check", "--no-cache", "--add-noqa")
    good = ruff("check", "--no-cache").returncode == 0
    return (
        "partly" if good else "no"
    ), "check --add-noqa writes comments into the code; no file apart"


def explained(_: Path, __: Path) -> Answer:
    page, completion = ruff("rule", "F401").stdout, ruff("generate-shell-completion", "bash").stdout
    return yes_if(
        "unused-import" in page and "complete" in completion,
        "rule F401, generate-shell-completion bash",
    )


def editor(_: Path, here: Path) -> Answer:
    ask = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {"processId": None, "rootUri": here.as_uri(), "capabilities": {}},
    }
    body = json.dumps(ask)
    server = subprocess.Popen(
        [RUFF, "server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert server.stdin
    assert server.stdout
    server.stdin.write(f"Content-Length: {len(body)}\r\n\r\n{body}")
    server.stdin.flush()
    said = server.stdout.readline()
    server.kill()
    return yes_if("Content-Length" in said, "ruff server answers initialize")


if __name__ == "__main__":
    told(
        {
            "rules": rules,
            "fixes": fixes,
            "byte-for-byte": byte_for_byte,
            "undo": undo,
            "json": report,
            "ci-reports": reports,
            "tables": table,
            "html": html,
            "exit-code": exit_code,
            "baseline": baseline,
            "explained": explained,
            "editor": editor,
        }
    )
