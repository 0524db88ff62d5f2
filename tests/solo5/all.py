# SPDX-License-Identifier: ISC
"""All tests of the Solo5 port. tests/solo5/run starts this inside a network namespace."""
import os
import sys

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)),
                os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "interop")]

import harness
import test_solo5_start  # noqa: F401
import test_solo5_tcp  # noqa: F401
import test_solo5_other  # noqa: F401
import same  # noqa: F401

sys.exit(harness.main())
