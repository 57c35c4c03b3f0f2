from __future__ import annotations

import pytest

from labelaudit.core.extras import check_installed
from labelaudit.errors import ConfigError


def test_what_is_there_is_enough():
    check_installed(["json", "numpy"], "a test")


def test_all_that_lacks_is_named_with_the_command_that_installs_it():
    with pytest.raises(ConfigError) as caught:
        check_installed(["gone_one", "json", "gone_two"], "a test", "all")
    assert str(caught.value) == "a test needs gone_one, gone_two: pip install 'labelaudit[all]'"
