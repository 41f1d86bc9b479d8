"""Log lines as one JSON object each, to standard error. No secret is ever passed to a logger."""

import json
import logging
import sys
import time

LOGGER = logging.getLogger("nexusvpn.agent")


class JsonFormatter(logging.Formatter):
    """Format a record as one line of JSON; the time is for people to read, nothing computes with it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line. `record.fields` (a dict) comes from `log_event`."""
        line: dict[str, object] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        line.update(getattr(record, "fields", {}))
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=True, default=str)


def log_event(event: str, level: int = logging.INFO, **fields: object) -> None:
    """Log one event with its fields."""
    LOGGER.log(level, event, extra={"fields": fields})


def log_failure(event: str, error: Exception) -> None:
    """Log an error that nobody expected, with the place where it came from."""
    LOGGER.error(event, exc_info=error)


def set_up_logging(level: int = logging.INFO) -> None:
    """Send the agent's log to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    LOGGER.handlers[:] = [handler]
    LOGGER.setLevel(level)
    LOGGER.propagate = False
