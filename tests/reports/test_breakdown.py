import io
import json

from labelaudit.auditing.estimates.breakdown import FieldBreakdown, FieldGroup
from labelaudit.auditing.run import Options
from labelaudit.auditing.scan import scan
from labelaudit.core.terminal import Terminal
from labelaudit.reports.json import write as write_json
from labelaudit.reports.text.breakdown import MOST_ROWS, breakdown_lines
from labelaudit.reports.text.layout import write
from labelaudit.testing import drawn_by

BROKEN, SOUND = "car 10 10 10 40", "car 50 50 90 90"


def scanned(**options):
    people = {
        "ann": {f"{n}.jpg": [SOUND, BROKEN] for n in range(40)},
        "bob": {f"{n}.png": [SOUND, "car 20 50 60 90"] for n in range(40)},
    }
    return scan(drawn_by(people), Options(select=("GEO001",), **options))


def lines(report: FieldBreakdown) -> list[str]:
    out = io.StringIO()
    Terminal(out, width=80).print(*breakdown_lines(report), sep="\n")
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_values_stand_below_each_other_the_highest_lower_limit_first():
    (report,) = scanned(by=("annotator",)).breakdowns
    assert lines(report) == [
        "by annotator · findings per 1,000 boxes, highest lower limit first",
        "       boxes  images  found  per 1,000  95 %",
        "  ann     80      40     40        500  357 .. 681   nearly all of them",
        "  bob     80      40      0        0.0  0.0 .. 46.1  none, unlike the others",
    ]


def group(value: str, **more) -> FieldGroup:
    return FieldGroup(value, **{
        "boxes": 10, "images": 2, "findings": 1, "rate": 100.0, "low": 2.5, "high": 557.0,
        "ratio": 1.0, "p": 1.0, **more,
    })  # fmt: skip


def test_eight_values_are_listed_and_the_others_counted():
    values = tuple(group(str(row)) for row in range(MOST_ROWS + 1))
    told = lines(FieldBreakdown("batch", values, 0, 1.0))
    assert len(told) == 2 + MOST_ROWS + 1
    assert told[-1] == "  ... 1 more value"
    exact = lines(FieldBreakdown("batch", values[:-1], 0, 1.0))
    assert len(exact) == 2 + MOST_ROWS


def test_what_is_not_listed_and_stands_out_is_counted():
    values = (*(group(str(row)) for row in range(MOST_ROWS)), group("good", ratio=0.1, p=0.0))
    told = lines(FieldBreakdown("batch", values, 2, 1.0))
    assert told[-1] == "  ... 1 more value, 1 of which stand out; 2 findings about none of them"


def test_control_characters_of_a_value_do_not_reach_the_terminal():
    told = lines(FieldBreakdown("batch", (group("a\x1b[31mb"), group("")), 0, 1.0))
    assert "\x1b" not in "".join(told)
    assert any(line.startswith("  (none)") for line in told)


def test_the_text_report_has_a_table_for_each_field_that_was_asked_for():
    out = io.StringIO()
    write(scanned(by=("annotator", "class")), out, width=80)
    assert out.getvalue().count("findings per 1,000 boxes") == 2
    out = io.StringIO()
    write(scanned(), out, width=80)
    assert "per 1,000" not in out.getvalue()


def test_json_has_all_values_with_their_numbers():
    out = io.StringIO()
    write_json(scanned(by=("annotator",)), out)
    by = json.loads(out.getvalue())["summary"]["by"]
    assert list(by) == ["annotator"]
    ann, bob = by["annotator"]["values"]
    assert {key: ann[key] for key in ("value", "boxes", "images", "findings", "per_1000")} == {
        "value": "ann",
        "boxes": 80,
        "images": 40,
        "findings": 40,
        "per_1000": 500.0,
    }
    assert (ann["ratio"], ann["stands_out"], bob["stands_out"]) == (None, "worse", "better")
    assert by["annotator"]["correction"] == "holm"
    out = io.StringIO()
    write_json(scanned(), out)
    assert json.loads(out.getvalue())["summary"]["by"] == {}
