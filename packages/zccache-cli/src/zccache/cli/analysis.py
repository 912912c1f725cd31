"""What a journal's commands come to: what was slow, what missed, and how each tool and folder fared."""

import os
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Final

from zccache.cli.journal_lines import HANDED_ON, Told
from zccache.common.values import dataclass

SORTS: Final = ("wall-clock", "misses", "hits")

_NAMES_OF_SOURCES: Final = frozenset(
    f".{name}" for name in re.split(r"\W+", "c cc cpp cxx cp C m mm i ii s S h hh hpp hxx cu rs o a cppm ixx")
)


@dataclass(slots=True)
class Group:
    """Commands that have something in common: how many, how they went, what they took."""

    name: str
    calls: int = 0
    hits: int = 0
    misses: int = 0
    non_cacheable: int = 0
    errors: int = 0
    total_ns: int = 0

    @property
    def hit_rate(self) -> float:
        """The share of hits in what was looked up, 0 to 1."""
        return self.hits / (self.hits + self.misses) if self.hits + self.misses else 0.0

    def add(self, told: Told) -> None:
        """Count one command more."""
        self.calls += 1
        self.total_ns += told.latency_ns
        self.hits += told.is_hit
        self.misses += told.is_miss
        self.non_cacheable += told.is_non_cacheable
        self.errors += told.outcome == "error"


_ORDERS: Final[dict[str, Callable[[Group], tuple[int, int]]]] = {
    "wall-clock": lambda group: (group.total_ns, group.calls),
    "misses": lambda group: (group.misses, group.total_ns),
    "hits": lambda group: (group.hits, group.total_ns),
}


def grouped(commands: Iterable[Told], name_of: Callable[[Told], str], sort: str) -> list[Group]:
    """Return the groups of commands with the same name, the one that matters most first."""
    groups: dict[str, Group] = {}
    for told in commands:
        name = name_of(told)
        groups.setdefault(name, Group(name)).add(told)
    return sorted(groups.values(), key=_ORDERS[sort], reverse=True)


def tool_of(told: Told) -> str:
    """Return the name of the program."""
    return os.path.basename(told.compiler)


def folder_of(told: Told) -> str:
    """Return the folder of what was compiled, where the words tell, else of the command."""
    source = source_of(told)
    return os.path.dirname(source) if source else told.cwd


def source_of(told: Told) -> str:
    """Return the first word that looks like a source or an object, absolute; empty where none does.

    What one step of a command has left for another does not count.
    """
    after_flag = False
    for word in told.args:
        is_name = not after_flag and not word.startswith("-") and HANDED_ON.match(word) is None
        if is_name and os.path.splitext(word)[1] in _NAMES_OF_SOURCES:
            return os.path.normpath(os.path.join(told.cwd, word))
        after_flag = word in {"-o", "-MF", "-MT", "-MQ", "-include", "-imacros", "-I", "-isystem", "-x"}
    return ""


def extension_of(told: Told) -> str:
    """Return the ending of what was compiled, without its dot; empty where there is none."""
    return os.path.splitext(source_of(told))[1].lstrip(".")


def what_of(told: Told) -> str:
    """Return what a command is about, for people: its source, else its words."""
    words = (HANDED_ON.sub("", word) for word in told.args)
    return source_of(told) or " ".join([tool_of(told), *words])[:200]


def slowest(commands: list[Told], top: int) -> list[Told]:
    """Return the commands that took longest."""
    return sorted(commands, key=lambda told: told.latency_ns, reverse=True)[:top]


def most_missed(commands: Iterable[Told], top: int) -> list[Group]:
    """Return the sources that missed most often."""
    return [group for group in grouped(commands, what_of, "misses") if group.misses][:top]


def outcomes(commands: Iterable[Told]) -> Counter[str]:
    """Return how many commands had each outcome of the journal; those passed on are `non_cacheable`."""
    return Counter("non_cacheable" if told.is_non_cacheable else told.outcome for told in commands)


def reasons(commands: Iterable[Told]) -> dict[str, dict[str, int]]:
    """Return how often each reason came: for a miss, for passing on, for not keeping."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for told in commands:
        if told.miss_reason:
            found["miss_reasons"][told.miss_reason] += 1
        if told.reason:
            kind = "non_cacheable_reasons" if told.is_non_cacheable else "not_recorded_reasons"
            found[kind][told.reason] += 1
    kinds = ("miss_reasons", "non_cacheable_reasons", "not_recorded_reasons")
    return {kind: dict(found[kind].most_common()) for kind in kinds}
