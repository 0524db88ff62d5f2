# SPDX-License-Identifier: ISC
"""all.py [--build] [--all] [WORD ...] - the boot tests, or with --build only what they need."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "interop")]

import machines  # noqa: E402

if "--build" in sys.argv:
    sys.exit(machines.build())

import test_traffic  # noqa: E402,F401
import test_endings  # noqa: E402,F401
import test_disk  # noqa: E402,F401
import test_tools  # noqa: E402,F401
import test_ip6  # noqa: E402,F401

sys.exit(machines.main(sys.argv[1:]))
