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

if TYPE_CHECKING:
    from labelaudit.auditing import Options, audit
    from labelaudit.comparison import compare
    from labelaudit.config import read_config
    from labelaudit.dataset import Dataset, Part
    from labelaudit.detect.recipe import Recipe
    from labelaudit.errors import LabelauditError
    from labelaudit.evidence import Audit
    from labelaudit.findings import Findings, Fix, Safety, Severity
    from labelaudit.fixing import apply, fixable
    from labelaudit.loading import load
    from labelaudit.predicted.arrays import predictions_of
    from labelaudit.predictions import Predictions
    from labelaudit.rulemaking import Found, Rule, found, rule
    from labelaudit.saving import save, undo
    from labelaudit.second_opinion import by_detector, by_predictions
    from labelaudit.suspicions import Suspicions

__version__ = "0.1.0"

__all__ = [
    "Audit",
    "Dataset",
    "Findings",
    "Fix",
    "Found",
    "LabelauditError",
    "Options",
    "Part",
    "Predictions",
    "Recipe",
    "Rule",
    "Safety",
    "Severity",
    "Suspicions",
    "apply",
    "audit",
    "by_detector",
    "by_predictions",
    "compare",
    "fixable",
    "found",
    "load",
    "predictions_of",
    "read_config",
    "rule",
    "save",
    "undo",
]

_MODULES = {
    "auditing": ("Options", "audit"),
    "comparison": ("compare",),
    "config": ("read_config",),
    "dataset": ("Dataset", "Part"),
    "detect.recipe": ("Recipe",),
    "errors": ("LabelauditError",),
    "evidence": ("Audit",),
    "findings": ("Findings", "Fix", "Safety", "Severity"),
    "fixing": ("apply", "fixable"),
    "loading": ("load",),
    "predicted.arrays": ("predictions_of",),
    "predictions": ("Predictions",),
    "rulemaking": ("Found", "Rule", "found", "rule"),
    "saving": ("save", "undo"),
    "second_opinion": ("by_detector", "by_predictions"),
    "suspicions": ("Suspicions",),
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
    return sorted({*globals(), *__all__})
