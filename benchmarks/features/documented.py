"""What could not be run here, and is therefore from the tools' own documentation.

CVAT's server comes as containers and not from the package index; the other cells are about pages in
a browser, which nobody pressed keys on. Of CVAT what is not named here is not in its documentation.
"""

from __future__ import annotations

from collections.abc import Mapping

_CVAT = "https://docs.cvat.ai/docs/"
_MONITORING = _CVAT + "manual/advanced/analytics-and-monitoring/"
_QUALITY = _MONITORING + "auto-qa"
_FIFTYONE = "https://docs.voxel51.com/user_guide/annotation.html"
_STUDIO = "https://labelstud.io/guide/"

Cell = tuple[str, str, str]  # the answer, what it is, and where that stands

CVAT: Mapping[str, Cell] = {
    "wrong-classes": (
        "partly",
        "only against a job of ground truth that people labelled anew",
        _QUALITY,
    ),
    "wrong-boxes": (
        "partly",
        "only against a job of ground truth that people labelled anew",
        _QUALITY,
    ),
    "how-many": ("partly", "accuracy on a random sample labelled anew; no interval", _QUALITY),
    "undo": ("partly", "undo and redo in the editor; backups of tasks", _CVAT + "annotation/"),
    "page": (
        "partly",
        "review mode: issues on a job, opened and resolved; no findings of its own",
        _MONITORING + "manual-qa",
    ),
    "drawing": ("yes", "its purpose, with keys, zoom and tracking", _CVAT + "annotation/"),
    "shapes": ("yes", "polygons, masks, skeletons, cuboids, tracks", _CVAT + "annotation/"),
    "people": (
        "yes",
        "accounts, roles, assigned jobs, consensus jobs",
        _MONITORING + "consensus",
    ),
    "json": ("partly", "the REST API has a schema; no report of findings", _CVAT + "api_sdk/"),
    "tables": ("partly", "quality and analytics as CSV", _QUALITY),
    "hand-over": (
        "partly",
        "its own issues by its API; labels in the formats it exports",
        _CVAT + "dataset_management/formats/",
    ),
    "hand-back": (
        "partly",
        "labels in the formats it imports",
        _CVAT + "dataset_management/formats/",
    ),
    "reads": ("yes", "some thirty, by Datumaro", _CVAT + "dataset_management/formats/"),
    "converts": (
        "partly",
        "import in one, export in another; says nothing of what is lost",
        _CVAT + "dataset_management/formats/",
    ),
    "speed": ("not asked", "reads files by its server", _CVAT + "api_sdk/"),
    "torch": ("yes", "cvat_sdk.pytorch", _CVAT + "api_sdk/sdk/pytorch-adapter/"),
}

OTHERS: Mapping[str, Mapping[str, Cell]] = {
    "FiftyOne": {
        "drawing": ("yes", "the tab Annotate of its App", _FIFTYONE),
        "undo": ("partly", "undo and redo while annotating in the App", _FIFTYONE),
        "network": (
            "no",
            "applies and evaluates models of its zoo; trains none on the labels",
            "https://docs.voxel51.com/model_zoo/index.html",
        ),
    },
    "Label Studio": {
        "drawing": ("yes", "its purpose", _STUDIO + "labeling"),
        "shapes": (
            "yes",
            "polygons, masks, keypoints, video, audio, text",
            "https://labelstud.io/tags/",
        ),
        "undo": ("partly", "undo and redo in the editor", _STUDIO + "labeling"),
        "page": (
            "partly",
            "tasks with predictions one after the other by keys; finds nothing itself",
            _STUDIO + "labeling",
        ),
        "people": (
            "partly",
            "accounts, several annotations of a task; comparison in the Enterprise edition",
            _STUDIO + "label_studio_compare",
        ),
    },
    "ruff": {
        "pre-commit": (
            "yes",
            "a repository of its own for it",
            "https://docs.astral.sh/ruff/integrations/",
        ),
    },
}
"""Cells of the tools that were run."""
