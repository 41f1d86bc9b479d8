"""One node: its interface, its peers, and the lock that lets one thread at a time change either."""

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from vpn.agent.backends.base import BackendError, DeviceState
from vpn.agent.backends.choose import choose_backend
from vpn.agent.desired import Changes, Snapshot
from vpn.agent.files import StateDirError
from vpn.agent.forwarding import ensure_forwarding, undo_forwarding
from vpn.agent.identity import Identity
from vpn.agent.link import (
    configure_interface,
    create_interface,
    delete_interface,
    interface_index,
    interface_token,
    mark_interface,
    new_token,
)
from vpn.agent.logs import log_event
from vpn.agent.made import MADE_NAME, Made, boot_id, load_made
from vpn.agent.peers import PeerKeeper
from vpn.agent.store import Store
from vpn.agent.tools import ToolError


class Look(NamedTuple):
    """What a tick saw, and which revision of which epoch it shows; during a handover it shows none quite."""

    device: DeviceState
    epoch: str
    revision: int
    is_handing_over: bool


class Node:
    """Everything that the agent does to this machine goes through here, under `lock`."""

    def __init__(
        self, state_dir: Path, identity: Identity, private_key: str, allowed_networks: Sequence[str] = ()
    ) -> None:
        self.lock = threading.RLock()
        self.state_dir = state_dir
        self.identity = identity
        self.store = Store(state_dir)
        self.peers = PeerKeeper(self.store)
        self._private_key = private_key
        self.allowed_networks = tuple(allowed_networks)
        self._made = load_made(state_dir)
        self.handing_over = threading.Event()
        self.offered_ports: tuple[int, ...] = ()
        self._index: int | None = None
        self._removed = False

    @property
    def interface_epoch(self) -> str:
        """Return `boot-id:random`, which names one creation of the interface."""
        return self._made.interface_epoch if self._made else ""

    def interface_changed(self) -> bool:
        """Tell whether the interface is not the one last seen. Costs one system call and no lock."""
        index = interface_index(self.identity.interface)
        return index is None or index != self._index

    def ensure_interface(self) -> bool:
        """Find or make the interface and bring all peers back from disk; returns whether it was made anew.

        Does nothing but one system call if it is the one last seen. Raises ToolError, BackendError,
        StateDirError.
        """
        with self.lock:
            if self._removed:
                raise StateDirError("the interface has been taken down for good")
            if not self.interface_changed():
                return False
            name = self.identity.interface
            made = self._made_or_refuse()
            present = interface_index(name) is not None
            renewed = not present or interface_token(name) != made.token
            if renewed:
                self._renew(made)
                if not present:
                    log_event("interface_created", interface=name, kind=create_interface(name))
                mark_interface(name, made.token)
                made.marked = True
                made.save()
            self.peers.backend = choose_backend(name, self.identity.backend)
            self._forward(made)  # before there is anybody whom the table keeps away from something
            self._configure(made, self.peers.backend.read())
            self.peers.full_pass()
            self._signal_handovers()
            self._index = interface_index(name)
            return renewed

    def needs_recovery(self) -> bool:
        """Tell whether `recover` has something to do; costs as little as `interface_changed`."""
        return self.interface_changed() or self.peers.is_removing

    def recover(self) -> None:
        """Bring the interface back, and carry out removals that have failed: their customers may still be connected.

        Raises ToolError, BackendError, StateDirError.
        """
        with self.lock:
            self.ensure_interface()
            if self.peers.is_removing:
                self.peers.full_pass()

    def find_interface(self) -> None:
        """Look for the interface that this agent made, without making or changing anything."""
        with self.lock:
            name = self.identity.interface
            if self._made is not None and interface_token(name) == self._made.token:
                self.peers.backend = choose_backend(name, self.identity.backend)
                self._index = interface_index(name)

    def tick(self) -> Look:
        """Look at everything and put right what differs: interface, addresses, peers, firewall. Count.

        Raises BackendError, ToolError, StateDirError.
        """
        with self.lock:
            self.ensure_interface()
            device = self.peers.full_pass()
            made = self._made_or_refuse()
            self._configure(made, device)
            self._forward(made)
            self._signal_handovers()
            return Look(device, self.peers.epoch, self.peers.acknowledged, self.peers.is_handing_over)

    def apply_changes(self, changes: Changes) -> None:
        """Apply ops; raises BackendError, ToolError, StateDirError."""
        with self.lock:
            self.ensure_interface()
            with self._changing_peers():
                self.peers.apply_changes(changes)

    def apply_snapshot(self, snapshot: Snapshot) -> None:
        """Apply a snapshot, its interface settings included; raises BackendError, ToolError, StateDirError."""
        with self.lock:
            self.ensure_interface()
            if snapshot.interface is not None:
                identity = self.identity.with_settings(snapshot.interface)
                if identity != self.identity:
                    identity.save(self.state_dir)
                    self.identity = identity
                    made = self._made_or_refuse()
                    self._configure(made, self.peers.full_pass())
                    self._forward(made)
            with self._changing_peers():
                self.peers.apply_snapshot(snapshot)

    def look_at_handovers(self) -> bool:
        """Complete the handovers that are over; tells whether there were any. Raises BackendError.

        Without the interface there is nothing to do: whoever brings it back completes them.
        """
        with self.lock:
            if self.interface_changed():
                return False
            with self._changing_peers():
                return self.peers.look_at_handovers()

    def take_credential(self, credential: str) -> None:
        """Keep another credential, on disk before it is used."""
        with self.lock:
            identity = self.identity.with_credential(credential)
            identity.save(self.state_dir)
            self.identity = identity

    def remove_interface(self) -> None:
        """Take a last reading of the counters, then remove everything that the agent made."""
        with self.lock:
            if self._index is not None and not self.interface_changed():
                try:
                    self.peers.count()
                except BackendError as error:
                    log_event("last_reading_failed", detail=str(error))
            self.peers.interface_renewed()
            if self._made is not None:
                remove_made(self._made)
            self._made, self._index, self.peers.backend, self._removed = None, None, None, True

    @contextmanager
    def _changing_peers(self) -> Iterator[None]:
        try:
            yield
        except BackendError:
            self._index = None  # the intention is on disk; the next look at the interface makes it true
            raise
        finally:
            self._signal_handovers()

    def _signal_handovers(self) -> None:
        """Wake whoever watches over handovers, or let them rest."""
        if self.peers.is_handing_over:
            self.handing_over.set()
        else:
            self.handing_over.clear()

    def _made_or_refuse(self) -> Made:
        """Return the record; raises StateDirError rather than take over an interface that somebody else made."""
        if self._made is None:
            name = self.identity.interface
            if interface_index(name) is not None:
                raise StateDirError(f"{name} exists already and was not made by this agent")
            self._made = Made(path=self.state_dir / MADE_NAME, interface=name)
            self._made.save()
        return self._made

    def _renew(self, made: Made) -> None:
        if made.token:
            self.peers.note("interface_recreated", made.interface)
        self.peers.interface_renewed()
        if made.boot_id != boot_id():
            made.sysctls, made.firewall, made.listing = {}, "", ""  # the reboot undid both
        made.token, made.boot_id, made.marked = new_token(), boot_id(), False
        made.save()

    def _forward(self, made: Made) -> None:
        try:
            self.offered_ports = ensure_forwarding(made, self.identity.settings, self.allowed_networks)
        except ToolError as error:  # tunnels and counters must not stop for it; the next tick tries again
            self.offered_ports = ()
            log_event("forwarding_failed", level=logging.ERROR, detail=str(error))

    def _configure(self, made: Made, device: DeviceState) -> None:
        settings = self.identity.settings
        backend = self.peers.backend
        if backend and (device.private_key, device.listen_port) != (self._private_key, settings.listen_port):
            backend.configure(self._private_key, settings.listen_port)
        former = made.addresses
        if former != list(settings.addresses):
            made.addresses = sorted({*former, *settings.addresses})
            made.save()
        configure_interface(made.interface, settings, former)
        if made.addresses != list(settings.addresses):
            made.addresses = list(settings.addresses)
            made.save()


def remove_made(made: Made) -> None:
    """Remove the interface, the nftables table and the sysctl changes of a record, and the record; may be repeated.

    Raises ToolError; the record then stays, so that it can be tried again.
    """
    if not made.marked or interface_token(made.interface) == made.token:
        delete_interface(made.interface)
    elif interface_index(made.interface) is not None:
        log_event("interface_left", interface=made.interface, detail="somebody else made it anew")
    undo_forwarding(made)
    made.forget()
    log_event("removed", interface=made.interface)
