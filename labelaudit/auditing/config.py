"""Configuration: `labelaudit.toml`, or the table `[tool.labelaudit]` of a `pyproject.toml`.

The file belongs to the project that one works in: it is looked for in the current folder and the
folders above it, never beside the labels, because it can name code to load and labels come from
anywhere.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import msgspec

from labelaudit.auditing.findings import Severity
from labelaudit.auditing.options.rule_settings import checked
from labelaudit.auditing.options.words import PIXELS, SAFETIES, SEVERITIES
from labelaudit.auditing.requirements import Contract
from labelaudit.auditing.rule import RULES, RuleDeclaration
from labelaudit.auditing.run import Options, chosen_rules, codes
from labelaudit.core.later import later
from labelaudit.core.mirror_names import is_url
from labelaudit.core.plugins import load_plugins
from labelaudit.core.registry import instead
from labelaudit.core.text import validation_problem
from labelaudit.dataset.arguments import each, kind_of, one_or_several
from labelaudit.dataset.class_hierarchy import NO_HIERARCHY
from labelaudit.errors import ArgumentError, ConfigError, LabelauditError
from labelaudit.network.settings import NetworkSettings, network_settings

_mirrors = later("labelaudit.storage.mirror", "mirrors")

T = TypeVar("T")

Several: TypeAlias = str | tuple[str, ...]
"""Texts, of which one may stand alone."""

NAMES = ("labelaudit.toml", "pyproject.toml")
"""The file names that are looked for; in one folder, the first that configures labelaudit."""


class NetworkTable(msgspec.Struct, rename="kebab", forbid_unknown_fields=True, frozen=True):
    """The network that the labels are for; see `network_settings`."""

    train_size: int | tuple[int, ...] | None = None
    name: str | None = None
    strides: tuple[int, ...] = ()
    anchors: tuple[tuple[float, ...], ...] = ()
    anchor_scales: tuple[float, ...] = ()
    anchor_ratios: tuple[float, ...] = ()
    fit: str | None = None


class Settings(msgspec.Struct, rename="kebab", forbid_unknown_fields=True, frozen=True):
    """The keys of a configuration file, with their defaults."""

    select: Several = ("ALL",)
    ignore: Several = ()
    severity: str = "info"  # the mildest that is reported
    fail_on: str = "warning"  # the mildest that makes the exit code 1
    format: str = ""  # of the labels; recognised if empty
    images: Several = ()  # folders, relative to the file, or URLs
    exclude: tuple[str, ...] = ()  # patterns of images and label files that are not looked at
    baseline: str = ""  # a file, relative to this one, or a URL
    plugins: Several = ()  # files relative to this one, or modules
    rules: dict[str, dict[str, Any]] = {}  # Any: a setting is of any type
    severities: dict[str, str] = {}
    fixes: dict[str, str] = {}
    per_class_ignores: dict[str, Several] = {}
    per_path_ignores: dict[str, Several] = {}
    network: NetworkTable | None = None
    pixels: str = "auto"  # whether images are decoded
    by: Several = ()  # fields by whose values findings are counted
    contract: dict[str, Any] | None = None  # what `contract.read_contract` reads
    train: dict[str, Any] = {}  # what `labelaudit train` reads, and checks then


@dataclass(frozen=True)
class Config:
    """What a configuration file says, checked."""

    path: Path | None = None  # the file; None if there is none
    options: Options = field(default_factory=Options)
    fail_on: Severity = Severity.WARNING
    format: str | None = None
    images: tuple[Path, ...] = ()
    exclude: tuple[str, ...] = ()
    baseline: Path | None = None
    train: Mapping[str, Any] = field(default_factory=dict)  # as it stands there; Any: of any type

    def format_of(self, known: Collection[str]) -> str | None:
        """The format of the labels, if one is named; raises `ConfigError` if it is not `known`."""
        if self.format is None or self.format in known:
            return self.format
        hint = instead(self.format, known)
        raise ConfigError(f"{self.path}: format: no format is called {self.format!r}{hint}")


def read_config(
    path: str | os.PathLike[str] | None = None, *, folder: str | os.PathLike[str] | None = None
) -> Config:
    """The configuration in `path`, or in the nearest file at or above `folder`.

    Plugins that it names are loaded. Without a file, everything has its default.

    Raises
    ------
    ConfigError
        if the file cannot be read, or holds a key, a rule or a value that does not exist; the
        message names the file and the key.
    """
    for given in (path, folder):
        if not isinstance(given, str | os.PathLike | None):
            raise ArgumentError(f"read_config() takes the path of a file, not {kind_of(given)}")
    place = nearest(Path.cwd() if folder is None else Path(folder)) if path is None else Path(path)
    return Config() if place is None else configured(place, table(place) or {})


def _place(folder: Path, name: str) -> Path:
    """What a configuration in a folder calls by a name: a path relative to it, or a URL."""
    return _mirrors([name])[0] if is_url(name) else folder / name


def nearest(folder: Path) -> Path | None:
    """The nearest configuration file at or above a folder; None if there is none."""
    folder = folder.absolute()
    for place in (folder, *folder.parents):
        for name in NAMES:
            path = place / name
            if path.is_file() and table(path) is not None:
                return path
    return None


def table(path: Path) -> dict[str, Any] | None:
    """What a file configures; None for a `pyproject.toml` that does not mention labelaudit."""
    import tomllib  # noqa: PLC0415  # most folders are of no project

    try:
        content: Any = tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{path}: not a TOML file: {error}") from error
    if path.name != "pyproject.toml":
        return dict(content)
    tools = content.get("tool", {})
    found = tools.get("labelaudit") if isinstance(tools, dict) else None
    if found is not None and not isinstance(found, dict):
        raise ConfigError(f"{path}: tool.labelaudit must be a table, found {found!r}")
    return found


def configured(path: Path, content: Mapping[str, Any]) -> Config:
    """The configuration that the table `content` of the file `path` stands for."""
    settings = _settings(path, content)
    folder = path.absolute().parent
    with _naming(path, "plugins"):
        load_plugins(each(settings.plugins), folder)
    select = _selectors(path, "select", settings.select)
    ignore = _selectors(path, "ignore", settings.ignore)
    contract = _contract(path, settings.contract, chosen_rules(select, ignore))
    options = Options(
        select=select,
        ignore=ignore,
        settings=_rule_settings(path, settings.rules),
        severities=_words(path, "severities", settings.severities, SEVERITIES),
        safeties=_words(path, "fixes", settings.fixes, SAFETIES),
        per_class_ignores=_ignores(path, "per-class-ignores", settings.per_class_ignores),
        per_path_ignores=_ignores(path, "per-path-ignores", settings.per_path_ignores),
        min_severity=_meaning(path, "severity", settings.severity, SEVERITIES),
        network=_network(path, settings.network),
        contract=contract,
        hierarchy=contract.hierarchy if contract else NO_HIERARCHY,
        pixels=_meaning(path, "pixels", settings.pixels, PIXELS),
        by=each(settings.by),
    )
    return Config(
        path=path,
        options=options,
        fail_on=_meaning(path, "fail-on", settings.fail_on, SEVERITIES),
        format=settings.format or None,
        images=tuple(_place(folder, name) for name in each(settings.images)),
        exclude=settings.exclude,
        baseline=_place(folder, settings.baseline) if settings.baseline else None,
        train=settings.train,
    )


def _network(path: Path, written: NetworkTable | None) -> NetworkSettings | None:
    if written is None:
        return None
    with _naming(path, "network"):
        return network_settings(**msgspec.structs.asdict(written))


def _settings(path: Path, content: Mapping[str, Any]) -> Settings:
    known = [name.replace("_", "-") for name in Settings.__struct_fields__]
    for key in content:
        if key not in known:
            raise ConfigError(f"{path}: there is no setting {key!r}{instead(key, known)}")
    try:
        return msgspec.convert(content, Settings)
    except msgspec.ValidationError as error:
        problem, place = validation_problem(str(error))
        raise ConfigError(f"{path}: {place}{': ' if place else ''}{problem}") from error


def _contract(
    path: Path, content: Mapping[str, Any] | None, rules: Iterable[RuleDeclaration]
) -> Contract | None:
    """The contract that a file holds, if it holds one; `rules` are those that it chooses."""
    if content is None:
        return None
    from labelaudit.auditing.contract.read import read_contract  # noqa: PLC0415  # few have one

    try:
        return read_contract(content, (rule.code for rule in rules))
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


@contextmanager
def _naming(path: Path, key: str) -> Iterator[None]:
    """Say in which file and at which key it is that something is wrong."""
    try:
        yield
    except LabelauditError as error:
        raise ConfigError(f"{path}: {key}: {error}") from error


def _selectors(path: Path, key: str, selectors: str | Iterable[str]) -> tuple[str, ...]:
    """The selectors, each of which stands for a rule at least."""
    selectors = one_or_several(selectors, key, "selectors")
    with _naming(path, key):
        for selector in selectors:
            codes(selector)
    return selectors


def _rule_settings(
    path: Path, rules: Mapping[str, Mapping[str, Any]]
) -> Mapping[str, Mapping[str, Any]]:
    for selector in _selectors(path, "rules", rules):
        with _naming(path, f"rules.{selector}"):
            for code in codes(selector):
                checked(RULES[code], rules[selector])
    return rules


def _ignores(path: Path, key: str, ignores: Mapping[str, Several]) -> dict[str, tuple[str, ...]]:
    return {
        what: _selectors(path, f"{key}.{what}", selectors) for what, selectors in ignores.items()
    }


def _words(path: Path, key: str, words: Mapping[str, str], known: Mapping[str, T]) -> dict[str, T]:
    """What the word for each rule means."""
    return {
        selector: _meaning(path, f"{key}.{selector}", words[selector], known)
        for selector in _selectors(path, key, words)
    }


def _meaning(path: Path, key: str, word: str, known: Mapping[str, T]) -> T:
    if word not in known:
        raise ConfigError(f"{path}: {key}: expected {' or '.join(known)}, found {word!r}")
    return known[word]
