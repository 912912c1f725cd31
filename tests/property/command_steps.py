"""Steps on the command: its words, environment, umask and terminal, and the compiler that it names."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

import orders
import source_tree
from machine import Cells
from source_tree import CWDS, SOURCES, How

cwds = st.sampled_from(CWDS)
sources = st.sampled_from(SOURCES)
hows = st.sampled_from(How)


class CommandSteps(Cells):
    """What is asked, and of which compiler."""

    @rule(cwd=cwds, source=sources)
    def compile_another_unit(self, cwd: str, source: str) -> None:
        self.note("another unit")
        self.order.cwd, self.order.source = cwd, source

    @rule()
    def compile_again(self) -> None:
        self.note("again")

    @rule()
    def compile_in_the_other_folder(self) -> None:
        self.note("other folder")
        self.order.cwd = CWDS[1 - CWDS.index(self.order.cwd)]

    @rule(includes=st.sampled_from(orders.INCLUDES))
    def reorder_the_search(self, includes: tuple[str, ...]) -> None:
        self.note("-I order")
        self.order.includes = includes

    @rule(define=st.sampled_from((None, 1, 2)))
    def define(self, define: int | None) -> None:
        self.note("-D")
        self.order.define = define

    @rule(
        name=st.sampled_from(
            ("has_debug", "has_warnings", "is_assembly", "has_response_file", "by_link", "remaps")
        )
    )
    def toggle(self, name: str) -> None:
        self.note(f"toggle {name}")
        setattr(self.order, name, not getattr(self.order, name))

    @rule(depfile=st.sampled_from(orders.DEPFILES))
    def ask_for_a_depfile(self, depfile: tuple[str, ...]) -> None:
        self.note("depfile")
        self.order.depfile = depfile

    @rule(output=st.sampled_from(orders.OUTPUTS))
    def name_the_output(self, output: str) -> None:
        self.note("output name")
        self.order.output = output

    @rule(cwd=cwds, value=st.sampled_from((7, 8)), how=hows)
    def edit_the_response_file(self, cwd: str, value: int, how: How) -> None:
        self.note("response file")
        self.order.has_response_file = True
        self.tree.write(self.base / cwd / "words.rsp", f"-DGIVEN={value}\n", how)

    @rule(
        name=st.sampled_from(orders.SEARCH_VARIABLES),
        value=st.sampled_from((None, "../cp", "inc2", "linkdir")),
    )
    def change_a_search_variable(self, name: str, value: str | None) -> None:
        self.note(name)
        self.order.variables.pop(name, None)
        if value is not None:
            self.order.variables[name] = value

    @rule(value=st.sampled_from(orders.LOCALES))
    def change_the_locale(self, value: str) -> None:
        self.note("LC_ALL")
        self.order.has_warnings = True
        self.order.variables["LC_ALL"] = value

    @rule(umask=st.sampled_from(orders.UMASKS))
    def change_the_umask(self, umask: int) -> None:
        self.note("umask")
        self.order.umask = umask

    @rule(on_terminal=st.booleans())
    def print_to_a_terminal(self, on_terminal: bool) -> None:
        self.note("terminal")
        self.order.has_warnings = True
        self.order.on_terminal = on_terminal

    @rule(mode=st.sampled_from(("auto", "hardlink", "copy")))
    def deliver_by(self, mode: str) -> None:
        self.note("ZCCACHE_MODE")
        if self.order.mode == "hardlink" != mode:
            # As the page on modes says: build clean when you leave this one.
            for path in list(self.products.paths()):
                path.unlink()
        self.order.mode = mode

    @rule(program=st.sampled_from(orders.PROGRAMS))
    def compile_with(self, program: str) -> None:
        self.note("program")
        self.order.program = program

    @rule(kind=st.sampled_from(source_tree.COMPILERS))
    def swap_the_compiler(self, kind: str) -> None:
        self.note(f"compiler: {kind}")
        self.order.program = "cc"
        self.tree.swap_compiler("cc", kind)

    @rule(is_there=st.booleans())
    def shadow_the_compiler(self, is_there: bool) -> None:
        self.note("compiler earlier on PATH")
        (self.base / "bin" / "gcc").unlink(missing_ok=True)
        if is_there:
            self.tree.swap_compiler("gcc", "script 1")

    @rule(value=st.sampled_from((0, 1)), how=hows)
    def edit_a_declared_input(self, value: int, how: How) -> None:
        self.note("declared input")
        # Only a script reads it.
        if not (self.base / "bin" / "cc").read_bytes().startswith(b"#!"):
            self.tree.swap_compiler("cc", "script 1")
        self.order.program = "cc"
        self.tree.write(self.base / "side" / "setting", f"{value}\n", how)
