"""The property test is about gcc and clang, and about the kernel's events of Linux."""

import sys

collect_ignore_glob = [] if sys.platform == "linux" else ["test_*"]
