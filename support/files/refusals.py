from __future__ import annotations


class Refused(Exception):
    """Why a file is not taken, in words for who chose it; its name is said by whoever asks."""
