"""Real builds use the bench's demo project and its counting compilers, which no package installs."""

import sys

from repository import ROOT

if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
