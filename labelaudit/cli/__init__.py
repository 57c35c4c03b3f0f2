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
import itertools
import keyword
import os
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from cyclopts import App, CycloptsError, Parameter

from labelaudit.core.mirror_names import shown
from labelaudit.core.text import disarmed
from labelaudit.core.version import __version__
from labelaudit.errors import LabelauditError

PACKAGE = Path(__file__).parents[1]

DEBUG = "--debug"
"""The word, anywhere in a command line, after which an error says where it comes from."""

IN_DETAIL = f"With {DEBUG}, any command shows where an error comes from."
"""How the help of each command ends."""

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
    "agreement",
    "network",
    "convert",
    "selftest",
    "split",
    "contract",
    "manifest",
    "sample",
    "estimate",
    "review",
    "queue",
    "train",
    "predict",
    "export",
    "parity",
    "impact",
    "schema",
    "completion",
)
"""How `--help` lists commands; others come after these."""


LONGEST_REASON = 300
"""Letters of an error of Python that are shown; a choice."""

COLLECT_EVERY = 200_000
"""New objects after which garbage is looked for, 700 unless said: a scan needs 80,000 to start, and
to look through them once is a sixtieth of its time on 10,000 label files."""


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

    0 if nothing was found, 1 if something was, 2 if the tool could not do what it was asked: also
    by a fault of its own, since 1 would mean findings.
    """
    # Python has no stream for a descriptor that was closed: `labelaudit scan x.json >&-`.
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  # to the end
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name may hold what no terminal can show
            encoding = None if stream.isatty() else "utf-8"  # JSON is UTF-8 wherever it is written
            stream.reconfigure(encoding=encoding, errors="backslashreplace")
    words = list(sys.argv[1:] if arguments is None else arguments)
    options = words[: words.index("--")] if "--" in words else words
    debug = DEBUG in options
    words = [word for word in options if word != DEBUG] + words[len(options) :]
    try:
        code = _ran(words, urls=any("://" in word for word in options))
        sys.stdout.flush()
    except BrokenPipeError:
        _write_no_more(sys.stdout)
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # whatever it is, it is no finding
        if debug:
            _say(traceback.format_exc())
        return failed(_reason(error))
    return code if isinstance(code, int) else CLEAN


def _ran(words: list[str], *, urls: bool) -> object:
    """What the command of a command line gives, some of whose words may be URLs."""

    def run(words: list[str]) -> object:
        return application(words)(words, exit_on_error=False, print_error=False)

    if not urls:
        return run(words)
    from labelaudit.cli.storage_words import ran  # noqa: PLC0415  # few commands name a URL

    return ran(words, run)


def _reason(error: Exception) -> str:
    """What went wrong, for a person who reads one line."""
    if isinstance(error, (CycloptsError, LabelauditError)):
        return str(error)
    if isinstance(error, MemoryError):
        return f"there is not enough memory for this ({DEBUG} shows where it ran out)"
    if isinstance(error, RecursionError):
        return f"something in the input is nested too deeply ({DEBUG} shows where)"
    if isinstance(error, OSError):
        told = error.strerror or str(error) or type(error).__name__
        return f"{error.filename}: {told}" if error.filename else told
    what = f"{type(error).__name__}: {error}"[:LONGEST_REASON]
    return f"a fault of labelaudit, in {_place_of(error)}: {what} ({DEBUG} shows more; report it)"


def _place_of(error: Exception) -> str:
    """The innermost line of this package that an error came through."""
    places = [
        f"{Path(frame.filename).relative_to(PACKAGE).as_posix()}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(PACKAGE)
    ]
    return places[-1]


def _write_no_more(stream: TextIO) -> None:
    """Let a stream lead nowhere: Python flushes it once more at its end, and would complain."""
    with contextlib.suppress(OSError, ValueError):  # a stream of a test has no descriptor
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def failed(message: str) -> int:
    """Say in one line what went wrong."""
    line = " ".join(message.split())
    printable = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)
    _say(f"labelaudit: error: {disarmed(printable)}\n")
    return TOOL_ERROR


def _say(text: str) -> None:
    """Write to standard error, after all that was written so far."""
    for stream, words in ((sys.stdout, ""), (sys.stderr, shown(text))):
        try:
            stream.write(words)
            stream.flush()
        except (OSError, ValueError):  # a full disk, or nobody listens: the exit code says it
            _write_no_more(stream)


def application(words: Sequence[str] = ()) -> App:
    """The command line for these words; no command is imported yet.

    Where the first of them is a command, nobody asks for a list of all with what they do.
    """
    groups = [path.parent.name for path in sorted(FOLDER.glob("[a-z]*/__init__.py"))]
    first = [*itertools.dropwhile(groups.__contains__, words)][:1]
    listed = not first or first[0].startswith("-")
    app = App(
        name="labelaudit",
        help="Find and fix wrong labels in object-detection datasets.",
        help_epilogue=f"Start with: labelaudit scan annotations.json\n{IN_DETAIL}",
        help_format="plaintext",
        version=__version__,
        result_action="return_value",
        suppress_keyboard_interrupt=False,
        default_parameter=Parameter(negative=(), show_default=shown_default),
    )
    app.help_flags, app.version_flags = ("--help", "-h"), ("--version", "-V")
    for name in groups:
        path = FOLDER / name / "__init__.py"
        help_text = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
        group = App(name=name, help=help_text, help_epilogue=IN_DETAIL, sort_key=_place(name))
        app.command(group)
    for command, help_text in commands(explained=listed):
        *group_name, name = command.split()
        function = f"{name}_" if keyword.iskeyword(name) else name
        parent = app[group_name[0]] if group_name else app
        parent.command(
            f"labelaudit.cli.{'.'.join([*group_name, function])}:{function}",
            name=name,
            help=help_text,
            sort_key=_place(name),
            help_epilogue=IN_DETAIL,
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
