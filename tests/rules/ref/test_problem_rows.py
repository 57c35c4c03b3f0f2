from __future__ import annotations

import pytest

from labelaudit.rules.ref.problem_rows import shown


@pytest.mark.parametrize(("count", "text"), [(58, f'"{"x" * 58}"'), (59, f'"{"x" * 56}...')])
def test_a_value_is_shown_in_sixty_characters(count: int, text: str) -> None:
    assert shown("x" * count) == text
