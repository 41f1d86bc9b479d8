from __future__ import annotations

from hypothesis import settings

# How long one example takes on a machine that others use too says nothing about the code.
settings.register_profile("shared machine", deadline=None)
settings.load_profile("shared machine")
