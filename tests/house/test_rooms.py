"""The shape of the rooms: one namespace, no over-grown module, no room without a name of its own."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from repository import PACKAGES, ROOT, c_sources, python_modules

LINES_OF_A_MODULE = 300
LINES_OF_A_C_FILE = 900
NAMES_OF_NO_ROOM = {"util", "utils", "helper", "helpers", "misc", "base", "manager", "common_utils"}

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def test_no_wheel_brings_an_init_file_for_the_namespace() -> None:
    strays = [*PACKAGES.glob("*/src/zccache/__init__.py"), *PACKAGES.glob("*/src/__init__.py")]

    assert strays == []


def test_every_package_is_marked_as_typed() -> None:
    packages = [path for path in PACKAGES.glob("*/src/zccache/*") if (path / "__init__.py").exists()]

    assert packages
    assert [path.name for path in packages if not (path / "py.typed").exists()] == []


@pytest.mark.parametrize(
    ("files", "cap"),
    [(python_modules, LINES_OF_A_MODULE), (c_sources, LINES_OF_A_C_FILE)],
    ids=["python", "c"],
)
def test_no_file_has_grown_past_its_wall(files: Callable[[], list[Path]], cap: int) -> None:
    sizes = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in files()}

    assert sizes
    assert {name: lines for name, lines in sizes.items() if lines > cap} == {}


def test_every_room_has_a_name_of_its_own() -> None:
    vague = [path for path in python_modules() if NAMES_OF_NO_ROOM & {path.stem, path.parent.name}]

    assert vague == []


def test_every_public_name_of_the_wheels_is_documented() -> None:
    bare = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in python_modules()
        for name, node in public_definitions(ast.parse(path.read_text()))
        if ast.get_docstring(node) is None
    ]

    assert bare == []


def public_definitions(tree: ast.Module) -> Iterator[tuple[str, ast.Module | Definition]]:
    """Yield the module itself, its public classes and functions, and their public methods."""
    yield "module", tree
    for node in tree.body:
        if isinstance(node, Definition) and not node.name.startswith("_"):
            yield node.name, node
            if isinstance(node, ast.ClassDef):
                for member in node.body:
                    if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef) and not is_quiet(member):
                        yield f"{node.name}.{member.name}", member


def is_quiet(member: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Tell whether a method needs no words of its own: private, special, an overload or an override."""
    decorators = {getattr(node, "id", getattr(node, "attr", "")) for node in member.decorator_list}
    return member.name.startswith("_") or bool(decorators & {"override", "overload", "setter"})


def test_the_guard_sees_a_public_name_without_words(tmp_path: Path) -> None:
    tree = ast.parse(
        '"""Known."""\nclass A:\n    """Known."""\n    def b(self): ...\n    def _c(self): ...\n'
    )

    bare = [name for name, node in public_definitions(tree) if ast.get_docstring(node) is None]

    assert bare == ["A.b"]
