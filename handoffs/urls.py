from django.urls import path

from handoffs import views
from handoffs.acts import ACTS

urlpatterns = [
    path("handoffs", views.HandoffListView.as_view()),
    path("handoffs/<identifier:handoff_id>", views.HandoffView.as_view()),
    *(path(f"handoffs/<identifier:handoff_id>/{name}", views.act_view(name)) for name in ACTS),
    path("handoffs/<identifier:handoff_id>/heartbeat", views.HeartbeatView.as_view()),
    path("debug/handoffs", views.DebugHandoffsView.as_view()),
    path("debug/handoffs/<identifier:handoff_id>/force-sla-breach", views.ForceBreachView.as_view()),
]
