"""The door of `make demo`: see showcase.py."""

import sys
from pathlib import Path

# Run as a file, Python puts bench/ on the path; its modules are found from the folder above, as by ./perf.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from bench.showcase import main  # noqa: E402

sys.exit(main())
