-- What must hold at every moment between transactions. Each query finds violations: no row, no violation.
-- The names are those of the list of invariants in docs/architecture.md.

-- I1 two live devices share an address of a server
SELECT server_id, host FROM vpn_ipassignment WHERE released_at IS NULL GROUP BY server_id, host HAVING count(*) > 1;
-- I1 two live devices share a public key
SELECT public_key FROM vpn_vpnconfig WHERE revoked_at IS NULL GROUP BY public_key HAVING count(*) > 1;
-- I2 a person has more admitted devices than the plan admits
SELECT d.user_id FROM vpn_vpnconfig d
LEFT JOIN LATERAL (
    SELECT p.device_limit FROM billing_plan p
    WHERE p.code = 'free' OR EXISTS (
        SELECT 1 FROM billing_plangrant g WHERE g.plan_id = p.id AND g.user_id = d.user_id
        AND g.revoked_at IS NULL AND (g.valid_until IS NULL OR g.valid_until > now())
    ) OR EXISTS (
        SELECT 1 FROM billing_subscription s JOIN billing_planprice c ON c.id = s.price_id
        WHERE c.plan_id = p.id AND s.user_id = d.user_id AND s.withheld = '' AND NOT s.is_surplus
        AND now() < coalesce(s.cancel_at, CASE WHEN s.cancel_at_period_end THEN s.current_period_end END, 'infinity')
        AND now() < CASE
            WHEN s.status IN ('past_due', 'unpaid') THEN coalesce(s.unpaid_since, s.current_period_start) + make_interval(days => :grace_days)
            WHEN s.status NOT IN ('trialing', 'active') THEN '-infinity'
            WHEN s.pause_behavior <> '' THEN s.paid_until
            WHEN s.status = 'trialing' THEN coalesce(s.trial_end, s.current_period_end) + make_interval(hours => :slack_hours)
            WHEN s.unpaid_since IS NULL AND s.paid_until <= s.current_period_start THEN s.paid_until + make_interval(hours => :slack_hours)
            ELSE s.current_period_end + make_interval(hours => :slack_hours) END
    )
    ORDER BY p.rank DESC LIMIT 1
) allowed ON true
WHERE d.revoked_at IS NULL AND d.blocked = '' GROUP BY d.user_id, allowed.device_limit HAVING count(*) > allowed.device_limit;
-- I3 an invoice's payers got more back than they paid
SELECT invoice_id, currency FROM billing_ledgerentry WHERE account = 'money' AND kind IN ('charge', 'refund') AND invoice_id <> ''
GROUP BY invoice_id, currency HAVING sum(amount_minor) < 0;
-- I3 a customer's credit is not the sum of what Stripe booked for it
SELECT c.stripe_id FROM billing_stripecustomer c
LEFT JOIN LATERAL (
    SELECT sum(e.amount_minor) AS owed FROM billing_ledgerentry e
    WHERE e.user_id = c.user_id AND e.account = 'credit' AND e.currency = c.currency AND starts_with(e.source, 'cbtxn_')
) booked ON true
WHERE c.deleted_at IS NULL AND c.synced_at IS NOT NULL AND coalesce(booked.owed, 0) <> -c.balance_minor
  AND NOT EXISTS (SELECT 1 FROM billing_stripecustomer d WHERE d.user_id = c.user_id AND d.deleted_at IS NOT NULL);
-- I3 a person has less than nothing of rewards, and owes less than that
SELECT user_id, currency FROM referrals_rewardentry GROUP BY user_id, currency
HAVING sum(available_minor) < least(0, sum(available_minor) FILTER (WHERE kind = 'debt')) OR sum(pending_minor) < 0;
-- I3 somebody sent more of rewards to their invoices than they had at that time
SELECT e.id FROM referrals_rewardentry e WHERE e.kind = 'spent' AND (
    SELECT sum(b.available_minor) FROM referrals_rewardentry b
    WHERE b.user_id = e.user_id AND b.currency = e.currency AND b.id <= e.id) < 0;
-- I4 a payment is rewarded twice to one person, or two rewards of a friend have one number
SELECT referral_id, kind, invoice_id FROM referrals_reward GROUP BY 1, 2, 3 HAVING count(*) > 1;
SELECT referral_id, kind, number FROM referrals_reward GROUP BY 1, 2, 3 HAVING count(*) > 1;
-- I4 a reward is not one of the two people whom its referral is about
SELECT w.id FROM referrals_reward w JOIN referrals_referral r ON r.id = w.referral_id
WHERE w.user_id <> CASE w.kind WHEN 'referrer' THEN r.referrer_id ELSE r.referred_id END;
-- I3 a reward's entries are not what its state says
SELECT w.id, w.state FROM referrals_reward w
LEFT JOIN LATERAL (
    SELECT coalesce(sum(e.pending_minor), 0) AS pending, coalesce(sum(e.available_minor), 0) AS available,
           bool_and(e.user_id = w.user_id AND e.currency = w.currency) AS own
    FROM referrals_rewardentry e WHERE e.reward_id = w.id
) booked ON true
WHERE booked.own IS NOT TRUE
   OR booked.pending <> CASE WHEN w.state IN ('pending', 'held') THEN w.amount_minor ELSE 0 END
   OR booked.available <> CASE WHEN w.state = 'earned' THEN w.amount_minor ELSE 0 END;
-- I3 a payout's entries are not what became of it
SELECT p.id, p.state FROM referrals_rewardpayout p
LEFT JOIN LATERAL (
    SELECT coalesce(sum(e.available_minor) FILTER (WHERE e.kind = 'spent'), 0) AS spent,
           coalesce(sum(e.available_minor) FILTER (WHERE e.kind = 'returned'), 0) AS returned,
           bool_and(e.user_id = p.user_id AND e.currency = p.currency AND e.kind IN ('spent', 'returned')) AS own
    FROM referrals_rewardentry e WHERE e.payout_id = p.id
) booked ON true
WHERE booked.own IS NOT TRUE OR booked.spent <> -p.amount_minor
   OR booked.returned <> CASE WHEN p.state = 'refused' THEN p.amount_minor ELSE 0 END;
-- I10 a payout came to the provider twice, or with another amount
SELECT p.id FROM referrals_rewardpayout p
JOIN billing_stripeorder o ON o.user_id = p.user_id AND o.purpose = 'credit' AND o.subject = p.id::text
GROUP BY p.id HAVING count(*) > 1 OR bool_or((o.parameters->>'amount')::bigint <> -p.amount_minor);
-- I6 a device's usage is not the sum of its registers
SELECT d.id FROM vpn_vpnconfig d
LEFT JOIN (SELECT device_id, sum(rx) AS rx, sum(tx) AS tx FROM vpn_usagecounter GROUP BY 1) c ON c.device_id = d.id
LEFT JOIN (SELECT device_id, sum(bytes_up) AS up, sum(bytes_down) AS down FROM vpn_usagerecord GROUP BY 1) u ON u.device_id = d.id
WHERE coalesce(c.rx, 0) <> coalesce(u.up, 0) OR coalesce(c.tx, 0) <> coalesce(u.down, 0);
-- I6 a meter is not the sum of its period's records
SELECT q.user_id FROM vpn_quotameter q
WHERE q.used_bytes <> (SELECT coalesce(sum(r.bytes_up + r.bytes_down), 0) FROM vpn_usagerecord r
                       WHERE r.user_id = q.user_id AND r.record_date >= q.period_start);
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
-- I8 a live assignment's wish is not what the admission said
SELECT a.id FROM vpn_ipassignment a JOIN vpn_vpnconfig d ON d.id = a.device_id JOIN vpn_server s ON s.id = a.server_id
WHERE a.released_at IS NULL AND d.revoked_at IS NULL
  AND (d.blocked = '' AND a.blocked = '' AND s.stopped_at IS NULL) <> EXISTS (
    SELECT 1 FROM vpn_peer p WHERE p.server_id = a.server_id AND p.public_key = d.public_key AND p.wanted AND p.assignment_id = a.id);
-- I8 a peer is wished that is not a live device's key, nor the former one of a rotation under way
SELECT p.id FROM vpn_peer p JOIN vpn_vpnconfig d ON d.id = p.device_id JOIN vpn_ipassignment a ON a.id = p.assignment_id
WHERE p.wanted AND (d.revoked_at IS NOT NULL OR d.blocked <> '' OR a.released_at IS NOT NULL OR (
    p.public_key <> d.public_key AND NOT EXISTS (
        SELECT 1 FROM vpn_peer t WHERE t.server_id = p.server_id AND t.takes_over = p.public_key AND t.device_id = p.device_id)));
-- I8 a device of a suspended account is admitted
SELECT d.id FROM vpn_vpnconfig d JOIN accounts_user u ON u.id = d.user_id
WHERE d.revoked_at IS NULL AND NOT u.is_active AND d.blocked = '';
-- I8 a stopped server holds a wish, or a server's revision is not the highest that it gave out
SELECT p.id FROM vpn_peer p JOIN vpn_server s ON s.id = p.server_id WHERE p.wanted AND s.stopped_at IS NOT NULL;
SELECT s.id FROM vpn_server s JOIN vpn_peer p ON p.server_id = s.id GROUP BY s.id HAVING max(p.revision) > s.revision;
-- I8 a removed device is said to be gone while a node may hold it, or holds addresses
SELECT d.id FROM vpn_vpnconfig d JOIN vpn_peer p ON p.device_id = d.id WHERE d.removal_confirmed_at IS NOT NULL;
SELECT a.id FROM vpn_ipassignment a JOIN vpn_vpnconfig d ON d.id = a.device_id WHERE d.revoked_at IS NOT NULL AND a.released_at IS NULL;
