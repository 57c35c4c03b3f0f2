"""What pytest finds once labelaudit is installed: the fixture `assert_clean`.

pytest imports this with every run, so that it loads nothing else before a test asks for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture(scope="session")
def assert_clean() -> Callable[..., Any]:  # Any: of the function below, which says more
    """`labelaudit.assert_clean`: fails with the first findings if a dataset is not clean."""
    from labelaudit.pipeline.assertions import assert_clean as asserted  # noqa: PLC0415  # see above

    return asserted
