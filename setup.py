"""What pyproject.toml cannot say: the compiled parts. Everything else is there."""

import os

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


setup(
    ext_modules=[
        compiled("labelaudit.boxes._sweep"),
        compiled("labelaudit.images._jpegs"),
        compiled("labelaudit.io.formats._small_files"),
        compiled("labelaudit.io.formats.coco._scanner"),
        compiled("labelaudit.io.formats.voc._annotations"),
        compiled("labelaudit.io.formats.yolo._lines"),
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
