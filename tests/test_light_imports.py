"""What is heavy is loaded when it is needed; each question is asked of a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import labelaudit
from labelaudit.io.formats import FORMATS, converter
from labelaudit.testing import images, with_image_files

HEAVY = {"torch", "torchvision", "timm", "sklearn", "cleanlab", "pandas", "matplotlib", "scipy"}

LABELS = {
    "images": [{"id": 1, "file_name": "a.jpg", "width": 640, "height": 480}],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 0, 30]}],
    "categories": [{"id": 1, "name": "car"}],
}


NOT_FOR_A_SCAN = {
    # Together 60 ms, of some 400 that a scan of a small file takes.
    *("PIL", "defusedxml", "numpy.ma", "sqlite3", "tempfile", "xml.etree", "yaml"),
    *("zipfile", "labelaudit.io.archives", "labelaudit.io.formats.conversion"),
    *("fsspec", "labelaudit.cli.storage_words", "labelaudit.storage.mirror"),
    *("labelaudit.io.in_place", "labelaudit.io.patch_file", "labelaudit.io.save"),
}


def loaded(program: str) -> set[str]:
    """The packages that a Python program has loaded at its end."""
    return {name.split(".")[0] for name in modules(program)}


def modules(program: str) -> set[str]:
    """The modules that it has loaded, by their dotted names."""
    code = f"{program}\nimport sys; print('\\n' + ' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_importing_the_package_loads_nothing_else():
    assert not loaded("import labelaudit") & (HEAVY | {"numpy", "rich", "shapely", "cyclopts"})


def test_help_loads_no_numpy():
    assert not loaded("from labelaudit.cli import main\nmain(['--help'])") & (HEAVY | {"numpy"})


def test_a_scan_of_labels_loads_nothing_that_only_learning_needs(tmp_path: Path):
    labels = tmp_path / "labels.json"
    labels.write_text(json.dumps(LABELS))
    program = f"from labelaudit.cli import main\nassert main(['scan', {str(labels)!r}]) == 1"
    packages = loaded(program)
    assert "numpy" in packages
    assert not packages & HEAVY


def test_a_scan_of_labels_loads_nothing_that_only_few_datasets_need(tmp_path: Path):
    labels = tmp_path / "labels.json"
    labels.write_text(json.dumps(LABELS))
    options = [str(labels), "--output-format", "json"]
    program = f"from labelaudit.cli import main\nassert main(['scan', *{options!r}]) == 1"
    assert not modules(program) & NOT_FOR_A_SCAN


NOT_FOR_LABELS_ALONE = {
    # What looks at pixels, asks a model or is about a network; the cache of what images look like.
    *("labelaudit.core.content_cache", "labelaudit.images.appearance", "labelaudit.images.quality"),
    *("labelaudit.images.duplicates.pairs", "labelaudit.network.view", "labelaudit.network.advice"),
    *("labelaudit.rules.mod.gaps", "labelaudit.rules.net.net001_vanishing_boxes"),
    *("labelaudit.rules.img.img020_blank_image", "labelaudit.auditing.sources.agreement"),
    # Formats and reports of other files than are there, and what few scans are asked for.
    *(
        "labelaudit.io.formats.createml",
        "labelaudit.io.formats.datumaro",
        "labelaudit.reports.sarif",
    ),
    *(
        "labelaudit.io.formats.via",
        "labelaudit.io.formats.labelme",
        "labelaudit.io.formats.parquet",
    ),
    *(
        "labelaudit.cli.judged_samples",
        "labelaudit.auditing.estimates.breakdown",
        "labelaudit.reports.text",
    ),
    *("difflib", "importlib.metadata", "numpy.ma", "sqlite3", "tempfile", "PIL"),
}

MOST_MODULES = 620
"""Those of VOC and YOLO take 598 and 613; each costs about half a millisecond."""


def folder_of(name: str, folder: Path) -> Path:
    """A dataset in a format, with its images, two of three of which are frames by their names."""
    boxes = {"a_1.jpg": ["car 10 10 40 40"], "a_2.jpg": [], "a_3.jpg": ["bus 10 10 60 40"]}
    made = with_image_files(images(boxes), folder / "images")
    converter(FORMATS[name])(made, folder / name).write()
    if name == "voc":
        lists = folder / name / "ImageSets" / "Main"
        lists.mkdir(parents=True, exist_ok=True)
        for split, members in (("train", "a_1\na_2\n"), ("val", "a_3\n")):
            (lists / f"{split}.txt").write_text(members)
    return folder / name


@pytest.mark.parametrize("name", ["voc", "yolo"])
def test_a_scan_of_labels_alone_loads_what_it_runs(name: str, tmp_path: Path):
    options = ["--ignore", "IMG", "--pixels", "never", "--output-format", "json", "--exit-zero"]
    words = ["scan", str(folder_of(name, tmp_path)), *options]
    loaded_by_it = modules(f"from labelaudit.cli import main\nassert main({words!r}) == 0")
    assert not loaded_by_it & NOT_FOR_LABELS_ALONE
    assert len(loaded_by_it) <= MOST_MODULES
    assert "labelaudit.rules.ref.ref017_tiny_image" in loaded_by_it  # which looks at headers


@pytest.mark.parametrize(
    ("options", "opened"), [(["--ignore", "IMG", "--pixels", "never"], False), ([], True)]
)
def test_what_is_remembered_of_images_is_asked_for_pixels_alone(
    options: list[str], opened: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("LABELAUDIT_CACHE", str(tmp_path / "cache"))
    words = ["scan", str(folder_of("voc", tmp_path)), *options, "--exit-zero"]
    modules(f"from labelaudit.cli import main\nassert main({words!r}) == 0")
    assert (tmp_path / "cache").exists() == opened


def test_to_choose_rules_imports_none(tmp_path: Path):
    program = "from labelaudit.auditing.run import chosen_rules\nassert chosen_rules(['GEO'])"
    assert not {one for one in modules(program) if one.startswith("labelaudit.rules.geo.")}


def test_every_public_name_is_there():
    assert sorted(labelaudit.__all__) == sorted(labelaudit._HOMES)
    for name in labelaudit.__all__:
        assert getattr(labelaudit, name).__module__.startswith("labelaudit.")


def test_a_name_that_is_not_there_is_refused():
    with pytest.raises(AttributeError, match="has no attribute 'lod'"):
        labelaudit.lod  # noqa: B018


def test_the_version_is_that_of_the_package():
    pyproject = Path(labelaudit.__file__).parents[1] / "pyproject.toml"
    if pyproject.is_file():
        assert f'version = "{labelaudit.__version__}"' in pyproject.read_text("utf-8")
