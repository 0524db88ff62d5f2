# SPDX-License-Identifier: ISC
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import harness  # noqa: E402
import test_start  # noqa: E402,F401
import test_tcp  # noqa: E402,F401
import test_ip  # noqa: E402,F401
import test_many  # noqa: E402,F401
import test_block  # noqa: E402,F401
import test_tcp6  # noqa: E402,F401
import test_ip6  # noqa: E402,F401
import test_router6  # noqa: E402,F401
import test_path  # noqa: E402,F401
import test_group  # noqa: E402,F401
import test_attack6  # noqa: E402,F401

sys.exit(harness.main())
