"""The command line: one file a command, which holds a function of the same name.

The commands in a folder are called by its name and theirs: `labelaudit queue show`. A name that
Python keeps for itself ends in an underscore here: `import_`. Commands are found by looking into
this folder, and imported when they are called: `labelaudit --help` reads the docstrings of their
functions without importing anything.
"""

from __future__ import annotations

import ast
import atexit
import contextlib
import gc
import io
import keyword
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from cyclopts import App, CycloptsError, Parameter

from labelaudit.core.version import __version__
from labelaudit.errors import LabelauditError

CLEAN, FINDINGS, TOOL_ERROR, BROKEN_PIPE, INTERRUPTED = 0, 1, 2, 141, 130
"""Exit codes."""

FOLDER = Path(__file__).parent

ORDER = (
    "scan",
    "rules",
    "fix",
    "undo",
    "diff",
    "stats",
    "convert",
    "selftest",
    "sample",
    "estimate",
)
"""How `--help` lists commands; others come after these."""


COLLECT_EVERY = 50_000
"""New objects after which garbage is looked for, 700 unless said: a scan needs 80,000 to start."""


def program() -> int:
    """`main` as a process of its own, which starts and ends without looking for garbage.

    Its threads share the cores by themselves: those of OpenBLAS, which start with numpy and spin
    for 0.1 s, would only take them away. Whoever wants more of these says so in the environment.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    gc.set_threshold(COLLECT_EVERY)
    try:
        code = main()
    finally:
        gc.freeze()  # a process that ends has no use for what is searched last: a tenth of its time
    if code == INTERRUPTED or not _is_watched():
        _end(code)
    return code


def _is_watched() -> bool:
    """Whether something else than the command is still to be done in this process."""
    tools = getattr(sys, "monitoring", None)  # since Python 3.12
    watchers = [sys.gettrace(), sys.getprofile(), *(tools.get_tool(n) for n in range(6) if tools)]
    others = threading.active_count() > 1 or "multiprocessing" in sys.modules
    return others or any(watcher is not None for watcher in watchers)


def _end(code: int) -> None:
    """End the process without giving back its memory array by array: a twentieth of its time.

    By Ctrl+C also without waiting for threads that are at work.
    """
    atexit._run_exitfuncs()  # what others asked for; there is no public way
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # nobody listens, which was said already
            stream.flush()
    os._exit(code)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code.

    0 if nothing was found, 1 if something was, 2 if the tool could not do what it was asked.
    """
    # Python has no stream for a descriptor that was closed: `labelaudit scan x.json >&-`.
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  # to the end
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name may hold what no terminal can show
            encoding = None if stream.isatty() else "utf-8"  # JSON is UTF-8 wherever it is written
            stream.reconfigure(encoding=encoding, errors="backslashreplace")
    try:
        words = sys.argv[1:] if arguments is None else arguments
        code = application(words)(words, exit_on_error=False, print_error=False)
        sys.stdout.flush()
    except (CycloptsError, LabelauditError) as error:
        return failed(str(error))
    except BrokenPipeError:
        # Python flushes standard output once more at its end, and would complain then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except OSError as error:
        return failed(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except KeyboardInterrupt:
        return INTERRUPTED
    return code if isinstance(code, int) else CLEAN


def failed(message: str) -> int:
    """Say in one line what went wrong."""
    line = " ".join(message.split())
    printable = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)
    print(f"labelaudit: error: {printable}", file=sys.stderr)  # noqa: T201  # what this is for
    return TOOL_ERROR


def application(words: Sequence[str] = ()) -> App:
    """The command line for these words; no command is imported yet.

    Where the first of them is a command, nobody asks for a list of all with what they do.
    """
    listed = not words or words[0].startswith("-")
    app = App(
        name="labelaudit",
        help="Find and fix wrong labels in object-detection datasets.",
        help_epilogue="Start with: labelaudit scan annotations.json",
        help_format="plaintext",
        version=__version__,
        result_action="return_value",
        suppress_keyboard_interrupt=False,
        default_parameter=Parameter(negative=(), show_default=shown_default),
    )
    app.help_flags, app.version_flags = ("--help", "-h"), ("--version",)
    for path in sorted(FOLDER.glob("[a-z]*/__init__.py")):
        name = path.parent.name
        help_text = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
        app.command(App(name=name, help=help_text, sort_key=_place(name)))
    for command, help_text in commands(explained=listed):
        *group_name, name = command.split()
        function = f"{name}_" if keyword.iskeyword(name) else name
        parent = app[group_name[0]] if group_name else app
        parent.command(
            f"labelaudit.cli.{'.'.join([*group_name, function])}:{function}",
            name=name,
            help=help_text,
            sort_key=_place(name),
            help_format="markdown",  # joins lines, for 70 ms that `labelaudit --help` has not
        )
    return app


def _place(name: str) -> int:
    return ORDER.index(name) if name in ORDER else len(ORDER)


def commands(*, explained: bool = True) -> Iterator[tuple[str, str]]:
    """The name of each command, in words, and its docstring; nothing if it need not be `explained`.

    It takes a while to read them all, and the help of one command comes from its function.
    """
    for path in sorted((*FOLDER.glob("[a-z]*.py"), *FOLDER.glob("[a-z]*/[a-z]*.py"))):
        text = path.read_text("utf-8")
        if f"\ndef {path.stem}(" in text:
            words = (*path.relative_to(FOLDER).parts[:-1], path.stem.removesuffix("_"))
            yield " ".join(words), _docstring(text, path.stem) if explained else ""


def _docstring(text: str, function: str) -> str:
    """The docstring of a function in the text of a module."""
    nodes = (node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef))
    return next(ast.get_docstring(node) or "" for node in nodes if node.name == function)


def shown_default(value: object) -> str | None:
    """A default in the help; nothing for what is off or empty."""
    return str(value) if value not in (None, False, (), "") else None
