"""Shapes of addresses. A trailing slash is optional everywhere, and a malformed id is an unknown address (404)."""

_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
UUID_PATTERN = rf"(?P<pk>{_UUID})"
# Of a thing within the first one.
INNER_UUID_PATTERN = rf"(?P<inner>{_UUID})"
