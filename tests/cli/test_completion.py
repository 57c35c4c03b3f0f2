from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from labelaudit import cli

SHELLS = ("bash", "fish", "zsh")

TYPED = """
source "$1"
function=$(complete -p labelaudit | sed -E 's/.*-F ([^ ]+).*/\\1/')
tab() {
  COMPREPLY=(); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
  $function; echo "${COMPREPLY[@]}"
}
tab labelaudit sca
tab labelaudit scan labels.json --unsa
tab labelaudit scan labels.json --severity ""
"""


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_reads_the_script_that_names_every_command(run, tmp_path: Path, shell):
    script = run("completion", shell).out
    assert all(name.split()[0] in script for name, _ in cli.commands())
    if not (program := shutil.which(shell)):
        pytest.skip(f"{shell} is not installed")
    (tmp_path / "script").write_text(script)
    ran = subprocess.run(
        [program, "-n", tmp_path / "script"], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")


def test_commands_options_and_their_values_are_completed(run, tmp_path: Path):
    (tmp_path / "script").write_text(run("completion", "bash").out)
    (tmp_path / "typed").write_text(TYPED)
    words = ["bash", tmp_path / "typed", tmp_path / "script"]
    out = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    assert out.splitlines() == ["scan", "--unsafe-fixes", "error warning info"]


def test_where_no_shell_can_be_told_the_shells_are_named(run, monkeypatch):
    from cyclopts.completion import detect

    def unknown():
        raise detect.ShellDetectionError("no shell")

    monkeypatch.setattr(detect, "detect_shell", unknown)
    monkeypatch.setattr("cyclopts.completion.detect_shell", unknown)
    ran = run("completion")
    assert ran.code == 2
    assert "say labelaudit completion bash, zsh, fish or powershell" in ran.err


def test_a_script_is_installed_where_the_shell_looks(run, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    ran = run("completion", "bash", "--install")
    path = Path(ran.err.partition(": what tab completes")[0])
    assert path.is_relative_to(tmp_path)
    assert path.read_text() == run("completion", "bash").out
