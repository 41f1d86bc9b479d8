"""`python -m vpn.agent`."""

import sys

from vpn.agent.main import main

sys.exit(main())
