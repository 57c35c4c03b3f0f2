"""A number behind the box of a label goes by a fix, and by nothing else of the line."""

from __future__ import annotations

import pytest

from labelaudit.auditing.findings import Safety, Severity
from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.run import audit
from labelaudit.io.load import load
from labelaudit.io.save import save_in_place
from labelaudit.testing import draw


@pytest.mark.parametrize("sixth", ["0.93", "45", "-1", "nan", "x"])
@pytest.mark.parametrize("between", [" ", "\t", "  "])
def test_a_sixth_number_is_left_out_by_an_unsafe_fix(tmp_path, sixth, between):
    draw(tmp_path / "images" / "a.jpg", (100, 80))
    (tmp_path / "labels").mkdir()
    (tmp_path / "data.yaml").write_text("train: images\nval: images\nnames: [cat, dog]\n")
    path = tmp_path / "labels" / "a.txt"
    first = between.join(["0", "0.50", "0.5", "0.2", "0.4", sixth])
    path.write_bytes(f"{first}\r\n1 0.5 0.5 0.1 0.1\n".encode())
    dataset = load(tmp_path)
    findings = audit(dataset, select=["REF010"])
    assert [(fix.safety, fix.kind) for fix in findings.fix] == [(Safety.UNSAFE, "set-field")]
    assert findings.severity.tolist() == [Severity.ERROR.value]
    assert findings.message[0].endswith("which is left out")
    save_in_place(apply(dataset, findings).dataset)
    assert path.read_bytes() == b"0 0.50 0.5 0.2 0.4\r\n1 0.5 0.5 0.1 0.1\n"
    assert not len(audit(load(tmp_path), select=["REF010"]))


def test_a_word_behind_the_box_is_no_fault_of_the_box(tmp_path):
    draw(tmp_path / "images" / "a.jpg", (100, 80))
    (tmp_path / "labels").mkdir()
    (tmp_path / "data.yaml").write_text("train: images\nval: images\nnames: [cat, dog]\n")
    path = tmp_path / "labels" / "a.txt"
    path.write_text("0 0.5 0.5 0.2 0.4 x\n0 0.5 0.5 0.2 y 0.4\n0 .1 .1 .3 .1 .3 z\n")
    messages = audit(load(tmp_path), select=["REF009", "REF010"]).message.tolist()
    assert messages == [
        "labels/a.txt:2: box cannot be understood: y",
        "labels/a.txt:3: box cannot be understood: z",
        "labels/a.txt:1: sixth number is no number, which is left out",
        "labels/a.txt:2: confidence is 0.4, which is left out",
    ]
