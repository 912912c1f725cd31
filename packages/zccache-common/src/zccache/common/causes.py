"""Knows in which parts two commands, or two runs of one command, differ, and says so in words. No I/O."""

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Final

from zccache.common.command.plan import SCRATCH
from zccache.common.digests import Digest
from zccache.common.errors import BadBytes
from zccache.common.includes.places import Places
from zccache.common.index.entries import Input, Record
from zccache.common.journal import without_secrets
from zccache.common.keys import Parts
from zccache.common.policy import ABSENT, declared
from zccache.common.values import dataclass

_BEFORE_VALUES: Final = frozenset(
    re.split(
        r"\s+",
        """-include -imacros -include-pch -I -isystem -iquote -idirafter -isysroot --sysroot -D -U -x -o
        -MF -MT -MQ -target -arch -Xclang -L -l""",
    )
)
"""Flags whose value is mostly a word of its own: it is shown with them."""


class Kind(Enum):
    """What kind of difference it is; the value is its word in JSON."""

    FLAG_ADDED = "flag_added"
    FLAG_REMOVED = "flag_removed"
    FLAG_CHANGED = "flag_changed"
    FLAG_ORDER = "flag_order"
    PROGRAM_NAME = "program_name"
    ENVIRONMENT = "environment"
    WORKING_FOLDER = "working_folder"
    TOOLCHAIN = "toolchain"
    NAMESPACE = "namespace"
    EXTRA_INPUT = "extra_input"
    LINK_DEPLOY = "link_deploy"
    STREAMS = "streams"
    PROCESSOR = "processor"
    READ_FILE = "read_file"
    SOURCE_CHANGED = "source_changed"
    INPUT_CHANGED = "input_changed"
    INPUT_ADDED = "input_added"
    INPUT_REMOVED = "input_removed"
    APPEARED = "appeared"
    GONE = "gone"
    REMOVED = "removed"
    FIRST = "first"
    REFUSED = "refused"
    NOT_KEPT = "not_kept"
    UNSERVED = "unserved"


@dataclass(frozen=True, slots=True)
class Cause:
    """One difference: its kind, what differs (a flag, a variable, a path), and a sentence."""

    kind: Kind
    subject: str
    text: str


def part_causes(now: Parts, then: Parts) -> list[Cause]:
    """Return in what a command differs from a stored one."""
    found = [*_words(now.words, then.words), *_environment(now.env, then.env)]
    if now.cwd != then.cwd:
        text = f"the working folder is {now.cwd}, it was {then.cwd}"
        found.append(Cause(Kind.WORKING_FOLDER, now.cwd, text))
    if now.toolchain != then.toolchain:
        text = "the compiler is another: its program, its helpers or their libraries have changed"
        found.append(Cause(Kind.TOOLCHAIN, now.words[0], text))
    for path, change in _changed_files(now.read_files, then.read_files):
        # What an earlier step made has the name of its source, with a number before it.
        made = path.removeprefix(SCRATCH) if path.startswith(SCRATCH) else ""
        what = f"{made}, which this command compiles," if made else f"{path}, which the command names,"
        found.append(Cause(Kind.READ_FILE, path, f"{what} {change}"))
    return [*found, *_extra(now.extra, then.extra)]


def input_causes(now: Record, then: Record, source: str) -> list[Cause]:
    """Return in which files, and in which empty places, a run differs from an earlier one of its command."""
    before = {item.path: item for item in then.inputs}
    after = {item.path: item for item in now.inputs}
    absent = _absent(then)
    appeared, changed, added = [], [], []
    for path, item in after.items():
        old = before.get(path)
        if old is None and path in absent:
            appeared.append(appeared_cause(path))
        elif old is None:
            added.append(Cause(Kind.INPUT_ADDED, path, f"{path} is read now, and was not before"))
        elif old.digest != item.digest:
            changed.append(_changed(old, item, is_source=path == source))
    gone = [path for path in before if path not in after]
    removed = [Cause(Kind.INPUT_REMOVED, path, f"{path} was read before, and is not now") for path in gone]
    return [*appeared, *changed, *added, *removed]


def appeared_cause(path: str) -> Cause:
    """Return that something has come to a place that was empty."""
    return Cause(Kind.APPEARED, path, f"{path} appeared where the compiler had looked in vain")


def is_place(path: str, record: Record) -> bool:
    """Whether a record holds only while nothing is at this path."""
    return path in _absent(record)


def _changed(old: Input, new: Input, *, is_source: bool) -> Cause:
    sizes = old.signature.size, new.signature.size
    how = f"{sizes[0]} -> {sizes[1]} bytes" if sizes[0] != sizes[1] else f"other text, {sizes[1]} bytes still"
    kind = Kind.SOURCE_CHANGED if is_source else Kind.INPUT_CHANGED
    what = "the source" if is_source else "the input"
    return Cause(kind, new.path, f"{what} {new.path} has changed ({how})")


def _absent(record: Record) -> frozenset[str]:
    try:
        empty = Places.decode(record.places).empty
    except BadBytes:
        return frozenset()
    return frozenset(
        os.path.join(folder, name.rstrip("/")) for folder, names in empty.items() for name in names
    )


def _words(now: tuple[str, ...], then: tuple[str, ...]) -> Iterator[Cause]:
    if now[0] != then[0]:
        yield Cause(Kind.PROGRAM_NAME, now[0], f"the compiler was called {now[0]}, before {then[0]}")
    added = list((Counter(now[1:]) - Counter(then[1:])).elements())
    removed = list((Counter(then[1:]) - Counter(now[1:])).elements())
    for word in list(added):
        stem = _flag_before(word, now) or _stem(word)
        partner = next((old for old in removed if (_flag_before(old, then) or _stem(old)) == stem), None)
        if partner is not None:
            added.remove(word)
            removed.remove(partner)
            text = f"{_shown(word, now)} took the place of {_shown(partner, then)}"
            yield Cause(Kind.FLAG_CHANGED, word, text)
    for word in _without_shown(added, now):
        yield Cause(Kind.FLAG_ADDED, word, f"{_shown(word, now)} was added")
    for word in _without_shown(removed, then):
        yield Cause(Kind.FLAG_REMOVED, word, f"{_shown(word, then)} was removed")
    if now[1:] != then[1:] and Counter(now[1:]) == Counter(then[1:]):
        at = next(at for at, word in enumerate(now[1:], 1) if word != then[at])
        text = f"the words are in another order, from {now[at]} on"
        yield Cause(Kind.FLAG_ORDER, now[at], text)


def _stem(word: str) -> str:
    """Return what two values of the same flag have in common: -DNAME, -std=, -O, -I."""
    if not word.startswith("-"):
        return ""
    before, equals, _ = word.partition("=")
    if equals:
        return before
    return word[:2] if word[:2] in {"-O", "-g", "-I", "-x"} else word


def _flag_before(word: str, words: tuple[str, ...]) -> str:
    """Return the flag whose value a word is, or nothing."""
    before = words[words.index(word, 1) - 1]
    return before if before in _BEFORE_VALUES else ""


def _without_shown(listed: list[str], words: tuple[str, ...]) -> list[str]:
    """Return the words without the flags that are shown with their values."""
    shown = {_flag_before(word, words) for word in listed}
    return [word for word in listed if word not in shown]


def _shown(word: str, words: tuple[str, ...]) -> str:
    """Return a word as people know it: a value with the flag before it, without what changes each time."""
    flag = _flag_before(word, words)
    plain = word.removeprefix(SCRATCH)
    return without_secrets([f"{flag} {plain}" if flag else plain])[0]


def _environment(now: Mapping[str, str], then: Mapping[str, str]) -> Iterator[Cause]:
    for name in sorted(now.keys() | then.keys()):
        new, old = now.get(name), then.get(name)
        if new == old:
            continue
        if old is None:
            text = f"the variable {name} is set ({new!r}), it was not before"
        elif new is None:
            text = f"the variable {name} is not set, it was {old!r} before"
        else:
            text = f"the variable {name} is {new!r}, it was {old!r} before"
        yield Cause(Kind.ENVIRONMENT, name, text)


def _changed_files(now: Mapping[str, Digest], then: Mapping[str, Digest]) -> Iterator[tuple[str, str]]:
    for path in sorted(now.keys() | then.keys()):
        if now.get(path) != then.get(path):
            yield path, _change(path, now, then)


def _change(path: str, now: Mapping[str, Digest], then: Mapping[str, Digest]) -> str:
    if path not in then:
        return "was not named before"
    return "has changed" if path in now else "is not named any more"


def _extra(now: Iterable[bytes], then: Iterable[bytes]) -> Iterator[Cause]:
    new, old = declared(now), declared(then)
    if new.namespace != old.namespace:
        text = f"ZCCACHE_NAMESPACE is {new.namespace!r}, it was {old.namespace!r}"
        yield Cause(Kind.NAMESPACE, new.namespace, text)
    for path in sorted(new.files.keys() | old.files.keys()):
        mine, theirs = new.files.get(path), old.files.get(path)
        if mine == theirs:
            continue
        if mine is None or theirs is None:
            change = "counts now" if theirs is None else "does not count any more"
        elif mine == ABSENT:
            change = "is gone"
        elif theirs == ABSENT:
            change = "is there now"
        else:
            change = "has changed"
        yield Cause(Kind.EXTRA_INPUT, path, f"{path}, which is declared or sought, {change}")
    if new.deploy != old.deploy:
        text = f"ZCCACHE_LINK_DEPLOY_CMD is {new.deploy!r}, it was {old.deploy!r}"
        yield Cause(Kind.LINK_DEPLOY, new.deploy, text)
    if new.has_one_stream != old.has_one_stream:
        places = "one place now, they led to two" if new.has_one_stream else "two places now, they led to one"
        yield Cause(Kind.STREAMS, "", f"standard output and error lead to {places}")
    # Where only one of both names the processor, a word like -march=native has come or gone.
    if new.others and old.others and new.others != old.others:
        yield Cause(
            Kind.PROCESSOR, "processor", "the processor is another, and -march=native or its kin is used"
        )
