"""The database refuses to change or delete what was written to the books of rewards.

TRUNCATE needs to own the table; a service whose database user does not own its tables cannot do that either.
"""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION referrals_rewardentry_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the books of rewards are append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER referrals_rewardentry_keep BEFORE UPDATE OR DELETE ON referrals_rewardentry
    FOR EACH ROW EXECUTE FUNCTION referrals_rewardentry_keep();
"""
BACK = """
DROP TRIGGER referrals_rewardentry_keep ON referrals_rewardentry;
DROP FUNCTION referrals_rewardentry_keep();
"""


class Migration(migrations.Migration):
    dependencies = [("referrals", "0002_rewards_and_campaigns")]

    operations = [migrations.RunSQL(FUNCTION, BACK)]
