"""What a reward is until staff say otherwise: five dollars, or about as much, for each of the two, if the friend paid about four.

It is closed until staff open it: what a friend is worth is theirs to decide.

Plain SQL: a step in Python would have Django build every model once more, which a fresh `migrate` pays for.
"""

from django.db import migrations

PROGRAMME = """
INSERT INTO referrals_referralprogramme (id, is_open, mode, months, refund_days, hold_days, network_limit, changed_at)
VALUES (1, false, 'first', 12, 30, 30, 3, now()) ON CONFLICT DO NOTHING;
INSERT INTO referrals_rewardamount (currency, referrer_minor, friend_minor, minimum_minor)
VALUES ('EUR', 500, 500, 400), ('GBP', 400, 400, 320), ('JPY', 700, 700, 560), ('USD', 500, 500, 400) ON CONFLICT DO NOTHING;
"""


class Migration(migrations.Migration):
    dependencies = [("referrals", "0003_reward_entries_are_append_only")]

    operations = [migrations.RunSQL(PROGRAMME, migrations.RunSQL.noop)]
