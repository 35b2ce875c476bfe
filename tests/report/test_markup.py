"""What is put into an element is escaped, unless it is HTML already."""

from __future__ import annotations

from acclimate.report.markup import Html, element, join, plain, shorten, void


def test_text_is_escaped_and_html_is_not():
    assert element("p", "<b> & ", element("b", "x"), class_="a") == '<p class="a">&lt;b&gt; &amp; <b>x</b></p>'


def test_attribute_values_cannot_leave_their_quotes():
    assert void("img", alt='" onload="x') == '<img alt="&quot; onload=&quot;x">'


def test_attributes_that_are_none_are_left_out():
    assert element("td", 3, class_=None, data_label="n") == '<td data-label="n">3</td>'


def test_joining_escapes_strings_and_skips_nothing_else():
    assert join(["<", None, Html("<br>")], " ") == "&lt; <br>"


def test_plain_text_can_always_be_written_as_utf8():
    assert plain("a\x00b\udcffc\u202ed\te") == "a\ufffdb\\udcffc\ufffdd\te"


def test_shortening_keeps_both_ends_on_one_line():
    assert shorten("a b\nc", 10) == "a b c"
    assert shorten("abcdefghij", 5) == "ab\u2026ij"
    assert len(shorten("x" * 1000, 18)) == 18
