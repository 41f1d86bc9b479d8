from __future__ import annotations

from typing import Any

from rest_framework import serializers


class ReferralView(serializers.Serializer[Any]):
    email = serializers.CharField(help_text="Masked, for example a•••@e•••.com.")
    created_at = serializers.DateTimeField()


class ReferralCountsView(serializers.Serializer[Any]):
    total = serializers.IntegerField(help_text="People who joined with the link.")


class ReferralSummaryView(serializers.Serializer[Any]):
    code = serializers.CharField()
    link = serializers.CharField()
    counts = ReferralCountsView()
