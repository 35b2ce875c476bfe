"""Charts: what they compute, and that they are at home in a page."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest

from acclimate.report.charts.bars import Series, class_bars
from acclimate.report.charts.drawing import Drawing, draw, house_style, new_axes
from acclimate.report.charts.feature_shift import feature_chart, mean_shift
from acclimate.report.charts.histogram import confidence_histogram, value_histogram
from acclimate.report.charts.losses import loss_chart
from acclimate.report.charts.palette import CLASSES, INK, PAPER
from acclimate.report.charts.scatter import class_colours, class_scatter, value_scatter
from acclimate.report.charts.scores import score_chart
from acclimate.report.charts.sparkline import channel_limits, signal_lines
from acclimate.report.record import CandidateRecord, Curve, Score


@pytest.fixture(autouse=True)
def style():
    with house_style():
        yield


def drawn(label: str = "label") -> Drawing:
    figure, axes = new_axes(200, 100)
    axes.plot([0, 1], label=label)
    axes.legend()
    return draw(figure, "name", "a line")


def test_the_same_figure_gives_the_same_bytes():
    assert drawn().file == drawn().file


def test_a_file_is_an_svg_on_white():
    root = ElementTree.fromstring(drawn().file)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root[0].get("fill") == "white"


def test_in_a_page_it_takes_the_ink_and_paper_of_the_page():
    page = drawn().html
    assert "currentColor" in page
    assert INK not in page
    assert PAPER not in page


def test_in_a_page_it_brings_no_style_sheet_comment_or_id_of_its_own():
    page = drawn().html
    referred = set(re.findall(r"#([\w-]+)", page))
    assert set(re.findall(r' id="([\w-]+)"', page)) <= referred
    assert not re.search(r"<style|<!--|<metadata|xmlns|https?:", page)


def test_a_label_is_neither_a_formula_nor_markup():
    page = drawn(r"$\frac{ </text><b>").html
    assert r"$\frac{ &lt;/text&gt;&lt;b&gt;" in page


def test_settings_of_the_person_come_back():
    with mpl.rc_context({"font.size": 33}):
        with house_style():
            assert mpl.rcParams["font.size"] == 12
        assert mpl.rcParams["font.size"] == 33


def test_mean_shift_is_in_source_standard_deviations():
    source = np.array([[0.0, 5.0, 1.0], [4.0, 5.0, 1.0]])  # means 2 5 1, deviations 2 0 0
    target = np.array([[6.0, 4.0, 1.0], [6.0, 8.0, 1.0]])  # means 6 6 1, deviations 0 2 0
    np.testing.assert_allclose(mean_shift(source, target), [2.0, 0.5, 0.0])


def test_features_stand_in_order_of_their_shift():
    source = np.random.default_rng(0).normal(size=(50, 3))
    figure = feature_chart(source, source + np.array([1.0, -9.0, 4.0]), ("a", "b", "c"))
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["b", "c", "a"]


def test_of_many_features_fourteen_are_drawn():
    x = np.random.default_rng(0).normal(size=(20, 300))
    assert len(feature_chart(x, x + 1, None).axes[0].get_yticklabels()) == 14


def test_scores_reach_one_standard_error_to_either_side():
    rows = [
        (CandidateRecord("source_only", "Source only", is_baseline=True), Score("im", 1.0)),
        (CandidateRecord("mcc", "MCC"), Score("im", 2.0, standard_error=0.25)),
    ]
    axes = score_chart(rows, "mcc").axes[0]
    (segment,) = axes.containers[1].lines[2][0].get_segments()
    np.testing.assert_allclose(segment[:, 0], [1.75, 2.25])
    assert axes.get_xlabel() == "better to the right"
    assert axes.get_ylim()[0] > axes.get_ylim()[1]  # the first candidate is on top


def test_curves_skip_what_is_not_finite_and_keep_the_steps():
    figure = loss_chart([Curve("a", (1, 2, 3), (5.0, float("nan"), 3.0)), Curve("b", (), ())], "MCC")
    raw, mean = figure.axes[0].get_lines()
    np.testing.assert_array_equal(raw.get_xdata(), [1, 3])
    np.testing.assert_array_equal(mean.get_ydata(), [5, 3])


def test_a_spike_does_not_flatten_a_curve():
    values = (1e9, *np.linspace(2, 1, 199))
    assert loss_chart([Curve("a", tuple(range(200)), tuple(values))], "MCC").axes[0].get_ylim()[1] < 10


def test_ten_classes_keep_their_colours_and_of_more_the_frequent_ones_get_one():
    assert class_colours(np.array([3, 1, 1])) == {1: CLASSES[1], 3: CLASSES[3]}
    many = np.concatenate([np.arange(40), np.arange(20, 30)])
    assert list(class_colours(many)) == list(range(20, 30))


def test_names_do_not_cover_one_another():
    points = np.array([[0.0, 0.0], [0.1, 0.0], [10.0, 10.0]])
    look = {0: ("red", "near"), 1: ("blue", "nearer"), 2: ("green", "far")}
    figure = class_scatter(points, points, (np.arange(3), np.arange(3)), look, "Before")
    assert [text.get_text() for text in figure.axes[0].texts] == ["near", "far"]


def test_a_name_at_the_rim_does_not_shrink_the_picture():
    points = np.array([[0.0, 0.0], [10.0, 10.0]])
    widths = []
    for name in ("a", "a name that is rather long"):
        figure = class_scatter(points, points, (np.arange(2), np.arange(2)), {1: ("red", name)}, "Before")
        draw(figure, "x", "x")
        widths.append(figure.axes[0].get_position().width)
    assert widths[0] == widths[1]


def test_values_that_are_all_equal_can_be_drawn():
    points = np.zeros((3, 2))
    draw(value_scatter(points, points, (np.ones(3), np.ones(3)), "Before"), "x", "x")


def test_histograms_show_shares_and_the_threshold():
    axes = value_histogram(np.arange(4.0), np.array([1.0, np.nan, 2.0]), None).axes[0]
    assert len(axes.patches) == 2
    for patch in axes.patches:
        assert np.diff(np.unique(patch.get_xy()[:, 1])).sum() <= 1
    line = confidence_histogram(np.array([0.2, 0.9]), 0.6).axes[0].get_lines()[0]
    np.testing.assert_array_equal(line.get_xdata(), [0.6, 0.6])


def test_bars_are_shares_where_domains_differ_in_size():
    series = [Series("s", "source", {"a": 1, "b": 3}), Series("t", "target", {"a": 30})]
    html = class_bars(series, as_shares=True)
    assert re.findall(r"<b>([^<]*)</b>", html) == ["25.0\u00a0%", "100.0\u00a0%", "75.0\u00a0%", "0.0\u00a0%"]
    assert re.findall(r"width:([\d.]+)%", html) == ["25.0", "100.0", "75.0", "0.0"]


def test_of_many_classes_the_largest_come_first_and_all_are_folded_away():
    html = class_bars([Series("s", "source", {f"class {i}": i for i in range(200)})])
    shown, folded = html.split("<details>")
    assert shown.count("<li>") == 40
    assert "class 199" in shown
    assert "class 3<" not in shown
    assert folded.count("<li>") == 200


def test_signals_share_the_scale_of_their_channel():
    small, large = np.array([[0.0, 1.0], [5.0, 5.0]]), np.array([[0.0, 2.0], [5.0, np.nan]])
    limits = channel_limits([small, large])
    np.testing.assert_array_equal(limits, [[0, 0], [2, 5]])
    heights = [float(y) for y in re.findall(r"200\.0,([\d.]+)", signal_lines(small, limits, "x"))]
    assert heights[0] == pytest.approx(11.0)  # half of 2, in the middle of the first line


def test_a_long_signal_is_drawn_by_its_extremes():
    signal = np.zeros((1, 100_000))
    signal[0, 55_555] = 1.0
    html = signal_lines(signal, channel_limits([signal]), "x")
    assert len(html) < 5_000
    assert ",1.5 " in html
