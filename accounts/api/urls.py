from django.urls import re_path

from accounts.api import credentials, keys, notifications, privacy, recovery, second_factor, views
from nexusvpn.api.routes import UUID_PATTERN

urlpatterns = [
    re_path(r"^auth/register/?$", views.RegisterView.as_view(), name="api-register"),
    re_path(r"^auth/challenge/?$", recovery.SignUpChallengeView.as_view(), name="api-challenge"),
    re_path(r"^auth/verify-email/?$", recovery.VerifyEmailView.as_view(), name="api-verify-email"),
    re_path(r"^auth/verify-email/resend/?$", recovery.ResendVerificationView.as_view(), name="api-verify-resend"),
    re_path(r"^auth/password/forgot/?$", recovery.ForgottenPasswordView.as_view(), name="api-password-forgot"),
    re_path(r"^auth/password/reset/?$", recovery.ResetPasswordView.as_view(), name="api-password-reset"),
    re_path(r"^auth/password/change/?$", credentials.PasswordChangeView.as_view(), name="api-password-change"),
    re_path(r"^auth/email-change/?$", recovery.ConfirmAddressView.as_view(), name="api-email-change"),
    re_path(r"^auth/login/?$", views.LoginView.as_view(), name="api-login"),
    re_path(r"^auth/2fa/setup/?$", second_factor.SecondFactorSetupView.as_view(), name="api-2fa-setup"),
    re_path(r"^auth/2fa/enable/?$", second_factor.SecondFactorEnableView.as_view(), name="api-2fa-enable"),
    re_path(r"^auth/2fa/disable/?$", second_factor.SecondFactorDisableView.as_view(), name="api-2fa-disable"),
    re_path(
        r"^auth/2fa/recovery-codes/?$", second_factor.RecoveryCodesRenewalView.as_view(), name="api-2fa-recovery-codes"
    ),
    re_path(r"^auth/passkeys/?$", second_factor.PasskeysView.as_view(), name="api-passkeys"),
    re_path(rf"^auth/passkeys/{UUID_PATTERN}/?$", second_factor.PasskeyDetailView.as_view(), name="api-passkey"),
    re_path(r"^auth/logout/?$", views.LogoutView.as_view(), name="api-logout"),
    re_path(r"^auth/sessions/?$", views.SessionsView.as_view(), name="api-sessions"),
    re_path(rf"^auth/sessions/{UUID_PATTERN}/?$", views.SessionDetailView.as_view(), name="api-session"),
    re_path(r"^auth/history/?$", views.HistoryView.as_view(), name="api-history"),
    re_path(r"^auth/restore/?$", privacy.RestoreView.as_view(), name="api-restore"),
    re_path(r"^users/me/?$", views.MeView.as_view(), name="api-me"),
    re_path(r"^users/me/api-keys/?$", keys.ApiKeysView.as_view(), name="api-keys"),
    re_path(rf"^users/me/api-keys/{UUID_PATTERN}/?$", keys.ApiKeyDetailView.as_view(), name="api-key"),
    re_path(r"^users/me/mail-choices/?$", notifications.MailChoicesListView.as_view(), name="api-mail-choices"),
    re_path(r"^notifications/?$", notifications.NotificationsView.as_view(), name="api-notifications"),
    re_path(r"^notifications/read-all/?$", notifications.NotificationsReadAllView.as_view(), name="api-read-all"),
    re_path(rf"^notifications/{UUID_PATTERN}/read/?$", notifications.NotificationReadView.as_view(), name="api-read"),
    re_path(r"^users/me/export/?$", privacy.ExportsView.as_view(), name="api-export"),
    re_path(r"^users/me/activity/?$", privacy.ActivityView.as_view(), name="api-activity"),
    re_path(r"^users/me/email/?$", credentials.MyAddressView.as_view(), name="api-my-address"),
]
