"""What runs in pipelines of others: the hooks of pre-commit and the GitHub Action."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BCCD = ROOT / "examples" / "bccd"
HOOKS = ROOT / ".pre-commit-hooks.yaml"
BIN = Path(sys.executable).parent
ENVIRONMENT = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
EMPTY_PACKAGE = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "hooks"
version = "1"
[tool.setuptools]
py-modules = []
"""
FLAT = {
    "images": [{"id": 1, "file_name": "a.jpg", "width": 640, "height": 480}],
    "annotations": [
        {"id": 1, "image_id": 1, "category_id": 1, "bbox": [9, 9, 0, 9], "area": 0},
        {"id": 2, "image_id": 1, "category_id": 1, "bbox": [9, 9, 30, 20], "area": 600},
    ],
    "categories": [{"id": 1, "name": "car"}],
}


def ran(folder: Path, *words: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        list(map(str, words)),
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        env=ENVIRONMENT | more,
    )


def committed(folder: Path) -> str:
    """Make a folder a repository with all that is in it; the name of the commit."""
    who = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false")
    assert ran(folder, "git", "init", "--quiet").returncode == 0
    ran(folder, "git", "add", ".")
    assert ran(folder, "git", *who, "commit", "--quiet", "--no-verify", "-m", "x").returncode == 0
    return ran(folder, "git", "rev-parse", "HEAD").stdout.strip()


@pytest.fixture
def labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of labels with the hooks, which a small package stands for.

    What pre-commit installs is the package that the hooks are in; here it is an empty one, so that
    the command is the one that is tested.
    """
    if shutil.which("pre-commit", path=ENVIRONMENT["PATH"]) is None:
        pytest.skip("pre-commit is not installed")
    monkeypatch.setitem(ENVIRONMENT, "PRE_COMMIT_HOME", str(tmp_path / "cache"))
    hooks, folder = tmp_path / "hooks", tmp_path / "labels"
    hooks.mkdir()
    shutil.copy(HOOKS, hooks)
    (hooks / "pyproject.toml").write_text(EMPTY_PACKAGE)
    revision = committed(hooks)
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "train.json").write_text(json.dumps(FLAT))
    (folder / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {hooks}\n  rev: {revision}\n  hooks:\n"
        "  - id: labelaudit\n    args: [data/train.json, --ignore, IMG]\n"
        "  - id: labelaudit-fix\n    args: [data/train.json, --ignore, IMG]\n"
    )
    committed(folder)
    installed = ran(folder, "pre-commit", "install-hooks")
    if installed.returncode:
        pytest.skip(f"pre-commit cannot install: {installed.stdout[-300:]}")
    return folder


def test_the_hooks_stop_a_commit_of_broken_labels_mend_them_and_let_it_pass(labels: Path):
    hook = ("pre-commit", "run", "--files", "data/train.json")
    found = ran(labels, *hook[:2], "labelaudit", *hook[2:])
    assert found.returncode == 1
    assert "zero-area GEO001" in found.stdout
    mended = ran(labels, *hook[:2], "labelaudit-fix", *hook[2:])
    assert "files were modified by this hook" in mended.stdout
    assert len(json.loads((labels / "data" / "train.json").read_text())["annotations"]) == 1
    assert ran(labels, *hook[:2], "labelaudit", *hook[2:]).returncode == 0
    skipped = ran(labels, *hook[:2], "labelaudit", "--files", ".pre-commit-config.yaml.orig")
    assert "no files to check" in skipped.stdout


def test_the_hooks_are_as_pre_commit_wants_them():
    if shutil.which("pre-commit", path=ENVIRONMENT["PATH"]) is None:
        pytest.skip("pre-commit is not installed")
    done = ran(ROOT, "pre-commit", "validate-manifest", HOOKS)
    assert done.returncode == 0, done.stdout


def test_the_action_is_as_its_schema_wants_it():
    pytest.importorskip("check_jsonschema")
    words = ("-m", "check_jsonschema", "--builtin-schema", "vendor.github-actions", "action.yml")
    done = ran(ROOT, sys.executable, *words)
    assert done.returncode == 0, done.stdout


def action(folder: Path, **inputs: str) -> tuple[subprocess.CompletedProcess[str], str, str]:
    """Run what the action runs; what it prints, puts out and summarises."""
    given = {"DATASET": str(BCCD), "ARGS": "", "FAIL_ON": "warning", "SARIF": "", "SUMMARY": "true"}
    out, summary = folder / "output", folder / "summary"
    out.touch(), summary.touch()
    files = {"GITHUB_OUTPUT": str(out), "GITHUB_STEP_SUMMARY": str(summary)}
    script = ROOT / "scripts" / "github_action.sh"
    done = ran(folder, "bash", script, **(given | inputs | files))
    return done, out.read_text(), summary.read_text()


def test_the_action_annotates_summarises_and_fails(tmp_path: Path):
    done, out, summary = action(tmp_path, SARIF="found.sarif", ARGS="--select DUP --exclude 'a b'")
    assert done.returncode == 1
    assert done.stdout.startswith("::warning title=DUP002 near-duplicate-box,file=")
    assert out == "exit-code=1\n"
    assert "near-duplicate-box" in summary
    assert json.loads((tmp_path / "found.sarif").read_text())["version"] == "2.1.0"


def test_the_action_passes_where_nothing_is_to_fail_it_and_runs_nothing_in_its_input(
    tmp_path: Path,
):
    done, out, summary = action(
        tmp_path, FAIL_ON="never", SUMMARY="false", ARGS="--select GEO001 --exclude $(touch${IFS}x)"
    )
    assert (done.returncode, out, summary) == (0, "exit-code=0\n", "")
    assert not (tmp_path / "x").exists()


def test_the_action_tells_labels_that_cannot_be_read_from_findings(tmp_path: Path):
    done, out, _ = action(tmp_path, DATASET="gone.json")
    assert done.returncode == 2
    assert out == "exit-code=2\n"
    assert "gone.json: no such file or folder" in done.stderr
