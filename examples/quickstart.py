"""Load a dataset, look at what is wrong, and write a cleaned copy.

Run it with the path of a COCO file, a Pascal VOC folder or a YOLO folder; without one, it reads the
blood cells beside it.
"""

import sys
import tempfile
from pathlib import Path

import labelaudit

path = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "bccd"

dataset = labelaudit.load(path)
print(dataset)

# Findings are a table: columns of numpy arrays, a row each. The worst come first.
findings = labelaudit.audit(dataset)
for code, image, message in zip(findings.code, findings.image, findings.message, strict=True):
    name = dataset.images.name[image] if image >= 0 else "-"
    print(f"{code}  {name}  {message}")

# A fix is safe if nothing that a trainer could use can get lost; all others want a person's eye.
# Here, we have looked at the two boxes of one pixel and agree.
agreed = labelaudit.fixable(findings) | (findings.name == "tiny-box")
applied = labelaudit.apply(dataset, findings.rows(agreed))
print(f"{applied.applied.sum()} fixed: {applied.dataset}")

# The copy differs from the original in the fixed records only; the patch beside it undoes that.
with tempfile.TemporaryDirectory() as folder:
    saved = labelaudit.save(applied.dataset, Path(folder) / "cleaned")
    print(f"{saved.records} records differ in {saved.path.name}")
