"""The Django admin as FlowOps' console: it opens on the queue."""

from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest
from django.shortcuts import redirect


class Console(AdminSite):
    site_header = "FlowOps"
    site_title = "FlowOps"
    index_title = "All data"
    site_url = "/"
    enable_nav_sidebar = True

    def each_context(self, request: Any) -> dict[str, Any]:
        return {**super().each_context(request), "is_demo": settings.DEMO}

    def index(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """The queue, for who may see it; `?all` lists everything there is."""
        if "all" not in request.GET and request.user.has_perm("handoffs.view_handoff"):
            return redirect("admin:handoffs_handoff_changelist")
        return super().index(request, extra_context)


class ConsoleConfig(AdminConfig):
    default_site = "flowops.console.Console"
