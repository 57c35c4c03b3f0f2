"""What pyproject.toml cannot say: the compiled parts. Everything else is there.

With LABELAUDIT_PURE=1 there are none: a wheel for every system, in which reading is slower.
"""

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
    setup()
else:
    setup(ext_modules=COMPILED, options={"bdist_wheel": {"py_limited_api": "cp311"}})
