"""A project with a cache beside it; after each step it compiles through the cache and bare.

Status, streams and all outputs with their modes must be the same.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from hypothesis.stateful import RuleBasedStateMachine, invariant

import orders
from orders import Order
from products import Product, Products
from sides import NOTHING, Ended, Meanwhile, Side, run
from source_tree import SourceTree
from tally import Differs, Tally
from zccache.common.freshness import tick_ns


class Cells(RuleBasedStateMachine):
    """A project with a cache beside it; subclasses bring the rules."""

    folder: ClassVar[Path]
    template: ClassVar[Path]
    open_side: ClassVar[Callable[[Path], Side]]
    tally: ClassVar[Tally]

    def __init__(self) -> None:
        super().__init__()
        base = self.folder / "project"
        root = self.folder / "root"
        for old in (base, root):
            shutil.rmtree(old, ignore_errors=True)
        # What the compilers of this machine are is known from the start.
        shutil.copytree(self.template, root)
        self.base = base
        self.tree = SourceTree(base)
        self.products = Products(base)
        self.order = Order()
        self.side = type(self).open_side(root)
        self.unique = 1000
        self.goes_cold = False

    def teardown(self) -> None:
        self.tree.close()
        self.side.close()

    @invariant()
    def a_compile_through_the_cache_equals_a_bare_one(self) -> None:
        ask = self.order.ask(self.base)
        before = self.products.see(0)
        since_ns = tick_ns()
        cached = self.cached()
        made = self.products.see(since_ns)
        self.products.put_aside()
        try:
            self.products.make(before, ask.umask)
            since_ns = tick_ns()
            bare = run(self.order.bare(self.base, cached.how), on_terminal=ask.on_terminal)
            wanted = self.products.see(since_ns)
        finally:
            self.products.lay_back()
        difference = self.difference(cached, bare, made, wanted)
        if difference:
            self.tally.differences.append(difference)
            raise Differs(f"{cached.how}: {difference}")
        if bare.status:
            # Nothing is learned from the same error again and again.
            self.tree.switch_branch(self.order.cwd, 0)
            self.order.includes = orders.INCLUDES[0]

    def cached(self, meanwhile: Meanwhile = NOTHING) -> Ended:
        """Compile through the cache."""
        ask = self.order.ask(self.base)
        ended = self.side.compile_cold(ask) if self.goes_cold else self.side.compile(ask, meanwhile)
        self.goes_cold = False
        self.tally.compiles[ended.how] += 1
        return ended

    def cached_anew(self, moment: str, act: Callable[[], object]) -> None:
        """Let a compiler run through the cache, with a word that was never there, and act at this moment."""
        self.unique += 1
        self.order.define = self.unique
        self.cached(Meanwhile(**{moment: act}))

    def difference(
        self, cached: Ended, bare: Ended, made: dict[Path, Product], wanted: dict[Path, Product]
    ) -> str:
        for what in ("status", "stdout", "stderr"):
            ours, theirs = getattr(cached, what), getattr(bare, what)
            if ours != theirs:
                return f"{what} is {ours!r}, bare {theirs!r}"
        if self.order.mode == "hardlink":
            # A link into the cache goes before a compiler runs; where that fails, bare has the old file.
            wanted = {path: product for path, product in wanted.items() if path in made or product.is_new}
        if made.keys() != wanted.keys():
            return f"outputs {_names(made)}, bare {_names(wanted)}"
        for path, theirs in wanted.items():
            found = _difference(made[path], theirs, self.order)
            if found:
                return f"{path.name}: {found}"
        return ""

    def note(self, kind: str) -> None:
        self.tally.steps[kind] += 1


def _difference(ours: Product, theirs: Product, order: Order) -> str:
    if ours.kind != theirs.kind:
        return f"is of kind {ours.kind:#o}, bare {theirs.kind:#o}"
    if ours.data != theirs.data:
        return "other bytes than bare"
    # Read-only is what tells that an output is, or was, a link into the cache.
    if ours.mode != theirs.mode and not (order.mode == "hardlink" and not ours.mode & 0o222):
        return f"mode {ours.mode:o}, bare {theirs.mode:o}"
    return "" if ours.is_new or not theirs.is_new else "an old time, where bare makes a new file"


def _names(products: dict[Path, Product]) -> list[str]:
    return [path.name for path in products]
