"""Find and fix wrong labels in object-detection datasets before training on them.

>>> import labelaudit
>>> from labelaudit.testing import one_image
>>> dataset = one_image("car 10 10 40 40", "car 50 20 50 60")  # or labelaudit.load(path)
>>> findings = labelaudit.audit(dataset, select=["GEO001"])
>>> findings.message.tolist()
['car is 0 x 40 px: it has no inside']
>>> labelaudit.apply(dataset, findings).dataset  # then labelaudit.save(dataset, path)
<Dataset coco: 1 images, 1 boxes, 1 classes>
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from labelaudit.core.version import __version__ as __version__

if TYPE_CHECKING:
    from labelaudit.auditing.config import read_config
    from labelaudit.auditing.context import AuditContext
    from labelaudit.auditing.findings import Finding, Findings, Fix, Safety, Severity
    from labelaudit.auditing.fixes.apply import apply, fixable
    from labelaudit.auditing.label_issues import LabelIssues
    from labelaudit.auditing.rule import Found, Rule, found, rule
    from labelaudit.auditing.run import Options, audit
    from labelaudit.core.ray_executor import RayExecutor
    from labelaudit.dataset.compare import compare
    from labelaudit.dataset.tables import Dataset, RecordType
    from labelaudit.detector.config import DetectorConfig
    from labelaudit.errors import ArgumentError, GateError, LabelauditError
    from labelaudit.io.load import load
    from labelaudit.io.save import save, undo
    from labelaudit.label_errors.find import by_detector, by_predictions
    from labelaudit.network.settings import network_settings
    from labelaudit.pipeline.assertions import assert_clean
    from labelaudit.pipeline.gate import gate
    from labelaudit.predictions.arrays import predictions_of
    from labelaudit.predictions.predictions import Predictions

__all__ = [
    "ArgumentError",
    "AuditContext",
    "Dataset",
    "DetectorConfig",
    "Finding",
    "Findings",
    "Fix",
    "Found",
    "GateError",
    "LabelIssues",
    "LabelauditError",
    "Options",
    "Predictions",
    "RayExecutor",
    "RecordType",
    "Rule",
    "Safety",
    "Severity",
    "apply",
    "assert_clean",
    "audit",
    "by_detector",
    "by_predictions",
    "compare",
    "fixable",
    "found",
    "gate",
    "load",
    "network_settings",
    "predictions_of",
    "read_config",
    "rule",
    "save",
    "undo",
]

_MODULES = {
    "auditing.config": ("read_config",),
    "auditing.context": ("AuditContext",),
    "auditing.findings": ("Finding", "Findings", "Fix", "Safety", "Severity"),
    "auditing.fixes.apply": ("apply", "fixable"),
    "auditing.label_issues": ("LabelIssues",),
    "auditing.rule": ("Found", "Rule", "found", "rule"),
    "auditing.run": ("Options", "audit"),
    "core.ray_executor": ("RayExecutor",),
    "dataset.compare": ("compare",),
    "dataset.tables": ("Dataset", "RecordType"),
    "detector.config": ("DetectorConfig",),
    "errors": ("ArgumentError", "GateError", "LabelauditError"),
    "io.load": ("load",),
    "io.save": ("save", "undo"),
    "label_errors.find": ("by_detector", "by_predictions"),
    "network.settings": ("network_settings",),
    "pipeline.assertions": ("assert_clean",),
    "pipeline.gate": ("gate",),
    "predictions.arrays": ("predictions_of",),
    "predictions.predictions": ("Predictions",),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}


if not TYPE_CHECKING:  # a type checker would take any name for known

    def __getattr__(name: str) -> Any:
        """Import a public name when it is first used: `labelaudit --help` needs none of them."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
