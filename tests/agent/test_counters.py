"""Counter epochs: whatever happens to an interface, the total is never above the truth."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from vpn.agent.backends.base import PeerState
from vpn.agent.counters import MAX_EPOCH, BookChanges, CounterBook, CounterRecord, Row, draw_epoch

KEY = "alice"


def seen(rx: int, tx: int = 0, handshake: int = 0) -> list[PeerState]:
    return [PeerState(KEY, (), None, rx, tx, handshake)]


def observe(book: CounterBook, rx: int, tx: int = 0) -> None:
    book.observe(seen(rx, tx), 0.0, 0.0)


def test_a_peer_that_the_agent_added_counts_from_zero() -> None:
    book = CounterBook()
    book.open(KEY)
    observe(book, 100, 50)
    assert [row[1:3] for row in book.due_rows(10)] == [(100, 50)]


def test_a_peer_that_was_found_counts_from_what_it_had() -> None:
    book = CounterBook()
    observe(book, 100, 50)
    assert book.due_rows(10) == []
    observe(book, 130, 50)
    assert [row[1:3] for row in book.due_rows(10)] == [(30, 0)]


@pytest.mark.parametrize(("rx", "tx"), [(10, 200), (200, 10), (0, 0)])
def test_a_counter_that_falls_opens_a_new_epoch_and_leaves_the_old_one_due(rx: int, tx: int) -> None:
    book = CounterBook()
    book.open(KEY)
    observe(book, 100, 100)
    first = book.due_rows(10)[0]
    observe(book, rx, tx)
    rows = book.due_rows(10)
    assert rows[0][:4] == first[:4]
    assert [row[1:3] for row in rows[1:]] == [(rx, tx)] * bool(rx)
    assert len({row.counter_epoch for row in rows}) == len(rows)


def on_disk(book: CounterBook) -> CounterBook:
    """An agent started on a copy of this one's memory."""
    return CounterBook(book.unsaved().records)


def counted(*books: CounterBook) -> int:
    """What the control plane makes of all their rows: the highest figure of each epoch."""
    registers: dict[int, int] = {}
    for row in (row for book in books for row in book.due_rows(10)):
        registers[row.counter_epoch] = max(registers.get(row.counter_epoch, 0), row.rx)
    return sum(registers.values())


def test_an_agent_on_an_old_copy_of_its_memory_counts_nothing_twice_that_a_fall_has_begun_anew() -> None:
    book = CounterBook()
    book.open(KEY)
    observe(book, 100)
    copy = on_disk(book)
    observe(book, 0)
    observe(book, 50)
    assert counted(book) == 150
    observe(copy, 50)
    assert counted(book, copy) == 150
    observe(copy, 70)
    assert 150 <= counted(book, copy) <= 170


def test_two_agents_on_copies_of_one_memory_that_live_through_a_fall_count_it_once() -> None:
    book = CounterBook()
    book.open(KEY)
    observe(book, 100)
    copy = on_disk(book)
    for rx in (110, 30, 60, 10):
        observe(copy, rx)
        observe(book, rx)
    assert counted(book, copy) == 110 + 60 + 10


def test_only_what_moved_is_due() -> None:
    book = CounterBook()
    book.open(KEY)
    observe(book, 0)
    assert book.due_rows(10) == []
    observe(book, 5)
    rows = book.due_rows(10)
    book.accepted(rows)
    assert book.due_rows(10) == []
    observe(book, 6)
    assert len(book.due_rows(10)) == 1


def test_an_acceptance_that_comes_late_does_not_hide_what_came_after() -> None:
    book = CounterBook()
    book.open(KEY)
    observe(book, 5)
    rows = book.due_rows(10)
    observe(book, 9)
    book.accepted(rows)
    assert [row.rx for row in book.due_rows(10)] == [9]


def test_a_final_row_stays_due_until_it_is_accepted() -> None:
    book = CounterBook()
    book.open(KEY)
    observe(book, 5)
    book.close(KEY)
    rows = book.due_rows(10, finals_only=True)
    assert [row.rx for row in rows] == [5]
    assert book.accepted(rows) == rows
    assert book.due_rows(10) == []


def test_the_disk_gets_the_changes_and_a_new_book_goes_on_from_there() -> None:
    book = CounterBook()
    book.open(KEY)
    observe(book, 5, 6)
    unsaved = book.unsaved()
    book.mark_saved()
    assert book.unsaved() == BookChanges([], [], [])
    again = CounterBook(unsaved.records)
    observe(again, 8, 6)
    assert again.due_rows(10)[0][:4] == (KEY, 8, 6, unsaved.records[0].epoch)


def test_online_means_a_handshake_less_than_180_seconds_old() -> None:
    book = CounterBook()
    book.open(KEY)

    def status(now: float, wall: float, handshake: int) -> str:
        book.observe(seen(1, 1, handshake), now, wall)
        return book.due_rows(10)[0].status

    assert status(0, 1000, 0) == "never"
    assert status(10, 1010, 1005) == "online"
    assert status(184, 1184, 1005) == "online"
    assert status(186, 1186, 1005) == "idle"


def test_setting_the_nodes_clock_changes_no_status() -> None:
    book = CounterBook()
    book.open(KEY)
    book.observe(seen(1, 1, 1000), 0.0, 1000.0)
    book.observe(seen(1, 1, 1000), 15.0, 9_999_999.0)
    assert book.due_rows(1)[0].status == "online"
    book.observe(seen(1, 1, 1010), 30.0, 9_999_999.0)
    assert book.due_rows(1)[0].status == "online", "new since the last look, whatever the clock says"
    book.observe(seen(1, 1, 1010), 250.0, 0.0)
    assert book.due_rows(1)[0].status == "idle"


def test_a_first_handshake_is_no_older_than_its_peer_whatever_the_clocks_say() -> None:
    book = CounterBook()
    book.open(KEY, now=100.0)
    book.observe(seen(1, 1, 1000), 110.0, 9_999_999.0)
    assert book.due_rows(1)[0].status == "online"
    book.observe(seen(1, 1, 1000), 279.0, 9_999_999.0)
    assert book.due_rows(1)[0].status == "online"
    book.observe(seen(1, 1, 1000), 281.0, 9_999_999.0)
    assert book.due_rows(1)[0].status == "idle"


def test_a_peer_that_somebody_added_again_has_had_its_handshake_since_the_last_look() -> None:
    book = CounterBook()
    book.open(KEY)
    book.observe(seen(100, 1, 1000), 0.0, 1000.0)
    book.observe(seen(1, 1, 1010), 15.0, 9_999_999.0)
    assert [row.status for row in book.due_rows(2)] == ["online", "online"]


def test_a_handshake_from_the_future_was_just_now() -> None:
    book = CounterBook()
    book.observe(seen(1, 1, 9_999_999), 500.0, 1000.0)
    assert book.due_rows(1)[0].status == "online"
    book.observe(seen(1, 1, 9_999_999), 681.0, 1181.0)
    assert book.due_rows(1)[0].status == "idle"


@given(st.data())
def test_an_epoch_fits_a_signed_64_bit_integer_and_is_never_zero(data: st.DataObject) -> None:
    assert 1 <= draw_epoch() <= MAX_EPOCH == 2**63 - 1


def test_a_report_from_before_the_end_of_an_epoch_does_not_settle_its_final_row() -> None:
    """It got no answer at first and is repeated when the peer has moved more and gone."""
    book = CounterBook()
    book.open(KEY)
    observe(book, 100)
    repeated = book.due_rows(10)
    observe(book, 150)
    book.close(KEY)
    assert book.accepted(repeated) == []
    assert [row.rx for row in book.due_rows(10)] == [150]
    assert book.accepted(book.due_rows(10)) != []
    assert book.due_rows(10) == []


class Interface(RuleBasedStateMachine):
    """A peer, an agent that is killed at will, and a control plane that keeps max-registers."""

    def __init__(self) -> None:
        super().__init__()
        self.truth = 0
        self.counter = 0
        self.present = False
        self.sure = True
        self.records: dict[str, CounterRecord] = {}
        self.finals: dict[tuple[str, int], Row] = {}
        self.book = CounterBook()
        self.registers: dict[int, int] = {}
        self.sent: list[list[Row]] = []

    def save(self) -> None:
        unsaved = self.book.unsaved()
        for key in unsaved.dropped:
            self.records.pop(key, None)
        self.records.update((record.public_key, record) for record in unsaved.records)
        self.finals.update(((row.public_key, row.counter_epoch), row) for row in unsaved.finals)
        self.book.mark_saved()

    @rule(size=st.integers(1, 1000))
    def traffic(self, size: int) -> None:
        if self.present:
            self.counter += size
            self.truth += size

    @rule()
    def agent_adds_it(self) -> None:
        if not self.present:
            self.book.open(KEY)
            self.save()
            self.present, self.counter = True, 0

    @rule()
    def agent_removes_it(self) -> None:
        if self.present:
            observe(self.book, self.counter)
            self.save()
            self.present = False
            self.book.close(KEY)
            self.save()

    @rule()
    def somebody_adds_it_anew_behind_the_agents_back(self) -> None:
        self.present, self.counter, self.sure = True, 0, False

    @rule(reported=st.booleans())
    def agent_looks(self, reported: bool) -> None:
        if self.present:
            observe(self.book, self.counter)
        self.save()
        if reported:
            rows = self.book.due_rows(10)
            self.sent.append(rows)
            self.take(rows)
            self.book.accepted(rows)

    @rule()
    def agent_looks_and_its_report_gets_lost(self) -> None:
        if self.present:
            observe(self.book, self.counter)
        self.save()
        self.sent.append(self.book.due_rows(10))

    @rule(data=st.data())
    def an_old_report_arrives_again(self, data: st.DataObject) -> None:
        if self.sent:
            self.take(data.draw(st.sampled_from(self.sent)))

    @rule()
    def agent_is_killed_and_started(self) -> None:
        self.book = CounterBook(self.records.values(), self.finals.values())

    @rule()
    def the_disk_loses_everything(self) -> None:
        self.records, self.finals, self.book, self.sure = {}, {}, CounterBook(), False

    def take(self, rows: list[Row]) -> None:
        for row in rows:
            self.registers[row.counter_epoch] = max(self.registers.get(row.counter_epoch, 0), row.rx)

    @invariant()
    def never_above_the_truth(self) -> None:
        assert sum(self.registers.values()) <= self.truth

    def teardown(self) -> None:
        """When nobody interfered, the next report makes it exact."""
        if self.sure:
            self.agent_looks(True)
            assert sum(self.registers.values()) == self.truth


TestInterface = Interface.TestCase
