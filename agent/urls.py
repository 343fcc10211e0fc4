from django.urls import path

from agent import debug, health, panel, views

urlpatterns = [
    path("", panel.or_for_programs(health.index), name="panel"),
    path("health", health.health),
    path("readyz", health.ready),
    path("chat", views.ChatView.as_view(), name="chat"),
    path("debug/interactions/<identifier:customer_id>", debug.InteractionsView.as_view()),
    path("debug/account/<identifier:customer_id>", debug.AccountView.as_view()),
    path("debug/policy/refund/<str:plan>/<str:amount>", debug.RefundPolicyView.as_view()),
    path(
        "debug/policy/escalate/<str:plan>/<str:confidence>/<str:verified>",
        debug.EscalationPolicyView.as_view(),
    ),
    path("debug/outbox", debug.OutboxView.as_view()),
    path("debug/ai/handoff-context/<identifier:handoff_id>", debug.HandoffContextView.as_view()),
]
