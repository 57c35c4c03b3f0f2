from __future__ import annotations

import dataclasses
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from labelaudit.auditing.findings import Severity
from labelaudit.auditing.fixes.apply import apply, fixable
from labelaudit.auditing.run import audit
from labelaudit.core.columns import MISSING, texts
from labelaudit.dataset.tables import LoadProblems
from labelaudit.io.formats.voc.loading import load
from labelaudit.io.formats.voc.plain_files import PlainFiles
from labelaudit.io.formats.voc.tags import with_usual_tags
from labelaudit.io.formats.voc.xml_texts import Texts
from labelaudit.io.load import load as loaded_by_evidence
from labelaudit.io.save import save
from tests.io.formats.voc_files import (
    THREE,
    annotation,
    described,
    loaded,
    patched,
    problems,
    same_labels,
    with_images,
)

TAGS = (
    *("annotation", "filename", "size", "width", "height", "object"),
    *("name", "bndbox", "xmin", "ymin", "xmax", "ymax"),
)
AS_USUAL = annotation(described("Dog", (11, 21, 50, 60), "\t\t<difficult>1</difficult>\n"))


def written(text: str, tag: str, other: str) -> str:
    return text.replace(f"<{tag}>", f"<{other}>").replace(f"</{tag}>", f"</{other}>")


def cleaned(folder: Path, place: Path) -> Path:
    dataset = loaded_by_evidence(folder)
    findings = audit(dataset, select=["REF010"])
    return save(apply(dataset, findings.rows(fixable(findings))).dataset, place).path


@pytest.mark.parametrize("tag", [*TAGS, "difficult"])
@pytest.mark.parametrize("case", [str.title, str.upper])
def test_a_tag_in_another_letter_case_is_read_noted_and_mended(tag, case, tmp_path):
    odd = written(AS_USUAL, tag, case(tag))
    before = loaded(tmp_path / "odd", odd)
    same_labels(before, loaded(tmp_path / "usual", AS_USUAL))
    of_image = tag in ("annotation", "filename", "size", "width", "height")
    part = "images" if of_image else "annotations"
    assert problems(before) == [(part, 0, "wrong-type", "tag", f"<{case(tag)}>")]
    place = cleaned(tmp_path / "odd", tmp_path / "cleaned")
    assert (place / "Annotations" / "a.xml").read_text() == AS_USUAL


def test_a_file_in_capitals_is_found_by_its_evidence_and_said_once_a_record(tmp_path):
    odd = THREE
    for tag in TAGS:
        odd = written(odd, tag, tag.upper())
    (tmp_path / "a.xml").write_text(odd)
    dataset = loaded_by_evidence(tmp_path)
    assert dataset.format == "voc"
    assert dataset.class_names == ["dog", "cat", "cow"]
    findings = audit(dataset, select=["REF"])
    assert findings.severity.tolist() == [Severity.ERROR] * 4
    assert findings.message.tolist()[1] == (
        "object 0 of a.xml: tag is <OBJECT>, <NAME>, <BNDBOX>, <XMIN>, <YMIN>, <XMAX>, <YMAX>, "
        'understood as "<object>, <name>, <bndbox>, <xmin>, <ymin>, <xmax>, <ymax>"'
    )


def test_only_the_object_that_is_mended_gets_other_tags(tmp_path):
    odd = written(THREE, "object", "Object")
    loaded(tmp_path / "odd", odd)
    before = loaded_by_evidence(tmp_path / "odd")
    findings = audit(before, select=["REF010"])
    second = apply(before, findings.rows(findings.box == 1)).dataset
    text = (save(second, tmp_path / "cleaned").path / "Annotations" / "a.xml").read_text()
    assert [one.tag for one in fromstring(text)][2:] == ["Object", "object", "Object"]
    assert text.lower() == odd.lower()


def test_an_empty_element_gets_its_text_under_the_usual_tag(tmp_path):
    odd = AS_USUAL.replace("<filename>a.jpg</filename>", "<FileName/>")
    before = loaded(tmp_path / "odd", odd)
    named = with_images(before, name=texts(["b.jpg"]))
    assert b"<FileName>b.jpg</FileName>" in patched(before, named)["Annotations/a.xml"]
    mended = dataclasses.replace(named, problems=LoadProblems.empty())
    assert b"<filename>b.jpg</filename>" in patched(before, mended)["Annotations/a.xml"]


def test_a_spare_element_that_goes_is_not_given_another_tag_first(tmp_path):
    twice = AS_USUAL.replace("<name>Dog</name>", "<Name>Dog</Name><Name>Cat</Name>")
    before = loaded(tmp_path / "odd", twice)
    fields = [(kind, field) for _, _, kind, field, _ in problems(before)]
    assert sorted(fields) == [("duplicate-key", "name"), ("wrong-type", "tag")]
    mended = dataclasses.replace(before, problems=LoadProblems.empty())
    assert patched(before, mended)["Annotations/a.xml"].decode() == AS_USUAL


def test_beside_the_usual_element_another_keeps_its_tag():
    root = fromstring("<annotation><object><name>a</name><Name>b</Name></object></annotation>")
    assert with_usual_tags(root) == {}
    assert [one.tag for one in root[0]] == ["name", "Name"]


def test_objects_of_both_spellings_are_all_read(tmp_path):
    both = annotation(described("dog"), written(described("cat"), "object", "OBJECT"))
    dataset = loaded(tmp_path, both)
    assert dataset.class_names == ["dog", "cat"]
    assert [row[1:] for row in problems(dataset)] == [(1, "wrong-type", "tag", "<OBJECT>")]


def test_tags_of_parts_and_of_other_elements_stay(tmp_path):
    part = "\t\t<Part><Name>nose</Name></Part>\n"
    dataset = loaded(tmp_path, annotation(described("dog", extra=part)))
    assert dataset.class_names == ["dog"]
    assert not problems(dataset)


@pytest.mark.parametrize("tag", [*TAGS, "difficult"])
def test_the_compiled_reader_leaves_other_tags_to_the_patient_one(tag):
    plain = AS_USUAL.encode()
    assert PlainFiles().add_many(Texts(), 0, [plain]) in (0, 1)
    odd = written(AS_USUAL, tag, tag.title()).encode()
    assert PlainFiles().add_many(Texts(), 0, [odd]) == 0
    assert PlainFiles().add(Texts(), 0, odd) == MISSING


def test_a_file_that_breaks_off_in_such_an_object_keeps_those_before_it(tmp_path):
    text = written(THREE, "object", "Object")
    dataset = load(_put(tmp_path, text[: text.rindex("<xmax>")]), [])
    assert dataset.class_names == ["dog", "cat"]
    assert ("annotations", 2, "truncated", "") in [row[:4] for row in problems(dataset)]


def _put(folder: Path, text: str) -> Path:
    (folder / "Annotations").mkdir()
    (folder / "Annotations" / "a.xml").write_text(text)
    return folder
