-- What must hold at every moment between transactions. Each query finds violations: no row, no violation.
-- The names are those of the list of invariants in docs/architecture.md.

-- I1 two live devices share an address of a server
SELECT server_id, host FROM vpn_ipassignment WHERE released_at IS NULL GROUP BY server_id, host HAVING count(*) > 1;
-- I1 two live devices share a public key
SELECT public_key FROM vpn_vpnconfig WHERE revoked_at IS NULL GROUP BY public_key HAVING count(*) > 1;
-- I2 a person has more live devices than the plan admits
SELECT d.user_id FROM vpn_vpnconfig d
LEFT JOIN LATERAL (
    SELECT p.device_limit FROM billing_plan p LEFT JOIN billing_plangrant g ON g.plan_id = p.id AND g.user_id = d.user_id
    WHERE p.code = 'free' OR (g.revoked_at IS NULL AND g.id IS NOT NULL AND (g.valid_until IS NULL OR g.valid_until > now()))
    ORDER BY p.rank DESC LIMIT 1
) allowed ON true
WHERE d.revoked_at IS NULL GROUP BY d.user_id, allowed.device_limit HAVING count(*) > allowed.device_limit;
-- I6 a device's usage is not the sum of its registers
SELECT d.id FROM vpn_vpnconfig d
LEFT JOIN (SELECT device_id, sum(rx) AS rx, sum(tx) AS tx FROM vpn_usagecounter GROUP BY 1) c ON c.device_id = d.id
LEFT JOIN (SELECT device_id, sum(bytes_up) AS up, sum(bytes_down) AS down FROM vpn_usagerecord GROUP BY 1) u ON u.device_id = d.id
WHERE coalesce(c.rx, 0) <> coalesce(u.up, 0) OR coalesce(c.tx, 0) <> coalesce(u.down, 0);
-- I7 an address is both free and assigned
SELECT f.server_id, f.host FROM vpn_freeaddress f
JOIN vpn_ipassignment a ON a.server_id = f.server_id AND a.host = f.host AND a.released_at IS NULL;
-- I7 an address below the high-water mark is neither free nor assigned
SELECT s.id, h.host FROM vpn_server s CROSS JOIN LATERAL generate_series(2, s.next_host - 1) AS h(host)
WHERE NOT EXISTS (SELECT 1 FROM vpn_freeaddress f WHERE f.server_id = s.id AND f.host = h.host)
  AND NOT EXISTS (SELECT 1 FROM vpn_ipassignment a WHERE a.server_id = s.id AND a.host = h.host AND a.released_at IS NULL);
-- I7 an assignment's addresses are not those of its host number
SELECT a.id FROM vpn_ipassignment a JOIN vpn_server s ON s.id = a.server_id
WHERE a.ipv4 <> host(s.network_v4)::inet + a.host OR a.ipv6 <> host(s.network_v6)::inet + a.host;
-- I8 a live device of an active person without a wish on its server, or a wish without either
SELECT a.id FROM vpn_ipassignment a JOIN vpn_vpnconfig d ON d.id = a.device_id JOIN accounts_user u ON u.id = d.user_id
WHERE a.released_at IS NULL AND u.is_active AND NOT EXISTS (
    SELECT 1 FROM vpn_peer p WHERE p.server_id = a.server_id AND p.public_key = d.public_key AND p.wanted AND p.assignment_id = a.id);
SELECT p.id FROM vpn_peer p JOIN vpn_vpnconfig d ON d.id = p.device_id JOIN accounts_user u ON u.id = d.user_id
WHERE p.wanted AND (d.revoked_at IS NOT NULL OR NOT u.is_active);
-- I8 a server's revision is not the highest that it gave out, or a live device has no address
SELECT s.id FROM vpn_server s JOIN vpn_peer p ON p.server_id = s.id GROUP BY s.id HAVING max(p.revision) > s.revision;
SELECT d.id FROM vpn_vpnconfig d WHERE d.revoked_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM vpn_ipassignment a WHERE a.device_id = d.id AND a.released_at IS NULL);
