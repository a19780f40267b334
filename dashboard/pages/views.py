"""The pages: server-rendered frames that JavaScript fills from REST and the live socket."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import Func, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.templatetags.static import static
from django.utils.translation import gettext
from django.views.generic import RedirectView, TemplateView

from access.roles import Role
from access.scope import Scope
from dashboard.models import ChartLayout, SavedView
from dashboard.pages.may import role_at
from dashboard.pages.publish_command import publish_words
from devices import removal
from devices.api.serializers import SiteSerializer
from devices.models import Device, Site
from devices.summary import device_summary
from devices.thresholds import KEY
from telemetry.models import Series
from telemetry.moments import to_ms
from telemetry.series.form import series_form

MAX_OFFERED = 1_000  # words a field of a form offers to choose from


def _sites(request: HttpRequest) -> list[Any]:
    """Those a page lets its viewer choose from."""
    return list(Site.objects.visible_to(Scope.of(request)).values("slug", "name"))


class Icon(RedirectView):
    """Where the icon is, for pages that do not name it."""

    def get_redirect_url(self, *_args: Any, **_kwargs: Any) -> str:
        return static("dashboard/favicon.svg")


class FleetPage(LoginRequiredMixin, TemplateView):
    """Every device with its state and latest values."""

    template_name = "dashboard/fleet.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        accounts = settings.BROKER_CONTROL is not None
        return super().get_context_data(
            page="fleet",
            sites=_sites(self.request),
            broker=publish_words(settings.MQTT_FOR_DEVICES, accounts=accounts),
            accounts=accounts,
            origin=self.request.build_absolute_uri("/").rstrip("/"),
            **kwargs,
        )


class DevicePage(LoginRequiredMixin, TemplateView):
    """One device: its charts, facts, presence and recent messages; how to have a deleted one
    back."""

    template_name = "dashboard/device.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        visible = Device.with_removed.visible_to(Scope.of(self.request))
        there = visible.select_related("site", "presence", "removed_by")
        device = get_object_or_404(there, uid=kwargs["uid"])
        if device.removed_at is not None:
            until = device.removed_at + removal.KEPT
            here = role_at(self.request, device.site_id)
            return super().get_context_data(
                page="fleet", device=device, until=until, role_here=here, **kwargs
            )
        return super().get_context_data(
            page="fleet",
            device=device,
            facts=device_facts(device)
            | {
                "charts": ChartLayout.of(self.request.user, device),
                "changed": to_ms(device.updated_at),
            },
            role_here=role_at(self.request, device.site_id),
            metadata={key: value for key, value in device.metadata.items() if key != KEY},
            **kwargs,
        )

    def render_to_response(self, context: dict[str, Any], **options: Any) -> HttpResponse:
        if context["device"].removed_at is None:
            return super().render_to_response(context, **options)
        return render(self.request, "dashboard/removed_device.html", context, status=410)


class SitesPage(LoginRequiredMixin, TemplateView):
    """The places devices stand at."""

    template_name = "dashboard/sites.html"
    extra_context = {"page": "sites"}


class SitePage(LoginRequiredMixin, TemplateView):
    """One place: what is wrong there, its day, its devices, whom to call."""

    template_name = "dashboard/site.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        visible = Site.objects.visible_to(Scope.of(self.request))
        site = get_object_or_404(visible, slug=kwargs["slug"])
        return super().get_context_data(
            page="sites", site=site, facts=SiteSerializer(site).data,
            role_here=role_at(self.request, site.pk), **kwargs,
        )  # fmt: skip


class ExplorePage(LoginRequiredMixin, TemplateView):
    """Series of any devices on common charts: found, compared, summed up, exported."""

    template_name = "dashboard/explore.html"
    extra_context = {"page": "explore"}


class AlertsPage(LoginRequiredMixin, TemplateView):
    """What is wrong, worst first: who takes care of it, what was done, what is silenced."""

    template_name = "dashboard/alerts.html"
    extra_context = {"page": "alerts"}


class LogPage(LoginRequiredMixin, TemplateView):
    """What happened and who said what: the stream of all or of one site, and where one writes."""

    template_name = "dashboard/log.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(page="log", sites=_sites(self.request), **kwargs)


class AuditPage(LoginRequiredMixin, TemplateView):
    """Who did what to what, when and from where; for who administers every site."""

    template_name = "dashboard/audit.html"
    extra_context = {"page": "audit"}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not Scope.of(request).may_administer(None):
            raise Http404
        return super().get(request, *args, **kwargs)


class PipelinePage(LoginRequiredMixin, TemplateView):
    """Whether everything that came in was kept: rates, lag, balance, quarantine."""

    template_name = "dashboard/pipeline.html"
    extra_context = {"page": "pipeline"}


class QuarantinePage(LoginRequiredMixin, TemplateView):
    """What could not be stored: look, replay, discard; and topics that nobody reads."""

    template_name = "dashboard/quarantine.html"
    extra_context = {"page": "quarantine"}


class RulesPage(LoginRequiredMixin, TemplateView):
    """How topics are read that no convention knows: write a rule, and see what it makes of them."""

    template_name = "dashboard/rules.html"
    extra_context = {"page": "rules"}


class AlertRulesPage(LoginRequiredMixin, TemplateView):
    """What is watched for: write a rule, see what it would have done, switch it on."""

    template_name = "dashboard/alert_rules.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        scope = Scope.of(self.request)
        devices, series = Device.objects.visible_to(scope), Series.objects.visible_to(scope)
        tags = devices.order_by().annotate(tag=Func("tags", function="unnest"))
        return super().get_context_data(
            page="alerts",
            sites=_sites(self.request),
            devices=devices.values("uid", "name")[:MAX_OFFERED],
            kinds=_words(devices.exclude(kind=""), "kind"),
            tags=_words(tags, "tag"),
            metrics=_words(series, "metric"),
            **kwargs,
        )


def _words(rows: QuerySet[Any], field: str) -> QuerySet[Any, str]:
    """What a field of a form offers: as many as it may be, each once."""
    return rows.order_by(field).values_list(field, flat=True).distinct()[:MAX_OFFERED]


class DerivedPage(LoginRequiredMixin, TemplateView):
    """Series that are computed from others: write a formula, and see what it gives."""

    template_name = "dashboard/derived.html"
    extra_context = {"page": "derived"}


class InboxPage(LoginRequiredMixin, TemplateView):
    """Devices that nobody has registered: adopt, ignore or merge them."""

    template_name = "dashboard/inbox.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(page="inbox", sites=_sites(self.request), **kwargs)


class TopicsPage(LoginRequiredMixin, TemplateView):
    """What flows through the broker now, and why it is read as it is."""

    template_name = "dashboard/topics.html"
    extra_context = {"page": "topics"}


class NotificationsPage(LoginRequiredMixin, TemplateView):
    """What one is told and where, who is on call, policies, words, and what was sent."""

    template_name = "dashboard/notifications.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(page="notifications", sites=_sites(self.request), **kwargs)


class ViewPage(LoginRequiredMixin, RedirectView):
    """A saved view by an address that stays when the view is changed."""

    def get_redirect_url(self, *_args: Any, **kwargs: Any) -> str:
        seen = SavedView.seen_by(self.request.user.pk or 0, Scope.of(self.request))
        return get_object_or_404(seen, pk=kwargs["view_id"]).path


class AccountPage(LoginRequiredMixin, TemplateView):
    """One's password, where one is signed in, and one's API tokens."""

    template_name = "dashboard/account.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        scope = Scope.of(self.request)
        sites = [
            {"slug": slug, "name": name}
            for pk, slug, name in Site.objects.visible_to(scope).values_list("pk", "slug", "name")
            if scope.may_administer(pk)
        ]
        everywhere = scope.may_administer(None)
        return super().get_context_data(
            page="account",
            may_invite=everywhere or bool(sites),
            sites=[*([{"slug": "", "name": gettext("every site")}] if everywhere else []), *sites],
            mails=bool(settings.EMAIL_HOST),
            seen=_sites(self.request),
            **kwargs,
        )


class PeoplePage(LoginRequiredMixin, TemplateView):
    """Who may do what, for those who administer somewhere; for others there is no such page."""

    template_name = "dashboard/people.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        scope = Scope.of(self.request).where(Role.ADMINISTRATOR)
        if scope.role is None:
            raise Http404
        sites = Site.objects.visible_to(scope).values("slug", "name")
        everywhere = scope.sees_everything
        return super().get_context_data(
            page="people", sites=list(sites), everywhere=everywhere, **kwargs
        )


class ApiPage(LoginRequiredMixin, TemplateView):
    """The API reference, and a form for each operation that sends it with the viewer's session."""

    template_name = "dashboard/api.html"
    extra_context = {"page": "api", "about": settings.SPECTACULAR_SETTINGS["DESCRIPTION"]}


def device_facts(device: Device) -> dict[str, Any]:
    """What the page knows before its first request answers, in the shape of the fleet."""
    series = [series_form(each) for each in device.series.order_by("id")]
    zone = device.site.zone if device.site is not None else ""
    return device_summary(device) | {"series": series, "zone": zone}
