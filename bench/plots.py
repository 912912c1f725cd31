"""Bars with whiskers as inline SVG; colours and fonts come from the page's style sheet."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from bench.spread import Spread

WIDTH: Final = 640
_LABEL: Final = 150
_VALUE: Final = 128
_PITCH: Final = 34
_THICK: Final = 18
_TOP: Final = 4
_ROOM: Final = WIDTH - _LABEL - _VALUE
# An anchor more than this many times the longest cache is cut, or the caches could not be told apart.
_CUT_BEYOND: Final = 2.5


@dataclass(frozen=True, slots=True)
class Bar:
    """One labelled bar: kind is the style class (ours, peer, anchor), text what stands at its end."""

    label: str
    kind: str
    spread: Spread
    text: str
    aside: str = ""


def bars(items: Sequence[Bar], *, title: str) -> str:
    """Return a bar chart; whiskers span the middle half of the samples."""
    height = _TOP * 2 + _PITCH * len(items)
    longest = scale_end(items)
    drawn = "".join(_bar(bar, _TOP + _PITCH * place, longest) for place, bar in enumerate(items))
    bottom = height - _TOP
    axis = f'<line class="axis" x1="{_LABEL}" y1="{_TOP}" x2="{_LABEL}" y2="{bottom}"/>'
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>{drawn}{axis}</svg>"
    )


def scale_end(items: Sequence[Bar]) -> float:
    """Return the value at the right end of the scale: the longest bar, but for an anchor far beyond."""
    caches = [bar.spread.high for bar in items if bar.kind != "anchor"]
    longest = max(caches, default=0.0)
    kept = [bar.spread.high for bar in items if not longest or bar.spread.high <= _CUT_BEYOND * longest]
    return max(kept, default=0.0) or 1.0


def _bar(bar: Bar, top: float, longest: float) -> str:
    middle = top + _PITCH / 2
    upper = middle - _THICK / 2
    is_cut = bar.spread.median > longest
    length = _ROOM if is_cut else max(1.5, bar.spread.median / longest * _ROOM)
    parts = [
        f'<g class="bar {bar.kind}">',
        f'<text class="label" x="{_LABEL - 10}" y="{middle}" text-anchor="end">{escape(bar.label)}</text>',
        f'<path d="M{_LABEL} {upper}h{length - 3:.1f}q3 0 3 3v{_THICK - 6}q0 3 -3 3h-{length - 3:.1f}z"/>'
        if length > 6
        else f'<rect x="{_LABEL}" y="{upper}" width="{length:.1f}" height="{_THICK}"/>',
    ]
    end = _LABEL + length
    if is_cut:
        slope = f'<path class="cut" d="M{end - 46:.1f} {upper - 3}l-8 {_THICK + 6}h7l8 -{_THICK + 6}z"/>'
        parts.append(slope)
    elif bar.spread.count > 1:
        low, high = (
            _LABEL + min(value / longest, 1.0) * _ROOM for value in (bar.spread.low, bar.spread.high)
        )
        parts.append(
            f'<path class="whisker" d="M{low:.1f} {middle}H{high:.1f}'
            f'M{low:.1f} {middle - 4}v8M{high:.1f} {middle - 4}v8"/>'
        )
        end = max(end, high)
    aside = f'<tspan class="aside" dx="8">{escape(bar.aside)}</tspan>' if bar.aside else ""
    parts.append(f'<text class="value" x="{end + 9:.1f}" y="{middle}">{escape(bar.text)}{aside}</text></g>')
    return "".join(parts)
