from csp.constants import SELF
from csp.decorators import csp_update
from django.contrib import admin
from django.urls import include, path
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

# Swagger UI's icons are images within its style sheet.
docs = csp_update({"img-src": [SELF, "data:"]})(SpectacularSwaggerSplitView.as_view(url_name="schema"))

urlpatterns = [
    path("", include("agent.urls")),
    path("", include("handoffs.urls")),
    path("openapi.json", SpectacularAPIView.as_view(renderer_classes=[OpenApiJsonRenderer]), name="schema"),
    path("docs", docs, name="docs"),
    path("admin/", admin.site.urls),
]

handler400 = "flowops.problems.bad_request"
handler403 = "flowops.problems.forbidden"
handler404 = "flowops.problems.not_found"
handler500 = "flowops.problems.server_error"
