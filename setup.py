"""What pyproject.toml cannot say: the compiled parts, and links that lead somewhere.

With LABELAUDIT_PURE=1 there are none: a wheel for every system, in which reading is slower.
"""

import os
import re
import tomllib
from pathlib import Path
from typing import Any

from setuptools import Extension, setup


def compiled(name: str) -> Extension:
    """A module in C. Without a compiler labelaudit is installed all the same, and is slower."""
    return Extension(
        name,
        sources=[f"{name.replace('.', '/')}.c"],
        # Rounding after every step, on every processor: sums are then those of numpy.
        extra_compile_args=[] if os.name == "nt" else ["-O3", "-ffp-contract=off"],
        py_limited_api=True,
        optional=True,
    )


ROOT = Path(__file__).parent

LINK = re.compile(r"(!?)\[((?:[^\[\]]|!\[[^\]]*\]\([^)]*\))*)\]\((?![a-z+]+:|#)([^)\s]+)\)")
"""A link or a picture of README.md that is in the repository."""


def repository(project: dict[str, Any]) -> str:  # Any: what TOML holds
    """Where the sources can be read, as the project or the pipeline says; empty if none does."""
    urls = {name.lower(): url for name, url in project.get("urls", {}).items()}
    server = os.environ.get("GITHUB_SERVER_URL", "https://github.com")
    name = os.environ.get("GITHUB_REPOSITORY")
    return urls.get("repository") or (f"{server}/{name}" if name else "")


def long_description() -> str:
    """README.md as a package index shows it, where a relative link would lead nowhere.

    Links lead to the files of this version. Where nobody says where it is, words are left.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    address, tag = repository(project).removesuffix("/").removesuffix(".git"), project["version"]

    def absolute(found: re.Match[str]) -> str:
        picture, words, path = found[1], LINK.sub(absolute, found[2]), found[3]
        if not address:
            return words
        return f"{picture}[{words}]({address}/{'raw' if picture else 'blob'}/v{tag}/{path})"

    return LINK.sub(absolute, (ROOT / "README.md").read_text("utf-8"))


README = {"long_description": long_description(), "long_description_content_type": "text/markdown"}

COMPILED = [
    compiled("labelaudit.boxes._sweep"),
    compiled("labelaudit.core._arrow"),
    compiled("labelaudit.images._jpegs"),
    compiled("labelaudit.images.duplicates._nearest"),
    compiled("labelaudit.io.formats._small_files"),
    compiled("labelaudit.io.formats.coco._scanner"),
    compiled("labelaudit.io.formats.voc._annotations"),
    compiled("labelaudit.io.formats.yolo._lines"),
]

if os.environ.get("LABELAUDIT_PURE") == "1":
    setup(**README)
else:
    setup(**README, ext_modules=COMPILED, options={"bdist_wheel": {"py_limited_api": "cp311"}})
