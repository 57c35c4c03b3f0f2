"""Names of classes that Hugging Face's datasets declare."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from labelaudit.io.formats.class_features import names_beside, names_in

LABEL = {"class_label": {"names": {"0": "cat", "1": "dog"}}}
README = """---
license: mit
dataset_info:
- config_name: default
  features:
  - name: label
    dtype:
      class_label:
        names:
          '0': indoor
          '1': outdoor
  - name: objects
    {}:
    - name: bbox
      {}: float32
    - name: category
      dtype:
        class_label:
          names:
            '0': cat
            '1': dog
---
# Cats
"""


@pytest.mark.parametrize("kind", ["sequence", "list", "struct"])
def test_names_of_objects_go_before_those_of_images(tmp_path, kind):
    (tmp_path / "README.md").write_text(README.replace("{}", kind))
    assert names_beside(tmp_path) == ["cat", "dog"]


def test_names_are_found_in_the_folder_above(tmp_path):
    (tmp_path / "README.md").write_text(README.replace("{}", "sequence"))
    assert names_beside(tmp_path / "train") == ["cat", "dog"]


@pytest.mark.parametrize("name", ["dataset_info.json", "dataset_infos.json"])
def test_names_are_found_in_files_of_the_library(tmp_path, name):
    feature = {"category": {"feature": {"names": ["cat", "dog"], "_type": "ClassLabel"}}}
    value = {"default": {"features": {"objects": feature, "image": {"_type": "Image"}}}}
    (tmp_path / name).write_text(json.dumps(value))
    assert names_beside(tmp_path) == ["cat", "dog"]


@pytest.mark.parametrize(
    "names",
    [{"0": "cat", "2": "dog"}, {"a": "cat"}, ["cat", 3], "cat", None, {"0": "a", "00": "b"}],
)
def test_names_that_are_none_are_left_out(names):
    assert names_in({"objects": {"class_label": {"names": names}}}) == []


@pytest.mark.parametrize(
    "text", ["", "# no head", "---\n[", "---\na: &a [*a]\n---", "---\n\0\n---"]
)
def test_a_readme_without_names_is_none(tmp_path, text):
    (tmp_path / "README.md").write_text(text)
    (tmp_path / "dataset_info.json").write_text("[" * 100_000)
    assert names_beside(tmp_path) == []


def test_aliases_of_aliases_end(tmp_path: Path):
    levels = "\n".join(f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 9)}]" for n in range(40))
    (tmp_path / "README.md").write_text(f"---\na0: &a0 [x]\n{levels}\n---\n")
    assert names_beside(tmp_path) == []
