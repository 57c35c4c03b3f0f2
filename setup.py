"""What pyproject.toml cannot say: the compiled part. Everything else is there."""

import os

from setuptools import Extension, setup

setup(
    ext_modules=[
        Extension(
            "labelaudit.formats.coco._scanner",
            sources=["labelaudit/formats/coco/_scanner.c"],
            # Rounding after every step, on every processor: sums are then those of numpy.
            extra_compile_args=[] if os.name == "nt" else ["-O3", "-ffp-contract=off"],
            py_limited_api=True,
            # Without a C compiler labelaudit is installed all the same, and reads COCO slower.
            optional=True,
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
