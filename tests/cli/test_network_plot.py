from __future__ import annotations

import pytest

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.summary.network_summary import network_summary
from labelaudit.cli.network_plot import boxes_figure
from labelaudit.network.settings import network_settings
from labelaudit.testing import one_image


def test_the_legend_hides_no_box_and_no_anchor():
    pytest.importorskip("matplotlib")
    poles = [f"pole {x} 10 {x + 12} 400" for x in range(0, 600, 30)]
    audit = AuditContext(
        one_image(*poles), network=network_settings(train_size=320, name="mobilenet_v2")
    )
    figure = boxes_figure(audit.network_view, network_summary(audit))
    figure.draw_without_rendering()
    (legend,) = figure.legends
    assert [text.get_text().partition(" (")[0] for text in legend.get_texts()] == [
        "vanish: below 4 px",
        "anchors as advised",
        "anchors as they are",
    ]
    place = legend.get_window_extent()
    assert figure.bbox.y0 <= place.y0
    for axes in figure.axes:
        assert axes.get_legend() is None
        assert not place.overlaps(axes.get_tightbbox())
