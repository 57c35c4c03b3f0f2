import subprocess
import sys

import pytest

import labelaudit.torch
from labelaudit.core import extras
from labelaudit.errors import ConfigError


def test_every_public_name_is_there():
    assert sorted(labelaudit.torch.__all__) == sorted(labelaudit.torch._HOMES)
    for name in labelaudit.torch.__all__:
        assert getattr(labelaudit.torch, name).__module__.startswith("labelaudit.torch.")


def test_a_name_that_is_not_there_is_refused():
    with pytest.raises(AttributeError, match="has no attribute 'Datset'"):
        labelaudit.torch.Datset  # noqa: B018


def test_who_lacks_torch_is_told_what_to_install(monkeypatch):
    for name in labelaudit.torch.__all__:
        monkeypatch.delitem(vars(labelaudit.torch), name, raising=False)
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    for name in labelaudit.torch.__all__:
        with pytest.raises(
            ConfigError, match=r"needs torch, torchvision: pip install 'labelaudit\[torch\]'"
        ):
            getattr(labelaudit.torch, name)


def test_importing_the_package_alone_loads_no_torch():
    program = "import labelaudit.torch, sys; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)
