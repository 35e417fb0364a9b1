"""How much load there is."""

import os

CALLERS = int(os.environ.get("LOAD_CALLERS", "50"))
SECONDS = float(os.environ.get("LOAD_SECONDS", "60"))
