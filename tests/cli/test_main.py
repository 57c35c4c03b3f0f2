from __future__ import annotations

import functools
import operator
import os
import re
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import labelaudit
from labelaudit import cli
from tests.cli.conftest import Ran


def test_the_version_is_printed(run):
    assert run("--version").out.strip() == labelaudit.__version__


def test_the_help_lists_every_command_in_order(run):
    out = run("--help").out
    listed = re.findall(r"^\W*(\w+) ", out.partition("Commands")[2], re.MULTILINE)
    assert [name for name in listed if name in cli.ORDER] == list(cli.ORDER)


def test_every_command_has_its_place_in_the_order():
    assert {name.split()[0] for name, _ in cli.commands()} == set(cli.ORDER)


@pytest.mark.parametrize("group", sorted({n.split()[0] for n, _ in cli.commands() if " " in n}))
def test_the_help_of_a_group_says_what_its_commands_do(run, group):
    first = {
        name: text.split()[:3] for name, text in cli.commands() if name.startswith(f"{group} ")
    }
    for words in [group], [group, "--help"]:
        out = run(*words).out
        for name, said in first.items():
            assert re.search(rf"\b{name.split()[1]} +{' '.join(said)}", out)


def test_the_help_of_a_command_ends_in_its_own_words(run):
    last = f"With {cli.DEBUG}, any command shows where an error comes from."
    for words in ["diff"], ["queue"], ["queue", "show"]:
        assert run(*words, "--help").out.splitlines()[-2:] == ["", last]
    whole = run("--help").out.splitlines()
    assert whole[-3:] == ["", "Start with: labelaudit scan annotations.json", last]


@pytest.mark.parametrize("command", sorted(name for name, _ in cli.commands()))
def test_every_command_explains_each_of_its_options(run, command):
    ran = run(*command.split(), "--help")
    assert ran.code == 0
    app = functools.reduce(operator.getitem, command.split(), cli.application())
    for argument in app.assemble_argument_collection(parse_docstring=True):
        assert argument.parameter.help or not argument.show, argument.name


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["scna"], 'Unknown command "scna". Did you mean "scan"?'),
        (["scan"], "requires an argument"),
        (["scan", "x", "--selct", "GEO"], "Did you mean --select?"),
        (["scan", "x", "--examples", "-1"], "examples"),
        (["scan", "x", "--severity", "warn"], "Choose from"),
        (["scan", "gone.json"], "gone.json: no such file or folder"),
        (["scan", "gone.json", "--config", "gone.toml"], "gone.toml: cannot be read"),
        (["scan", "gone.json", "--select", "GEO999"], "no rule is called 'GEO999'"),
        (["rules", "zero-aera"], "did you mean 'zero-area'?"),
        (["undo", "gone.json"], "nothing to undo"),
        (["convert", "gone.json", "--to", "voc"], "give both"),
        (["convert", "gone.json", "out", "--to", "vco"], "did you mean 'voc'?"),
    ],
)
def test_what_the_user_got_wrong_is_one_line_and_exit_code_2(run, words, problem):
    ran = run(*words)
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.startswith("labelaudit: error: ")
    assert ran.err.count("\n") == 1
    assert problem in ran.err


def test_a_name_in_an_error_cannot_command_the_terminal(run):
    ran = run("scan", "\x1b[31mno\nfile.json")
    assert ran.code == 2
    assert "\x1b" not in ran.err
    assert ran.err.count("\n") == 1


def test_a_file_that_may_not_be_written_is_one_line(run, coco):
    ran = run("scan", coco(("a.jpg", "car", 1, 1, 0, 9)), "--write-baseline", "gone/known.json")
    assert ran.code == 2
    assert ran.err == "labelaudit: error: gone/known.json: there is no such folder to write it in\n"


def test_an_interrupt_exits_with_130(run, coco, monkeypatch):
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("labelaudit.cli.parameters.load_recovered", interrupt)
    assert run("scan", coco(("a.jpg", "car", 1, 1, 9, 9))).code == 130


@pytest.fixture
def fails(run, coco, monkeypatch) -> Callable[..., Ran]:
    """Runs a scan in which an error is raised."""

    def ran(error: BaseException, *words: str) -> Ran:
        def raises(*_: object, **__: object) -> None:
            raise error

        monkeypatch.setattr("labelaudit.cli.parameters.load_recovered", raises)
        return run("scan", coco(("a.jpg", "car", 1, 1, 9, 9)), *words)

    return ran


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError(), "there is not enough memory"),
        (RecursionError("maximum recursion depth exceeded"), "nested too deeply"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (OSError(28, "No space left on device", "out.json"), "out.json: No space left on device"),
        (OSError(), "OSError"),
        (zipfile.BadZipFile("no zip"), "BadZipFile: no zip"),
        (sqlite3.DatabaseError("file is not\na database"), "DatabaseError: file is not a database"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"), "byte 0xff"),
        (ZeroDivisionError("x" * 10_000), "ZeroDivisionError: xxx"),
        (KeyError("\udcff\x1b[31m"), "KeyError"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_that_nobody_foresaw_is_one_line_and_no_finding(fails, error, said):
    ran = fails(error)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("labelaudit: error: ")
    assert ran.err.count("\n") == 1
    assert "\x1b" not in ran.err
    assert len(ran.err) < 600
    assert said in ran.err


def test_a_fault_is_told_with_its_place_in_the_package(fails):
    assert "a fault of labelaudit, in cli/parameters.py:" in fails(KeyError("bbox")).err


@pytest.mark.parametrize("error", [KeyError("bbox"), labelaudit.errors.FormatError("no labels")])
def test_details_are_told_where_they_are_asked_for(fails, error):
    ran = fails(error, "--debug")
    assert ran.code == 2
    assert ran.err.startswith("Traceback (most recent call last)")
    assert "labelaudit: error: " in ran.err.splitlines()[-1]


def test_a_file_may_be_called_as_the_word_for_details(run):
    assert (
        run("scan", "--", "--debug").err == "labelaudit: error: --debug: no such file or folder\n"
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_what_cannot_be_said_is_no_finding(tmp_path, stream):
    command = [sys.executable, "-c", "import multiprocessing; from labelaudit.cli import program\n"]
    command[-1] += "import sys; sys.exit(program())"  # which a tool watches: it ends as Python does
    with Path("/dev/full").open("w") as full:
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | {stream: full}
        words = ["rules"] if stream == "stdout" else ["scan", "gone.json"]
        ended = subprocess.run([*command, *words], check=False, cwd=tmp_path, text=True, **streams)
    assert ended.returncode == 2
    assert not ended.stderr or ended.stderr.count("\n") == 1


def test_a_closed_pipe_is_quiet(coco):
    path = coco(*[(f"{n}.jpg", "car", 1, 1, 0, 9) for n in range(2000)])
    command = [sys.executable, "-m", "labelaudit", "scan", path, "--output-format", "jsonl"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


ENDING = """
import atexit, sys
from labelaudit import cli
cli.main = lambda: sys.stdout.write("said, ") and 7
atexit.register(lambda: sys.stdout.write("handled"))
{before}
code = cli.program()
sys.stdout.write("went on, ")
sys.exit(code)
"""


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("", "said, handled"),  # at once, without what Python does at its end
        ("sys.setprofile(lambda *_: None)", "said, went on, handled"),  # a profile is to be written
        ("import multiprocessing", "said, went on, handled"),
    ],
)
def test_what_was_said_is_there_and_handlers_run_however_the_program_ends(before, said):
    command = [sys.executable, "-c", ENDING.format(before=before)]
    buffered = {name: word for name, word in os.environ.items() if name != "PYTHONUNBUFFERED"}
    ended = subprocess.run(command, check=False, capture_output=True, text=True, env=buffered)
    assert (ended.returncode, ended.stdout) == (7, said)


def test_an_unknown_command_is_answered_with_the_nearest(capsys):
    assert cli.main(["sacn", "x.json"]) == cli.TOOL_ERROR
    assert 'Did you mean "scan"' in capsys.readouterr().err


def test_a_v_is_the_version_too(run):
    assert run("-V").out == run("--version").out


@pytest.mark.parametrize("command", sorted(name for name, _ in cli.commands()))
def test_no_option_takes_a_word_that_may_be_a_path(command):
    """Each takes as many words as it always does: `--detector labels.json` scans labels.json."""
    app = functools.reduce(operator.getitem, command.split(), cli.application())
    for argument in app.assemble_argument_collection(parse_docstring=False):
        assert not argument.parameter.consume_multiple, argument.name
