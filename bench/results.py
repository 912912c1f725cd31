"""The numbers of one run as plain data, and their way to JSON and back."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Final

from bench.machine import Machine
from bench.spread import Spread

FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was measured, for every subject that took part.

    better is "lower" or "higher"; note says how it was measured, in one sentence.
    """

    name: str
    title: str
    unit: str
    better: str
    note: str
    samples: Mapping[str, Sequence[float]]

    def spread(self, subject: str) -> Spread | None:
        """Return the spread of one subject, or None where it did not take part."""
        samples = self.samples.get(subject)
        return Spread.of(samples) if samples else None

    def ratio(self, subject: str, reference: str) -> float | None:
        """Return the median of a subject over that of another, or None without both."""
        one, other = self.spread(subject), self.spread(reference)
        if one is None or other is None or other.median == 0:
            return None
        return one.median / other.median


@dataclass(frozen=True, slots=True)
class Report:
    """One run: where, when, who took part, who could not and why, and what came out.

    titles maps subjects in reading order to their names for people; warnings are sentences.
    """

    when: str
    kind: str
    machine: Machine
    load_before: float
    load_after: float
    titles: Mapping[str, str]
    absent: Mapping[str, str]
    rows: Sequence[Row]
    warnings: Sequence[str] = field(default_factory=tuple)

    def row(self, name: str) -> Row | None:
        """Return a row by its name, or None where it was not measured."""
        return next((row for row in self.rows if row.name == name), None)


def to_json(report: Report) -> str:
    """Return the report as JSON text; medians and quartiles stand beside the samples for other readers."""
    data = {"format": FORMAT, **asdict(report)}
    for row, plain in zip(report.rows, data["rows"], strict=True):
        plain["samples"] = {
            name: [float(f"{value:.6g}") for value in row.samples[name]] for name in row.samples
        }
        plain["spreads"] = {name: asdict(Spread.of(values)) for name, values in row.samples.items() if values}
    return json.dumps(data, indent=1) + "\n"


def from_json(text: str) -> Report:
    """Read a report back; raise ValueError for a format that is not ours."""
    data = json.loads(text)
    if data.pop("format", None) != FORMAT:
        raise ValueError(f"not a report of format {FORMAT}")
    for row in data["rows"]:
        row.pop("spreads", None)
    data["machine"] = Machine(**data["machine"])
    data["rows"] = [Row(**row) for row in data["rows"]]
    return Report(**data)
