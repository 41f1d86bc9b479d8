"""Changing the real interface in chunks, so that one peer that it refuses does not stop the others."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from vpn.agent.backends.base import Backend, BackendError, DesiredPeer, InterfaceGone
from vpn.agent.reconcile import chunks

T = TypeVar("T")


def upsert_peers(backend: Backend, peers: Sequence[DesiredPeer]) -> dict[str, str]:
    """Add or update peers; returns why by public key for those that were refused. Raises InterfaceGone."""
    refused = _apply(backend.upsert, peers)
    return {peer.public_key: reason for peer, reason in refused}


def remove_peers(backend: Backend, public_keys: Sequence[str]) -> dict[str, str]:
    """Remove peers; returns why by public key for those whose removal was refused. Raises InterfaceGone."""
    return dict(_apply(backend.remove, public_keys))


def _apply(change: Callable[[Sequence[T]], None], items: Sequence[T]) -> list[tuple[T, str]]:
    refused = []
    for chunk in chunks(items):
        try:
            change(chunk)
        except InterfaceGone:
            raise
        except BackendError:
            refused += _apply_singly(change, chunk)
    return refused


def _apply_singly(change: Callable[[Sequence[T]], None], items: Sequence[T]) -> list[tuple[T, str]]:
    refused = []
    for item in items:
        try:
            change([item])
        except InterfaceGone:
            raise
        except BackendError as error:
            refused.append((item, str(error)))
    return refused
