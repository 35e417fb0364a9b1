"""What makes the functions start faster: blueprint/docs/performance.md has each one's gain and risk.

Each is an environment variable of every function; without its line here it is switched off.
"""

from blueprint.packaging.build import AMAZON_ROOTS

START = {
    # Of the root certificates only those of AWS's own endpoints.
    "AWS_CA_BUNDLE": f"/opt/{AMAZON_ROOTS}",
    # blueprint/runtime/start.py
    "START_PRIMED": "true",
    "START_WITHOUT_GC": "true",
}
