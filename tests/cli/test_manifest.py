from __future__ import annotations

from pathlib import Path

from labelaudit.pipeline.manifest import read_manifest

FLAT = ("a.jpg", "car", 10, 10, 0, 40)


def test_a_manifest_is_written_and_checked(run, coco):
    labels = coco(FLAT)
    assert run("scan", labels, "-q", "--manifest", "m.json", "--output", "json=r.json").code == 1
    assert [one.path for one in read_manifest(Path("m.json")).reports] == ["r.json"]
    ran = run("manifest", "check", "m.json")
    assert (ran.code, ran.out) == (0, "")
    assert "1 label file and 0 images are as audited; the scan of " in ran.err
    assert "failed: " in ran.err
    labels.write_bytes(labels.read_bytes() + b"\n")
    ran = run("manifest", "check", "m.json")
    assert ran.code == 1
    assert ran.out.startswith("changed: labels.json (")
    assert "1 difference from" in ran.err


def test_what_is_no_manifest_is_an_error(run, coco):
    ran = run("manifest", "check", coco(FLAT))
    assert ran.code == 2
    assert "labels.json: not a manifest" in ran.err


def test_a_manifest_is_of_labels_as_they_are(run, coco):
    labels = coco(FLAT)
    for words in (["--fix"], ["--write-baseline", "known.json"], ["--watch"]):
        ran = run("scan", labels, "-q", "--manifest", "m.json", *words)
        assert ran.code == 2
        assert not Path("m.json").exists()


def test_the_labels_are_not_written_over(run, coco):
    labels = coco(FLAT)
    before = labels.read_bytes()
    ran = run("scan", labels, "-q", "--manifest", labels)
    assert (ran.code, labels.read_bytes()) == (2, before)
    assert "the dataset is read from it" in ran.err
