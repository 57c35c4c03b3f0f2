from __future__ import annotations

import importlib
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

import pytest

from labelaudit.core import registry
from labelaudit.core.registry import Registry, instead
from labelaudit.errors import ConfigError, UnknownNameError


@pytest.fixture
def package(tmp_path: Path, monkeypatch):
    """A package of one module that adds `thing` to the registry under test."""
    folder = tmp_path / "some_package"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "module.py").write_text(
        "import tests_things\ntests_things.REGISTRY.add('thing', 1)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    made: Registry[int] = Registry("thing", "some_package")

    class Things:
        REGISTRY = made

    monkeypatch.setitem(sys.modules, "tests_things", Things)
    yield made
    for name in [name for name in sys.modules if name.startswith("some_package")]:
        del sys.modules[name]


def test_a_folder_is_scanned_on_first_use(package):
    assert "some_package.module" not in sys.modules
    assert package["thing"] == 1
    assert list(package) == ["thing"]


def test_only_modules_are_imported_that_hold_what_adds(tmp_path, package):
    (tmp_path / "some_package" / "helper.py").write_text("")
    (tmp_path / "some_package" / "inner").mkdir()
    (tmp_path / "some_package" / "inner" / "__init__.py").touch()
    inner = "import tests_things\ntests_things.REGISTRY.add('more', 2)\n"
    (tmp_path / "some_package" / "inner" / "deep.py").write_text(inner)
    made: Registry[int] = Registry("thing", "some_package", "REGISTRY.add(")
    sys.modules["tests_things"].REGISTRY = made
    assert list(made) == ["more", "thing"]
    assert "some_package.helper" not in sys.modules


def test_a_name_is_given_once(package):
    package.add("other", 2)
    with pytest.raises(ValueError, match="two things are called 'other'"):
        package.add("other", 3)


def test_an_unknown_name_is_answered_with_the_nearest(package):
    with pytest.raises(UnknownNameError, match="no thing is called 'thng'; did you mean 'thing'"):
        package["thng"]


def test_an_installed_package_adds_its_own(package, monkeypatch, tmp_path):
    (tmp_path / "installed.py").write_text(
        "import tests_things\ntests_things.REGISTRY.add('more', 2)"
    )
    found = [EntryPoint("more", "installed", "some_package")]
    monkeypatch.setattr(registry, "plugins", lambda group: found)
    assert list(package) == ["more", "thing"]
    del sys.modules["installed"]


def test_an_installed_package_that_cannot_be_loaded_is_named(package, monkeypatch):
    found = [EntryPoint("more", "not_there", "some_package")]
    monkeypatch.setattr(registry, "plugins", lambda group: found)
    with pytest.raises(ConfigError, match="the installed thing 'more' cannot be loaded"):
        list(package)


def test_an_installed_package_that_cannot_be_loaded_is_named_each_time(package, monkeypatch):
    found = [EntryPoint("more", "not_there", "some_package")]
    monkeypatch.setattr(registry, "plugins", lambda group: found)
    for _ in range(2):
        with pytest.raises(ConfigError, match="the installed thing 'more' cannot be loaded"):
            list(package)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("import tests_things\ntests_things.REGISTRY.add('thing', 2)", "two things are called"),
        ("def", "invalid syntax"),
    ],
)
def test_an_installed_package_that_breaks_is_named(text, told, package, monkeypatch, tmp_path):
    (tmp_path / "breaking.py").write_text(text)
    found = [EntryPoint("more", "breaking", "some_package")]
    monkeypatch.setattr(registry, "plugins", lambda group: found)
    with pytest.raises(ConfigError, match=f"the installed thing 'more' cannot be loaded: {told}"):
        list(package)


def test_threads_that_ask_at_once_all_find_what_there_is(package, tmp_path):
    (tmp_path / "some_package" / "module.py").write_text(
        "import time\nimport tests_things\ntime.sleep(0.1)\ntests_things.REGISTRY.add('thing', 1)\n"
    )
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(package.__getitem__, ["thing"] * 8)) == [1] * 8


def test_what_is_imported_may_ask_what_there_is_so_far(package, tmp_path):
    (tmp_path / "some_package" / "other.py").write_text(
        "import tests_things\ntests_things.SEEN = list(tests_things.REGISTRY)\n"
    )
    assert list(package) == ["thing"]
    assert sys.modules["tests_things"].SEEN == ["thing"]


def test_an_unknown_name_is_answered_with_all_that_are_known(package):
    package.add("other", 2)
    for wrong, near in (("thng", "; did you mean 'thing'? There"), ("x", "; there")):
        with pytest.raises(UnknownNameError) as caught:
            package[wrong]
        assert str(caught.value) == f"no thing is called {wrong!r}{near} are other, thing"


def test_of_very_many_names_the_rest_is_counted():
    names = [f"name{number}" for number in range(registry.MOST_CHOICES + 1)]
    assert registry.instead("x", names[:-1]).endswith(names[-2])
    assert registry.instead("x", names).endswith(f"{names[-2]} and 1 more")


@pytest.mark.parametrize(("count", "more"), [(40, ""), (41, " and 1 more")])
def test_an_error_lists_forty_names_and_counts_the_others(count: int, more: str):
    told = instead("nothing alike", [f"{number:03}" for number in range(count)])
    assert told.endswith(f"038, 039{more}")


@pytest.fixture
def declaring(tmp_path: Path, monkeypatch):
    """Makes packages of modules that declare things in their text, and their registries."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "tests_things", ModuleType("tests_things"))

    def make(name: str, **files: str) -> Registry[int]:
        made: Registry[int] = Registry("thing", name, "THINGS.add(")
        monkeypatch.setattr(sys.modules["tests_things"], "THINGS", made, raising=False)
        for place, text in {"__init__": "", **files}.items():
            path = tmp_path / name / f"{place.replace('.', '/')}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_text(f"from tests_things import THINGS\n{text}" if text else "")
        return made

    before = set(sys.modules)
    yield make
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_a_declared_thing_is_imported_when_it_is_wanted(declaring):
    made = declaring("declared", a='THINGS.add("one", 1)\n', b='THINGS.add("two", 2)\n')
    assert (list(made), len(made), "one" in made) == (["one", "two"], 2, True)
    assert not {"declared.a", "declared.b"} & set(sys.modules)
    assert made["one"] == 1
    assert {"declared.a", "declared.b"} & set(sys.modules) == {"declared.a"}
    assert made.values() == [1, 2]


def test_a_declared_thing_says_what_stands_in_its_text_until_it_is_imported(declaring):
    made = declaring("saying", a='THINGS.add("one", max([1], key=None))\n')
    assert made.said("one") == {"0": "one", "1": None, "key": None}
    assert made["one"] == 1
    assert made.said("one") is None
    assert made.said("two") is None


def test_folders_are_looked_into_or_are_things_themselves(declaring):
    made = declaring(
        "folders",
        **{
            "inner.__init__": "",
            "inner.deep": 'THINGS.add("deep", 1)\n',
            "whole.__init__": 'THINGS.add("whole", 2)\n',
            "whole.part": 'THINGS.add("never", 3)\n',
        },
    )
    assert list(made) == ["deep", "whole"]
    assert not [name for name in sys.modules if name.startswith("folders.")]
    assert made.values() == [1, 2]


def test_what_a_text_does_not_say_plainly_is_imported_at_once(declaring):
    text = "for name in ('one', 'two'):\n    THINGS.add(name, len(name))\n"
    made = declaring("looping", a=text, b='THINGS.add("three", 5)\n')
    assert list(made) == ["one", "three", "two"]
    assert "looping.a" in sys.modules
    assert "looping.b" not in sys.modules


def test_a_declared_name_is_given_once(declaring):
    made = declaring("taken", a='THINGS.add("one", 1)\n')
    assert list(made) == ["one"]
    with pytest.raises(ValueError, match="two things are called 'one'"):
        made.add("one", 2)
    made = declaring("twice", a='THINGS.add("one", 1)\n', b='THINGS.add("one", 2)\n')
    with pytest.raises(ValueError, match="two things are called 'one'"):
        list(made)
    made = declaring("before", a='THINGS.add("one", 1)\n')
    made.add("one", 2)
    with pytest.raises(ValueError, match="two things are called 'one'"):
        list(made)


def test_a_module_that_was_imported_by_itself_is_known(declaring):
    made = declaring("itself", a='THINGS.add("one", 1)\n')
    importlib.import_module("itself.a")
    assert (list(made), made["one"]) == (["one"], 1)


def test_threads_that_want_one_declared_thing_at_once_all_get_it(declaring):
    made = declaring("slow", a='import time\ntime.sleep(0.1)\nTHINGS.add("one", 1)\n')
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(made.__getitem__, ["one"] * 8)) == [1] * 8
