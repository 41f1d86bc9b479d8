"""The statements of a report: one for the node's status, one for everything that it counted, two for the peers themselves."""

from __future__ import annotations

# Only what is said of the server's present epoch confirms anything, and nothing confirms a revision that is not there yet.
STATUS = """
WITH former AS (
    SELECT server_id, applied_epoch, applied_revision FROM vpn_nodestatus WHERE server_id = %(server)s FOR NO KEY UPDATE
)
UPDATE vpn_nodestatus n SET
    applied_revision = CASE
        WHEN s.epoch IS DISTINCT FROM %(epoch)s::uuid THEN n.applied_revision
        WHEN %(applied)s > s.revision THEN n.applied_revision
        WHEN n.applied_epoch = s.epoch THEN greatest(n.applied_revision, %(applied)s)
        ELSE %(applied)s END,
    applied_epoch = CASE WHEN s.epoch = %(epoch)s::uuid AND %(applied)s <= s.revision THEN s.epoch ELSE n.applied_epoch END,
    interface_epoch = %(interface_epoch)s,
    last_report_id = %(report_id)s,
    last_report_at = now(),
    lost_at = NULL,
    agent_version = %(agent_version)s,
    cpu_percent = %(cpu)s::float8, memory_percent = %(memory)s::float8, peer_count = coalesce(%(peers)s::int, n.peer_count),
    rx_bytes = %(rx)s::bigint, tx_bytes = %(tx)s::bigint,
    offered_ports = coalesce(%(ports)s::int[], n.offered_ports), failed_keys = %(failed)s::varchar[],
    egress_address = coalesce(%(egress)s::inet, n.egress_address),
    own_addresses = coalesce(%(own_addresses)s::inet[], n.own_addresses)
FROM vpn_server s, former f
WHERE n.server_id = f.server_id AND s.id = n.server_id
RETURNING s.epoch, s.revision, s.state, s.rotate_credential,
    CASE WHEN f.applied_epoch = s.epoch AND f.applied_revision <= s.revision THEN f.applied_revision ELSE 0 END
"""

# Whatever a report says, it ends the outage that the watch has found. A statement of its own after the one above: that may have waited
# for the watch, and what the watch wrote meanwhile is visible only to the next statement.
HEARD_AGAIN = "UPDATE vpn_outage SET ended_at = greatest(now(), started_at) WHERE server_id = %s AND ended_at IS NULL"

# The growth of a register is what its row holds now less what it held before this statement: exact under any repetition. A growth is
# plausible if the link could have carried it since the register last grew, a first one since the device got its address.
#
# Nearly all rows of a report are plausible growths of registers that exist; these are found and written at one touch (`grew`). Only the
# others are looked at closer (`rest`), each by the index, whatever the planner thinks how many they are. No other report of the server
# is under way, so what the one half has seen of a register is what the other finds.
MERGE = """
WITH incoming AS (
    SELECT * FROM unnest(%(keys)s::text[], %(rx)s::bigint[], %(tx)s::bigint[], %(epochs)s::bigint[], %(statuses)s::text[])
        WITH ORDINALITY AS t(public_key, rx, tx, epoch, status, n)
), mapped AS (
    SELECT i.n, p.id AS peer_id, p.device_id, p.assignment_id, i.epoch, i.rx, i.tx, i.status, p.connection <> i.status AS changed
    FROM incoming i JOIN vpn_peer p ON p.server_id = %(server)s AND p.public_key = i.public_key
), grew AS (
    UPDATE vpn_usagecounter c SET
        counted_rx = c.rx, counted_tx = c.tx, rx = greatest(c.rx, m.rx), tx = greatest(c.tx, m.tx), grown_at = now()
    FROM mapped m
    WHERE c.server_id = %(server)s AND c.epoch = m.epoch AND (m.rx > c.rx OR m.tx > c.tx)
      AND (m.rx - c.rx + m.tx - c.tx)::float8 <= %(link)s::float8 * (extract(epoch FROM now() - c.grown_at) + %(slack)s)
    RETURNING m.n, c.device_id, c.rx - c.counted_rx AS up, c.tx - c.counted_tx AS down
), rest AS (
    SELECT m.n, m.device_id, m.epoch, m.rx, m.tx, c.epoch IS NULL AS is_new,
           (m.rx - coalesce(c.rx, 0) + m.tx - coalesce(c.tx, 0))::float8
               > %(link)s::float8 * (extract(epoch FROM now() - coalesce(c.grown_at, a.created_at)) + %(slack)s) AS implausible
    FROM mapped m
    JOIN LATERAL (SELECT created_at FROM vpn_ipassignment WHERE id = m.assignment_id OFFSET 0) a ON true
    LEFT JOIN LATERAL (
        SELECT epoch, rx, tx, grown_at FROM vpn_usagecounter WHERE server_id = %(server)s AND epoch = m.epoch OFFSET 0
    ) c ON true
    WHERE NOT EXISTS (SELECT 1 FROM grew g WHERE g.n = m.n)
), begun AS (
    INSERT INTO vpn_usagecounter AS c (server_id, device_id, epoch, rx, tx, counted_rx, counted_tx, grown_at)
    SELECT %(server)s, device_id, epoch, rx, tx, 0, 0, now() FROM rest WHERE is_new AND NOT implausible ORDER BY epoch
    RETURNING device_id, rx AS up, tx AS down
), grown AS (
    SELECT d.user_id, g.device_id, g.up, g.down
    FROM (
        SELECT device_id, sum(up) AS up, sum(down) AS down
        FROM (SELECT device_id, up, down FROM grew UNION ALL SELECT device_id, up, down FROM begun WHERE up > 0 OR down > 0) r
        GROUP BY device_id
    ) g
    JOIN vpn_vpnconfig d ON d.id = g.device_id
), recorded AS (
    INSERT INTO vpn_usagerecord AS u (user_id, device_id, record_date, bytes_up, bytes_down)
    SELECT user_id, device_id, (now() AT TIME ZONE 'UTC')::date, up, down FROM grown ORDER BY device_id
    ON CONFLICT (device_id, record_date) DO UPDATE SET
        bytes_up = u.bytes_up + excluded.bytes_up, bytes_down = u.bytes_down + excluded.bytes_down
    RETURNING 1
), metered AS (
    -- After the records, and in the order of the people: two nodes of one person never wait for each other in a circle.
    UPDATE vpn_quotameter q SET used_bytes = q.used_bytes + w.used
    FROM (
        SELECT m.user_id, p.used FROM vpn_quotameter m
        JOIN (SELECT user_id, sum(up) + sum(down) AS used FROM grown GROUP BY user_id) p ON p.user_id = m.user_id
        -- A period that begins tomorrow, after the end of a plan, holds nothing of today.
        WHERE (SELECT count(*) FROM recorded) > 0 AND m.period_start <= (now() AT TIME ZONE 'UTC')::date
        ORDER BY m.user_id FOR NO KEY UPDATE OF m
    ) w
    WHERE q.user_id = w.user_id
    RETURNING q.user_id, q.used_bytes, q.quota_bytes, q.warned
)
SELECT (SELECT count(*) FROM mapped) - (SELECT count(*) FROM rest WHERE implausible),
       CASE WHEN (SELECT count(*) FROM mapped) < %(rows)s THEN
           ARRAY(SELECT i.n FROM incoming i WHERE NOT EXISTS (SELECT 1 FROM mapped m WHERE m.n = i.n) ORDER BY i.n LIMIT %(listed)s)
       ELSE ARRAY[]::bigint[] END,
       ARRAY(SELECT n FROM rest WHERE implausible ORDER BY n LIMIT %(listed)s),
       (SELECT coalesce(sum(up), 0) FROM grown), (SELECT coalesce(sum(down), 0) FROM grown),
       ARRAY(SELECT user_id FROM metered WHERE used_bytes >= quota_bytes AND warned < 100
             OR used_bytes * 100.0 >= quota_bytes * 80.0 AND warned < 80),
       ARRAY(SELECT peer_id FROM mapped WHERE changed ORDER BY n), ARRAY(SELECT status FROM mapped WHERE changed ORDER BY n)
"""

# Under the server's lock, as every change of its peers.
SEEN = """
UPDATE vpn_peer p SET connection = i.status FROM unnest(%(ids)s::bigint[], %(statuses)s::text[]) AS i(id, status)
WHERE p.id = i.id AND p.server_id = %(server)s AND p.connection <> i.status
"""

# The node's own total is a register too; beside its growth stands what customers' registers grew by in the same report.
TOTALS = """
WITH register AS (
    INSERT INTO vpn_nodetotal AS t (server_id, interface_epoch, rx, tx, counted_rx, counted_tx, grown_at)
    VALUES (%(server)s, %(interface_epoch)s, %(rx)s, %(tx)s, 0, 0, now())
    ON CONFLICT (server_id, interface_epoch) DO UPDATE SET
        counted_rx = t.rx, counted_tx = t.tx, rx = greatest(t.rx, excluded.rx), tx = greatest(t.tx, excluded.tx), grown_at = now()
    WHERE excluded.rx > t.rx OR excluded.tx > t.tx
    RETURNING rx - counted_rx AS rx, tx - counted_tx AS tx
), growth AS (
    SELECT coalesce(sum(rx), 0) AS rx, coalesce(sum(tx), 0) AS tx FROM register
)
INSERT INTO vpn_nodehour AS h (server_id, hour, node_rx, node_tx, customers_rx, customers_tx)
SELECT %(server)s, date_trunc('hour', now(), 'UTC'), rx, tx, %(customers_rx)s, %(customers_tx)s FROM growth
WHERE rx + tx + %(customers_rx)s + %(customers_tx)s > 0
ON CONFLICT (server_id, hour) DO UPDATE SET
    node_rx = h.node_rx + excluded.node_rx, node_tx = h.node_tx + excluded.node_tx,
    customers_rx = h.customers_rx + excluded.customers_rx, customers_tx = h.customers_tx + excluded.customers_tx
"""

# Tombstones that the node has confirmed now. Their final counters came in this report or an earlier one, and those below the revision
# that it had confirmed before went with it.
CONFIRMABLE = """
SELECT EXISTS (SELECT 1 FROM vpn_peer WHERE server_id = %(server)s AND NOT wanted AND revision > %(former)s AND revision <= %(applied)s)
"""
CONFIRMED = """
DELETE FROM vpn_peer WHERE server_id = %(server)s AND NOT wanted AND revision > %(former)s AND revision <= %(applied)s
RETURNING device_id
"""
