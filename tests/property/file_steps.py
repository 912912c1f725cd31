"""Steps on sources and headers: by editors, version control, file managers, and while a compiler runs."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

import source_tree
from machine import Cells
from products import is_regular
from source_tree import CWDS, FOLDERS, HEADERS, VERSIONS, How
from zccache.common.freshness import tick_ns

cwds = st.sampled_from(CWDS)
folders = st.sampled_from(FOLDERS)
# Where the compiler looks first: what is done here is most often seen.
near_folders = st.sampled_from((".", "inc1", "inc2"))
headers = st.sampled_from(HEADERS)
versions = st.sampled_from(VERSIONS)
hows = st.sampled_from(How)
_ATTEMPTS = 12
moments = st.sampled_from(("before", "after", "told"))


class FileSteps(Cells):
    """What happens to the files that a compiler reads."""

    @rule(cwd=cwds, folder=folders, name=headers, version=versions, how=hows)
    def write_a_header(self, cwd: str, folder: str, name: str, version: int, how: How) -> None:
        self.note(f"header {how.value}")
        self.tree.write_header(cwd, folder, name, version, how)

    @rule(folder=near_folders, name=headers, version=versions, how=hows)
    def edit_a_header_that_is_there(self, folder: str, name: str, version: int, how: How) -> None:
        self.note(f"header {how.value}")
        if self.tree.header(self.order.cwd, folder, name).exists():
            self.tree.write_header(self.order.cwd, folder, name, version, how)

    @rule(version=versions, how=hows)
    def edit_the_source(self, version: int, how: How) -> None:
        self.note(f"source {how.value}")
        self.tree.write_source(self.order.cwd, self.order.source, version, how)

    @rule(folder=near_folders, name=headers, version=versions)
    def shadow_a_header(self, folder: str, name: str, version: int) -> None:
        self.note("shadow header")
        if not self.tree.header(self.order.cwd, folder, name).exists():
            self.tree.write_header(self.order.cwd, folder, name, version, How.ANEW)

    @rule(cwd=cwds, folder=folders, name=headers)
    def delete_a_header(self, cwd: str, folder: str, name: str) -> None:
        self.note("delete header")
        self.tree.remove_header(cwd, folder, name)

    @rule(name=headers, old=near_folders, new=folders)
    def move_a_header(self, name: str, old: str, new: str) -> None:
        self.note("move header")
        self.tree.move_header(self.order.cwd, name, old, new)

    @rule(folder=near_folders, version=st.none() | versions)
    def toggle_a_conditional_header(self, folder: str, version: int | None) -> None:
        self.note("__has_include")
        self.tree.remove_header(self.order.cwd, folder, "opt.h")
        if version is not None:
            self.tree.write_header(self.order.cwd, folder, "opt.h", version, How.ANEW)

    @rule(folder=near_folders, name=headers)
    def touch(self, folder: str, name: str) -> None:
        self.note("touch")
        self.tree.touch(self.tree.header(self.order.cwd, folder, name))

    @rule(cwd=cwds, branch=st.sampled_from(source_tree.BRANCHES))
    def switch_the_branch(self, cwd: str, branch: int) -> None:
        self.note("branch switch")
        self.tree.switch_branch(cwd, branch)

    @rule(version=versions)
    def retarget_a_file_link(self, version: int) -> None:
        self.note("file link")
        self.tree.retarget_file(self.order.cwd, version)

    @rule(folder=st.sampled_from(("inc1", "inc2", "../shared", "../cp")))
    def retarget_a_folder_link(self, folder: str) -> None:
        self.note("folder link")
        self.tree.retarget_folder(self.order.cwd, folder)

    @rule()
    def exchange_two_folders(self) -> None:
        self.note("folders exchanged")
        self.tree.exchange_folders(self.order.cwd)

    @rule(name=st.sampled_from(("late", "inc1", "inc2")))
    def remove_a_folder(self, name: str) -> None:
        self.note("folder removed")
        self.tree.remove_folder(self.order.cwd, name)

    @rule(name=st.sampled_from(("h.h", "d.h", "k.h")), folder=near_folders, version=versions)
    def edit_twice_within_one_tick(self, name: str, folder: str, version: int) -> None:
        path = self.tree.header(self.order.cwd, folder, name)
        if not is_regular(path):
            return
        self.note("two edits in a tick")
        # A compile between them takes most of a tick, so not every attempt meets it.
        for _ in range(_ATTEMPTS):
            self.let_a_tick_begin()
            ticked = tick_ns()
            self.tree.write(path, path.read_text(), How.IN_PLACE)
            self.cached()
            if tick_ns() == ticked:
                break
        self.tree.write_header(self.order.cwd, folder, name, version, How.IN_PLACE)

    @rule(
        name=st.sampled_from(("h.h", "d.h", "k.h")),
        folder=near_folders,
        version=versions,
        how=hows,
        moment=moments,
    )
    def edit_while_the_compiler_runs(
        self, name: str, folder: str, version: int, how: How, moment: str
    ) -> None:
        self.note(f"edit during compile: {moment}")
        self.cached_anew(moment, lambda: self.tree.write_header(self.order.cwd, folder, name, version, how))

    def let_a_tick_begin(self) -> None:
        """Look at the clock until it moves: a sleep would end somewhere within a tick."""
        ticked = tick_ns()
        while tick_ns() == ticked:
            continue
