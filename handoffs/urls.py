from django.urls import path

from handoffs import views

urlpatterns = [
    path("handoffs", views.HandoffListView.as_view()),
    path("handoffs/<identifier:handoff_id>", views.HandoffView.as_view()),
    path("handoffs/<identifier:handoff_id>/claim", views.ClaimView.as_view()),
    path("handoffs/<identifier:handoff_id>/resolve", views.ResolveView.as_view()),
    path("debug/handoffs", views.DebugHandoffsView.as_view()),
    path("debug/handoffs/<identifier:handoff_id>/force-sla-breach", views.ForceBreachView.as_view()),
]
