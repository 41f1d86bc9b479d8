"""What the agent says it is."""

from typing import Final

AGENT_VERSION: Final = "0.1.0"
PROTOCOL_VERSION: Final = 1
