from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from labelaudit.auditing.config import Config, nearest, read_config
from labelaudit.auditing.findings import Safety, Severity
from labelaudit.auditing.rule import RULES
from labelaudit.auditing.run import audit
from labelaudit.errors import ConfigError
from labelaudit.testing import images, one_image


@pytest.fixture
def config(tmp_path: Path):
    def written(text: str, name: str = "labelaudit.toml") -> Config:
        (tmp_path / name).write_text(textwrap.dedent(text), encoding="utf-8")
        return read_config(tmp_path / name)

    return written


def test_without_a_file_everything_has_its_default(tmp_path: Path):
    assert read_config(folder=tmp_path) == Config()


def test_rules_are_selected_and_ignored(config):
    options = config("""
        select = ["GEO", "near-duplicate-box"]
        ignore = ["geo006"]
        severity = "warning"
    """).options
    assert options.select == ("GEO", "near-duplicate-box")
    assert options.ignore == ("geo006",)
    assert options.min_severity is Severity.WARNING


def test_a_setting_of_a_rule_changes_what_it_finds(config):
    dataset = one_image("car 10 10 15 40")
    assert not len(audit(dataset, select=["GEO006"]))
    options = config("""
        select = ["GEO006"]
        [rules.tiny-box]
        min-side = 6
    """).options
    assert len(audit(dataset, options)) == 1


def test_rules_are_promoted_and_demoted(config):
    dataset = one_image("car 10 10 10 40")
    options = config("""
        select = ["GEO001"]
        severities.zero-area = "info"
        fixes.zero-area = "unsafe"
    """).options
    findings = audit(dataset, options)
    assert findings.severity.tolist() == [Severity.INFO]
    assert findings.fix[0].safety is Safety.UNSAFE


def test_a_fix_can_be_forbidden(config):
    options = config('fixes.GEO = "none"').options
    findings = audit(one_image("car 10 10 10 40"), options, select=["GEO001"])
    assert findings.fix.tolist() == [None]


def test_a_rule_is_ignored_for_a_class_and_for_a_path(config):
    dataset = images({"a/1.jpg": ["car 9 9 9 40", "bus 9 9 9 40"], "b/1.jpg": ["car 9 9 9 40"]})
    options = config("""
        select = ["GEO001"]
        per-class-ignores.bus = ["zero-area"]
        per-path-ignores."b/*" = ["GEO"]
    """).options
    assert audit(dataset, options).box.tolist() == [0]


def test_paths_are_relative_to_the_file(config, tmp_path: Path):
    read = config('images = ["pictures"]\nbaseline = "known.json"')
    assert read.images == (tmp_path / "pictures",)
    assert read.baseline == tmp_path / "known.json"


def test_pyproject_holds_it_in_a_table(config):
    read = config('[tool.labelaudit]\nfail-on = "error"', "pyproject.toml")
    assert read.fail_on is Severity.ERROR


def test_the_nearest_file_that_configures_labelaudit_counts(tmp_path: Path):
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    (tmp_path / "labelaudit.toml").touch()
    (tmp_path / "a" / "pyproject.toml").write_text("[project]\nname = 'x'")
    assert nearest(folder) == tmp_path / "labelaudit.toml"
    (tmp_path / "a" / "pyproject.toml").write_text("[tool.labelaudit]")
    assert nearest(folder) == tmp_path / "a" / "pyproject.toml"
    (tmp_path / "a" / "labelaudit.toml").touch()
    assert nearest(folder) == tmp_path / "a" / "labelaudit.toml"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("selct = []", "there is no setting 'selct'; did you mean 'select'?"),
        ("per_class_ignores = {}", "did you mean 'per-class-ignores'?"),
        ("select = 7", "select: expected text or a list, found a whole number"),
        ("ignore = ['GEO999']", "ignore: no rule is called 'GEO999'"),
        ("severity = 'warn'", "severity: expected info or warning or error, found 'warn'"),
        ("[rules.zero-aera]", "rules: no rule is called 'zero-aera'; did you mean 'zero-area'?"),
        ("[rules.tiny-box]\nmin-sid = 3", "rules.tiny-box: rule tiny-box has no setting 'min-sid'"),
        ("[rules.tiny-box]\nmin-side = 'a'", "min-side of rule tiny-box must be a number"),
        ("[rules.tiny-box]\nmin-side = true", "must be a number of 0 or more, found True"),
        ("[severities]\nzero-area = 'off'", "severities.zero-area: expected info or"),
        ("[fixes]\nzero-area = 'no'", "fixes.zero-area: expected safe or unsafe or none"),
        ("[per-class-ignores]\ncar = ['XXX']", "per-class-ignores.car: no rule is called 'XXX'"),
        ("[per-path-ignores]\n'a/*' = 7", "per-path-ignores"),
        ("select = [", "not a TOML file"),
        ("plugins = ['gone.py']", "plugins: plugin 'gone.py' cannot be loaded"),
        ("plugins = ['no_such_module']", "plugin 'no_such_module' cannot be loaded"),
    ],
)
def test_a_mistake_is_named_with_its_file_and_key(config, tmp_path, text, problem):
    with pytest.raises(ConfigError) as caught:
        config(text)
    assert str(caught.value).startswith(f"{tmp_path / 'labelaudit.toml'}: ")
    assert problem in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"gone\.toml: cannot be read"):
        read_config(tmp_path / "gone.toml")


def test_a_table_that_is_no_table_is_refused(config):
    with pytest.raises(ConfigError, match=r"tool\.labelaudit must be a table, found 7"):
        config("[tool]\nlabelaudit = 7", "pyproject.toml")


PLUGIN = '''
from labelaudit import AuditContext, Found, Severity, found, rule

@rule("{code}", "{name}", message="here", severity=Severity.INFO)
def found_everywhere(audit: AuditContext) -> Found:
    """Every box."""
    return found(range(len(audit.dataset.boxes)))
'''


@pytest.fixture
def forgotten():
    """Rules that a test registers are gone after it."""
    RULES.values()
    before = dict(RULES._items)
    yield
    RULES._items.clear()
    RULES._items.update(before)


def test_a_rule_of_ones_own_is_loaded_and_configured(config, tmp_path, forgotten):
    (tmp_path / "own.py").write_text(PLUGIN.format(code="OWN001", name="every-box"))
    options = config("""
        plugins = ["own.py"]
        select = ["OWN"]
        severities.every-box = "error"
    """).options
    findings = audit(one_image("car 1 1 9 9"), options)
    assert findings.name.tolist() == ["every-box"]
    assert findings.severity.tolist() == [Severity.ERROR]


def test_a_plugin_is_loaded_once(config, tmp_path, forgotten):
    (tmp_path / "twice.py").write_text(PLUGIN.format(code="OWN002", name="once"))
    for _ in range(2):
        config('plugins = ["twice.py"]')
    assert "OWN002" in RULES


def test_a_plugin_cannot_take_the_code_of_another_rule(config, tmp_path, forgotten):
    (tmp_path / "taken.py").write_text(PLUGIN.format(code="GEO001", name="mine"))
    with pytest.raises(ConfigError, match="two rules are called 'GEO001'"):
        config('plugins = ["taken.py"]')


def test_a_contract_is_read_with_the_rules_that_the_file_chooses(config):
    options = config("""
        select = ["GEO"]
        ignore = ["GEO001"]
        [contract]
        errors = 0
        hierarchy.animal = ["cat"]
        [[contract.targets]]
        rule = "tiny-box"
        max-share = 0.1
    """).options
    assert options.contract.errors == 0
    assert options.contract.targets[0].max_share == 0.1
    assert options.hierarchy.below("animal") == {"cat"}
    assert "GEO002" in options.contract.rules
    assert not {"GEO001", "DUP001"} & options.contract.rules


def test_without_a_contract_there_is_none(config):
    options = config('select = ["GEO"]').options
    assert options.contract is None
    assert not options.hierarchy.names


def test_a_contract_that_cannot_be_meant_is_refused_with_its_file(config, tmp_path: Path):
    with pytest.raises(ConfigError) as error:
        config("[tool.labelaudit.contract]\nwarings = 3", "pyproject.toml")
    assert str(error.value).startswith(
        f"{tmp_path / 'pyproject.toml'}: contract: there is no key 'warings'; did you mean "
        "'warnings'? There are strict, classes, "
    )
    with pytest.raises(ConfigError, match=r"labelaudit\.toml: contract: expected a table"):
        config("contract = 3")


def test_the_network_that_labels_are_for_is_read(config):
    network = config("""
        [network]
        train-size = [256, 320]
        name = "yolov5"
        anchors = [[1, 2], [3, 4], [5, 6, 7, 8]]
    """).options.network
    assert (network.train_size, network.strides, network.side_limit) == ((256, 320), (8, 16, 32), 4)
    assert network.anchors == (((1, 2),), ((3, 4),), ((5, 6), (7, 8)))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("name = 'mobilenet_v2'", "network: train-size: network 'mobilenet_v2' has no size"),
        ("train-size = 'large'", "network.train-size: expected "),
        ("size = 320", "network: object contains unknown field `size`"),
        ("train-size = 320\nstrides = [16, 8]", "network: strides: expected whole numbers"),
        ("train-size = 0", "network: train-size: expected a number such as 320"),
    ],
)
def test_what_is_no_network_is_refused_with_its_file_and_key(config, tmp_path, text, problem):
    with pytest.raises(ConfigError) as error:
        config(f"[network]\n{text}")
    assert str(error.value).startswith(f"{tmp_path / 'labelaudit.toml'}: {problem}")


def test_one_text_stands_for_several(config):
    text = "select = 'GEO,DUP'\nignore = 'GEO001'\nimages = 'a,b'\nby = 'author'\n"
    read = config(text + "[per-class-ignores]\ncar = 'tiny-box'\n")
    assert read.options.select == ("GEO", "DUP")
    assert read.options.ignore == ("GEO001",)
    assert [folder.name for folder in read.images] == ["a,b"]
    assert read.options.by == ("author",)
    assert read.options.per_class_ignores == {"car": ("tiny-box",)}


def test_a_format_that_is_not_known_is_refused_with_the_file_the_key_and_the_choices(tmp_path):
    path = tmp_path / "labelaudit.toml"
    path.write_text('format = "coca"\n')
    config = read_config(path)
    with pytest.raises(ConfigError) as caught:
        config.format_of(["coco", "voc"])
    assert str(caught.value) == (
        f"{path}: format: no format is called 'coca'; did you mean 'coco'? There are coco, voc"
    )
    assert config.format_of(["coca"]) == "coca"
    assert Config().format_of([]) is None
