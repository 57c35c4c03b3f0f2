"""Rooms of the package and the imports between them, read off the import statements.

    python scripts/import_graph.py [FOLDER] [--arrows]

counts the files and folders that stand side by side in the root of a package, the arrows between
them, those that lead upwards and the circles. FOLDER is the package of another checkout, say of an
older commit; the order of its rooms is not known, so what leads upwards there is what a best order
could not avoid. `tests/test_layers.py` checks the order below.
"""

from __future__ import annotations

import argparse
import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "labelaudit"

ORDER: Mapping[str, str] = {
    "": "errors < core < storage boxes < dataset < images network < io auditing predictions"
    " < testing rules detector schemas < label_errors training < reports review notebook"
    " < deployment impact pipeline < torch < cli < __main__",
    "core": "child_processes columns declarations durations extras later mirror_names version text"
    " progress locks < markup ids rows parallel shared shell snapshots terminal arrow"
    " < disk table executors ray_executor"
    " < table_builder entry_points whole_files < cache < content_cache registry plugins",
    "io": "edits archive_names buckets < unpacking text_ranges < archives patch_file record_diff"
    " < patch_names < in_place"
    " < formats recovery < images_alone record_spans folder_notes copies targets dictionary_folder"
    " labelling_tools < recognition < load undo_place < save"
    " < divide preview unwritable < relist writable_fixes",
    "storage": "urls space < failures objects < stores uploaded < connect < fetch"
    " < at_hand remote_file < mirror upload",
    "images.duplicates": "cosines registration kinds < nearest < cells < search < check rough"
    " < facts < pairs",
    "network": "known < settings < view < advice",
    "auditing": "findings setting_types label_issues < assumed_sizes causes needs requirements"
    " < sources < duplicates < context < scopes < rule < options splits rule_docs class_conflicts"
    " side_by_side < fixes < estimates < run < findings_file finding_views"
    " < contract < config < scan < summary between_scans shards",
    "auditing.class_conflicts": "confused_classes < merge_advice",
    "auditing.duplicates": "record_values twins one_object < duplicate_boxes merging < stacks",
    "auditing.estimates": "drawn_images rates ranking breakdown expected_value"
    " < expected_errors label_weights",
    "auditing.finding_views": "records < arrow choice",
    "auditing.shards": "plan kept < audit_shard < merge cut_file < in_turn",
    "auditing.sources": "written < box_sources times < agreement raters",
    "auditing.splits": "leaks pictures < groups < faults proposal",
    "detector": "device_settings threads < config < cache_entries nms preprocess < model"
    " < feature_maps < job < extraction training < crops < cross_validation",
    "training": "augmentation classes inference_images learned_images metrics model_file split"
    " tensorboard < batches examples inference settings"
    " < broken_loss evaluate inference_model < block_inference plans results_file"
    " < run_folder validation < train",
    "deployment": "quiet description < in_file_nms json_beside < deployed < target onnx_graph"
    " < onnx_int8 < targets torch_runtime < open_exported device_nms < imitation < traps"
    " < parity < *",
    "impact": "label_sets matching intervals < cleaning bootstrap < one_run < processes"
    " < experiment < summary < *",
    "label_errors": "labels estimators human_labels class_scores prediction_powered"
    " < confusion_matrix noise < hypotheses < features anchoring"
    " < corrections objectlab confident_learning classifier abstention"
    " < error_kinds label_crops missing image_sample time_budget < scoring < find < evaluation",
    "review": "queue < hand_over web < terminal",
    "rules": "geo dup img spl src < mod ref < cls < net",
    "schemas": "findings tables < configuration < report",
    "reports": "commands found_images report_object words places rows files regions safe_edits"
    " < sarif_fixes < *",
    "notebook": "marks style < pictures < findings_html dataset_html plot",
    "pipeline": "digests how_read shards source summary < manifest assertions gate"
    " < manifest_check pytest_plugin",
    "pipeline.shards": "find job < run_shards < scan_shards",
    "torch": "batches box_labels image_files trained_labels weighted_losses < choices masks"
    " < dataset",
}
"""Rooms of the package, and of the rooms with folders; each imports only from those before a `<`.

Rooms between two `<` do not know each other; `*` are all that are not named. The package itself
lends its names to everybody, and imports them only when they are used.
"""


@dataclass(frozen=True)
class Import:
    """One module that a file imports."""

    path: Path
    module: str  # dotted, from the package on: boxes.ops


def imports(package: Path = PACKAGE) -> Iterator[Import]:
    """Every import of a module of the package by a file of it, wherever in the file."""
    for path in sorted(package.rglob("*.py")):
        for module in imported(path, package):
            yield Import(path, module)


def imported(path: Path, package: Path) -> Iterator[str]:
    """The modules of a package that a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = path.relative_to(package.parent).parts[: -node.level] if node.level else ()
            start = ".".join([*above, *([node.module] if node.module else [])])
            names = [f"{start}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            first, _, rest = name.partition(".")
            if first == package.name:
                yield _module(rest, package)


def _module(dotted: str, package: Path) -> str:
    """The module that a dotted name is in: `boxes.ops` for `boxes.ops.iou`."""
    parts = dotted.split(".")
    for count in range(len(parts), 0, -1):
        path = package.joinpath(*parts[:count])
        if path.is_dir() or any(path.with_suffix(kind).exists() for kind in (".py", ".c", ".pyi")):
            return ".".join(parts[:count])
    return ""


def rooms_of(folder: str, package: Path = PACKAGE) -> set[str]:
    """The files and folders with code that stand side by side in a folder of a package."""
    here = package.joinpath(*folder.split(".")) if folder else package
    rooms = {path.stem for path in here.glob("*.py")} - {"__init__"}
    return rooms | {path.parent.name for path in here.glob("*/__init__.py")}


def floors(folder: str) -> dict[str, int]:
    """The floor of each room of a folder; imports lead to lower floors."""
    order = [rooms.split() for rooms in ORDER[folder].split(" < ")]
    others = sorted(rooms_of(folder).difference(*order))
    return {
        room: floor
        for floor, rooms in enumerate(order)
        for name in rooms
        for room in (others if name == "*" else [name])
    }


def arrows(folder: str = "", package: Path = PACKAGE) -> dict[tuple[str, str], list[str]]:
    """The imports between the rooms of a folder: who imports whom, and in which files."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    depth = len(folder.split(".")) if folder else 0
    for one in imports(package):
        here = one.path.relative_to(package).with_suffix("").parts
        there = tuple(one.module.split("."))
        inside = tuple(folder.split(".")) if folder else ()
        if here[:depth] != inside or there[:depth] != inside or len(there) <= depth:
            continue
        if here[depth] == "__init__" or here[depth] == there[depth]:
            continue
        if there[depth].startswith("_"):  # a compiled part, which imports nothing
            continue
        found[here[depth], there[depth]].append("/".join(here))
    return dict(found)


def circles(pairs: set[tuple[str, str]]) -> int:
    """How many groups of rooms import each other in a circle."""
    reach = {room: {room} for pair in pairs for room in pair}
    while True:
        more = {a: reach[a].union(*(reach[c] for b, c in pairs if b == a)) for a in reach}
        if more == reach:
            break
        reach = more
    groups = {frozenset(b for b in reach[a] if a in reach[b]) for a in reach}
    return sum(len(group) > 1 for group in groups)


def upward(pairs: Mapping[tuple[str, str], Sequence[str]], floor: Mapping[str, int]) -> list[str]:
    """The arrows that do not lead to a lower floor, a line each."""
    return [
        f"{here} imports {there}: {', '.join(sorted(set(files)))}"
        for (here, there), files in pairs.items()
        if floor.get(there, len(floor)) >= floor[here]
    ]


def main() -> None:
    """Print the figures of a package."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=PACKAGE, metavar="FOLDER")
    parser.add_argument("--arrows", action="store_true", help="list them")
    options = parser.parse_args()
    package = options.folder.resolve()
    found = arrows("", package)
    rooms = len(rooms_of("", package))
    print(f"{rooms} rooms, {len(found)} arrows, {circles(set(found))} circles")
    if package == PACKAGE:
        wrong = upward(found, floors(""))
        print(f"{len(wrong)} arrows lead upwards", *wrong, sep="\n")
    if options.arrows:
        for (here, there), files in sorted(found.items()):
            print(f"{here} -> {there} ({len(files)})")


if __name__ == "__main__":
    main()
