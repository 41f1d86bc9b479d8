"""`python -m vpn.agent.simulate`."""

import sys

from vpn.agent.simulate.main import main

sys.exit(main())
