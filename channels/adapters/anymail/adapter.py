"""Mail out through one of many providers: django-anymail speaks their words over our transport.

The library is an extra of ours and is loaded when an account of this kind is opened.
"""

from channels.adapters.base import Option, Sender
from channels.core.message import AccountSettings

CHANNELS = ("email",)
OPTIONS = (
    Option(
        name="backend",
        label="Provider (brevo, mailersend, mailgun, mailjet, mailtrap, mandrill, postmark, resend,"
        " scaleway, sparkpost)",
        required=True,
    ),
    Option(
        name="settings",
        label="The provider's settings in JSON, as django-anymail names them",
        secret=True,
        required=True,
    ),
    Option(name="webhook_key", label="Signing key of the callbacks (Mailgun)", secret=True),
    Option(name="webhook_login", label="user:password of the callbacks (Postmark)", secret=True),
    Option(name="base_url", label="API address"),
)


def open(account: AccountSettings) -> Sender:
    """Open the account; no call is made yet. Raises ValueError where the extra is missing."""
    try:
        from channels.adapters.anymail.sender import AnymailSender
    except ImportError as error:
        raise ValueError("django-anymail is missing: install sojourn[anymail].") from error
    return AnymailSender(account)
