"""What speaks for a format: judged by a spread of all candidates, never by the first one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from labelaudit.io.formats import evidence
from labelaudit.io.formats.evidence import HEAD, SAMPLED, FormatEvidence, PathSample


@pytest.fixture
def many(tmp_path: Path) -> PathSample:
    for number in range(2 * SAMPLED):
        (tmp_path / f"{number:03d}.xml").write_text("<note/>" if number < SAMPLED else "<label/>")
    return PathSample(tmp_path)


def judged(sample: PathSample) -> FormatEvidence | None:
    return sample.judged(sample.ending(".xml"), lambda name: b"<label" in sample.head(name), "x")


def test_of_many_candidates_some_are_read_from_the_first_to_the_last(many, monkeypatch):
    read = []
    first_bytes = evidence.first_bytes
    monkeypatch.setattr(
        evidence, "first_bytes", lambda path, count: read.append(path.name) or first_bytes(path, 9)
    )
    found = judged(many)
    assert found is not None
    assert len(read) == SAMPLED == found.sampled
    assert (read[0], read[-1]) == ("000.xml", f"{2 * SAMPLED - 1:03d}.xml")
    assert found.share == 0.5
    assert found.candidates == 2 * SAMPLED
    assert found.strays[0] == "000.xml"
    assert found.bytes_fitting == SAMPLED * len("<label/>")


def test_where_no_candidate_fits_there_is_no_evidence(tmp_path):
    (tmp_path / "a.xml").write_text("<note/>")
    assert judged(PathSample(tmp_path)) is None
    assert judged(PathSample(tmp_path / "nowhere")) is None


def test_the_beginning_of_a_file_is_read_once_and_further_when_asked(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"x" * (3 * HEAD))
    sample = PathSample(tmp_path)
    assert len(sample.head("a.txt", 5)) == 5
    (tmp_path / "a.txt").write_bytes(b"y" * (3 * HEAD))
    assert sample.head("a.txt") == b"x" * HEAD
    assert sample.head("a.txt", 2 * HEAD) == b"y" * (2 * HEAD)


def test_images_hidden_files_and_those_of_archivers_are_no_candidates(tmp_path):
    for name in ("a.txt", "b.jpg", ".c.txt", ".git/d.txt", "__MACOSX/e.txt", "f/g.TXT"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    assert PathSample(tmp_path).ending(".txt") == ["a.txt", "f/g.TXT"]
    assert PathSample(tmp_path / "a.txt").files == ["a.txt"]


ODD_NAMES = (
    "a",
    "b.",
    "c.TXT",
    "c.txt",
    "d.e/f",
    "d.e/g.json",
    "h..txt",
    "i.j.",
    "k.Txt",
    "l/m.n.o",
)


def test_files_are_by_what_their_names_end_in_as_the_system_has_it(tmp_path):
    for name in ODD_NAMES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    sample = PathSample(tmp_path)
    assert sample.files == sorted(ODD_NAMES)
    for ending in {os.path.splitext(name)[1].lower() for name in ODD_NAMES}:
        same = [name for name in sorted(ODD_NAMES) if os.path.splitext(name)[1].lower() == ending]
        assert sample.ending(ending) == same
        assert ending in sample.endings


def test_a_hidden_file_that_is_given_has_no_ending(tmp_path):
    (tmp_path / ".json").touch()
    assert PathSample(tmp_path / ".json").endings == [""]


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (
            FormatEvidence((), 0, 0, "", declared=True),
            FormatEvidence(("a",), 1, 1, "", bytes_fitting=9),
        ),
        (
            FormatEvidence((), 0, 0, "", declared=True, weak=True),
            FormatEvidence(("a",), 1, 1, "", bytes_fitting=9),
        ),
        (FormatEvidence(("a",), 2, 2, ""), FormatEvidence(("a",), 1, 1, "", weak=True)),
        (
            FormatEvidence(("a",), 1, 1, "", refusal="no labels"),
            FormatEvidence(("a",), 1, 1, "", weak=True),
        ),
        (
            FormatEvidence(("a",), 2, 2, ""),
            FormatEvidence(("a",), 1, 1, "", bytes_fitting=9, refusal="no labels"),
        ),
        (FormatEvidence(("a",), 1, 1, ""), FormatEvidence(("a",), 2, 2, "", bytes_fitting=9)),
        (
            FormatEvidence(("a",), 1, 1, "", bytes_fitting=2),
            FormatEvidence(("a",), 1, 1, "", bytes_fitting=1),
        ),
    ],
)
def test_what_is_declared_goes_first_then_what_fits_is_read_is_most_and_is_larger(better, worse):
    assert better.rank > worse.rank


@pytest.mark.parametrize(("fitting", "mostly"), [(4, True), (3, False)])
def test_most_are_four_of_five(fitting: int, mostly: bool):
    larger = FormatEvidence(tuple("abcde")[:fitting], 5, 5, "", bytes_fitting=9)
    assert (larger.rank > FormatEvidence(("a",), 1, 1, "", bytes_fitting=1).rank) is mostly


@pytest.mark.parametrize(("count", "read"), [(47, 47), (48, 48), (49, 48)])
def test_up_to_as_many_files_as_a_sample_holds_all_are_looked_at(tmp_path, count, read):
    names = [f"{number:02}" for number in range(count)]
    chosen = PathSample(tmp_path).spread(names)
    assert len(set(chosen)) == len(chosen) == read
    assert (chosen[0], chosen[-1]) == (names[0], names[-1])
