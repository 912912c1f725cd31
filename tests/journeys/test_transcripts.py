"""Every journey, written down in transcripts/, goes the same way over both fronts and without a daemon."""

import sys
from pathlib import Path

import pytest

from fronts import NAMES, make_front
from tools import require_tool
from transcript import differences, parse, play

TRANSCRIPTS = sorted((Path(__file__).parent / "transcripts").glob("*.txt"))

COUNTS = f"""#!{sys.executable}
import json, subprocess, sys
status = json.loads(subprocess.run(["zccache", "status", "--json"], check=True, capture_output=True).stdout)
for name in sys.argv[1:]:
    first, _, rest = name.partition(".")
    print(name, status[first + "_by"].get(rest, 0) if rest else status[first])
"""


@pytest.mark.parametrize("front_name", NAMES)
@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: str(path.stem))
def test_the_journey_goes_as_written(path: Path, front_name: str, tmp_path: Path, cache_root: Path) -> None:
    require_tool("gcc", "gcc")
    if "jq " in path.read_text():
        require_tool("jq", "jq")
    folders = [tmp_path / name for name in ("bin", "work", "home")]
    for folder in folders:
        folder.mkdir()
    bin_folder, work, home = folders
    front = make_front(front_name, bin_folder)
    (bin_folder / "counts").write_text(COUNTS)
    (bin_folder / "counts").chmod(0o755)
    env = {
        "PATH": f"{bin_folder}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(home),
        "LC_ALL": "C",
        "ZCCACHE_CACHE_DIR": str(cache_root),
        "FRONT": str(front.program),
        **front.env,
    }
    steps = parse(path.read_text())

    outcomes = play(steps, work, env)

    assert steps
    assert not (found := differences(steps, outcomes)), found
