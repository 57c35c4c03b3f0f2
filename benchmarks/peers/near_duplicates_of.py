"""Pairs of images that another tool takes for near duplicates, as JSON; run by that tool's Python.

    PYTHON near_duplicates_of.py TOOL FOLDER

Each tool is asked with the thresholds that it has by default.
"""

# ruff: noqa: PLC0415  # each tool is imported alone

import json
import sys
from itertools import combinations
from pathlib import Path


def imagededup(folder):
    from imagededup.methods import PHash

    found = PHash(verbose=False).find_duplicates(image_dir=str(folder), recursive=True)
    return [(one, other) for one, others in found.items() for other in others if one < other]


def vision_data_doctor(folder):
    from data_doctor.scan import scan_directory

    found = scan_directory(folder)
    exact = [pair for group in found.exact_duplicate_groups for pair in combinations(group, 2)]
    return [*exact, *((pair["a"], pair["b"]) for pair in found.near_duplicate_pairs)]


def cvflow(folder):
    from cvflow.analysis.engine import CheckConfig
    from cvflow.imaging import file_hash, hamming_distance, perceptual_hash

    most = CheckConfig().near_duplicate_max_hamming
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    hashes = [(perceptual_hash(path), file_hash(path)) for path in paths]
    names = [str(path.relative_to(folder)) for path in paths]
    return [
        (names[i], names[j])
        for i, j in combinations(range(len(names)), 2)
        if hashes[i][1] == hashes[j][1] or 0 < hamming_distance(hashes[i][0], hashes[j][0]) <= most
    ]


def cv_quality(folder):
    from cvquality.io.coco_reader import COCODataset
    from cvquality.quality.image_duplicates import ImageDuplicateDetector

    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    names = [str(path.relative_to(folder)) for path in paths]
    images = [{"id": n, "file_name": name, "width": 1, "height": 1} for n, name in enumerate(names)]
    labels = {"images": images, "annotations": [], "categories": []}
    target = folder.parent / "cv_quality.json"
    target.write_text(json.dumps(labels))
    detector = ImageDuplicateDetector(COCODataset(str(target), image_dir=str(folder)))
    return [tuple(pair["file_names"]) for pair in detector.run()]


TOOLS = {
    "imagededup": imagededup,
    "vision-data-doctor": vision_data_doctor,
    "cvflow": cvflow,
    "cv-quality": cv_quality,
}

if __name__ == "__main__":
    print(json.dumps(TOOLS[sys.argv[1]](Path(sys.argv[2]).resolve())))
