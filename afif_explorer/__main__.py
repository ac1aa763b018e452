"""``python -m afif_explorer`` is ``afif-explorer``."""

from __future__ import annotations

import sys

from afif_explorer.cli import main

if __name__ == "__main__":
    sys.exit(main())
