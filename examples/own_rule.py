"""A rule of one's own.

The function is the rule, its keyword arguments are its settings, its docstring is its page.
To use it in `labelaudit scan`, name this file in labelaudit.toml:

    plugins = ["own_rule.py"]
    [rules.large-platelet]
    max-side = 60
"""

import numpy as np

from labelaudit import AuditContext, Found, Severity, found, rule


@rule(
    "LAB001",
    "large-platelet",
    message="{label} is {w:g} x {h:g} px: no platelet is that large",
    severity=Severity.WARNING,
)
def large_platelet(audit: AuditContext, *, max_side: float = 80.0) -> Found:
    """A platelet as large as a cell: the class is wrong, or the box is.

    Why it hurts: platelets are told from cells by their size, in the microscope and by a detector.

    Settings:
        max_side: a platelet with a longer side, in pixels, is found.
    """
    names = np.array([*audit.dataset.class_names, ""], object)  # the last one: no known class
    platelet = names[audit.dataset.boxes.label] == "Platelets"
    large = audit.dataset.boxes.size.max(axis=1) > max_side
    return found(np.flatnonzero(platelet & large & audit.derived.is_evaluated))


if __name__ == "__main__":
    from pathlib import Path

    import labelaudit

    cells = labelaudit.load(Path(__file__).parent / "bccd")
    for message in labelaudit.audit(cells, select=["large-platelet"]).message:
        print(message)
