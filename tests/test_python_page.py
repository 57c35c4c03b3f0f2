"""What docs/python.md and the notebook in examples/ show is what happens."""

from __future__ import annotations

import json
import re
import shutil
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from labelaudit.core import arrow

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "examples" / "notebook.ipynb"


@pytest.fixture(name="place")
def _place(tmp_path, monkeypatch):
    """A folder with the example's data, where programs may write."""
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("agg")
    (tmp_path / "examples").mkdir()
    shutil.copytree(ROOT / "examples" / "bccd", tmp_path / "examples" / "bccd")
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    pyplot.close("all")


def lacking(code: str) -> list[str]:
    """The libraries that a program needs beside ours, and that are not installed."""
    names = re.findall(r"^import (pandas|polars|duckdb)", code, re.MULTILINE)
    return [name for name in names if not installed(name) or arrow._exported is None]


def installed(name: str) -> bool:
    try:
        module = __import__(name)
    except ImportError:
        return False
    return name != "pandas" or hasattr(module.DataFrame, "from_arrow")


def test_the_programs_of_the_page_print_what_stands_below_them(place):
    text = (ROOT / "docs" / "python.md").read_text("utf-8")
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    names: dict[str, object] = {}
    compared = 0
    for (language, code), (below, shown) in zip(found, [*found[1:], ("", "")], strict=True):
        if language != "python" or lacking(code):
            continue
        out = StringIO()
        with redirect_stdout(out):
            exec(code, names)  # a page of this project
        if not below and shown:
            assert out.getvalue() == shown, code
            compared += 1
    assert compared >= 5
    assert (place / "cleaned").is_dir()


def cells() -> list[str]:
    notebook = json.loads(NOTEBOOK.read_text("utf-8"))
    return ["".join(one["source"]) for one in notebook["cells"] if one["cell_type"] == "code"]


def test_the_cells_of_the_notebook_run_one_after_the_other(place, monkeypatch):
    monkeypatch.chdir(place / "examples")
    names: dict[str, object] = {}
    for code in cells():
        exec(code, names)  # a notebook of this project
    assert (place / "examples" / "cleaned").is_dir()


def test_the_notebook_is_kept_without_outputs_and_counts():
    notebook = json.loads(NOTEBOOK.read_text("utf-8"))
    code = [one for one in notebook["cells"] if one["cell_type"] == "code"]
    assert all(one["outputs"] == [] and one["execution_count"] is None for one in code)


def test_the_notebook_runs_in_jupyter(place):
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    client = nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3")
    client.resources = {"metadata": {"path": str(place / "examples")}}
    done = client.execute()
    shown = [output for one in done.cells for output in one.get("outputs", ())]
    pages = [one["data"]["text/html"] for one in shown if "text/html" in one.get("data", {})]
    assert any("near-duplicate-box" in "".join(page) for page in pages)
