"""The bench is no package that gets installed: it is imported from the repository's root."""

import sys

from repository import ROOT

if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
