"""A customer, the identifiers that lead to them, and the merges that joined two histories."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Customer(models.Model):
    """One person.

    `attributes` holds every trait; e-mail, phone, time zone and locale are normalised and repeated.
    Who was erased is merged into themself: nobody any more, wherever merged customers are left out.
    """

    attributes = models.JSONField(_("attributes"), default=dict)
    email = models.TextField(_("e-mail"), default="", blank=True)
    phone = models.TextField(_("phone"), default="", blank=True)
    timezone = models.TextField(_("time zone"), default="", blank=True)
    locale = models.TextField(_("locale"), default="", blank=True)
    identified = models.BooleanField(_("identified"), default=False)
    merged_into = models.ForeignKey(
        "self",
        verbose_name=_("merged into"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created"))
    updated_at = models.DateTimeField(_("updated"))

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        permissions = [
            ("export_customer", _("Can export all that is kept of a customer")),
            ("erase_customer", _("Can erase a customer")),
        ]
        indexes = [
            models.Index(fields=["email"], condition=~models.Q(email=""), name="customer_email"),
            models.Index(fields=["phone"], condition=~models.Q(phone=""), name="customer_phone"),
        ]

    def __str__(self) -> str:
        return self.name or self.email or self.phone or _("Customer %(id)s") % {"id": self.pk}

    @property
    def is_erased(self) -> bool:
        return self.pk is not None and self.merged_into_id == self.pk

    @property
    def name(self) -> str:
        """First and last name as given, or an empty string."""
        parts = (self.attributes.get("firstName"), self.attributes.get("lastName"))
        return " ".join(str(part) for part in parts if part) or str(
            self.attributes.get("name") or ""
        )


class Identifier(models.Model):
    """One key of one customer: `kind` (user_id, anonymous_id, email, …) and `value`,
    owned by exactly one customer.
    """

    kind = models.TextField(_("kind"))
    value = models.TextField(_("value"))
    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="identifiers"
    )
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("identifier")
        verbose_name_plural = _("identifiers")
        constraints = [
            models.UniqueConstraint(fields=["kind", "value"], name="identifier_one_owner")
        ]

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"


class Merge(models.Model):
    """A merge of two customers: who stayed, who went, why, and what moved."""

    survivor = models.ForeignKey(
        Customer, verbose_name=_("kept customer"), on_delete=models.CASCADE, related_name="merges"
    )
    merged = models.ForeignKey(
        Customer,
        verbose_name=_("merged customer"),
        on_delete=models.CASCADE,
        related_name="merged_by",
    )
    at = models.DateTimeField(_("at"))
    cause = models.TextField(_("cause"))
    moved = models.JSONField(_("moved"), default=dict)

    class Meta:
        verbose_name = _("merge")
        verbose_name_plural = _("merges")

    def __str__(self) -> str:
        return f"{self.merged_id} → {self.survivor_id}"
