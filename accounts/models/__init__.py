from accounts.models.audit import AuditEvent
from accounts.models.factors import Passkey, RecoveryCode, TotpSeed
from accounts.models.growth import PeopleDay
from accounts.models.keys import ApiKey
from accounts.models.mail import Mail
from accounts.models.notifications import MailChoice, Notification
from accounts.models.people import User, new_referral_code
from accounts.models.privacy import DataExport
from accounts.models.registration import AbuseFlag, EmailToken, Invitation, RegistrationPolicy, SignupOrigin
from accounts.models.sessions import KnownClient, LoginHistory, Session

__all__ = [
    "AbuseFlag",
    "ApiKey",
    "AuditEvent",
    "DataExport",
    "EmailToken",
    "Invitation",
    "KnownClient",
    "LoginHistory",
    "Mail",
    "MailChoice",
    "Notification",
    "Passkey",
    "PeopleDay",
    "RecoveryCode",
    "RegistrationPolicy",
    "Session",
    "SignupOrigin",
    "TotpSeed",
    "User",
    "new_referral_code",
]
