"""Shapes of addresses. A trailing slash is optional everywhere, and a malformed id is an unknown address (404)."""

UUID_PATTERN = r"(?P<pk>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
