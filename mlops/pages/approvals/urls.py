"""The addresses of Approvals."""

from django.urls import path

from mlops.pages.approvals import case_views, inbox_views, review_views

urlpatterns = [
    path("mlops/approvals/", inbox_views.listing, name="approvals"),
    path("mlops/approvals/bulk/", inbox_views.agree_with_many, name="approvals-bulk"),
    path("mlops/approvals/<int:case_id>/", case_views.one, name="case"),
    path(
        "mlops/approvals/<int:case_id>/approve/",
        review_views.approve,
        name="case-approve",
    ),
    path(
        "mlops/approvals/<int:case_id>/reject/", review_views.reject, name="case-reject"
    ),
    path(
        "mlops/approvals/<int:case_id>/send-back/",
        review_views.send_back,
        name="case-send-back",
    ),
    path(
        "mlops/approvals/<int:case_id>/withdraw/",
        review_views.withdraw,
        name="case-withdraw",
    ),
    path("mlops/approvals/<int:case_id>/undo/", review_views.undo, name="case-undo"),
    path("mlops/approvals/<int:case_id>/claim/", case_views.claim, name="case-claim"),
    path(
        "mlops/approvals/<int:case_id>/take-over/",
        case_views.take_over,
        name="case-take-over",
    ),
    path("mlops/approvals/<int:case_id>/flow/", case_views.flow, name="case-flow"),
    path(
        "mlops/approvals/<int:case_id>/outcome/",
        case_views.outcome,
        name="case-outcome",
    ),
    path(
        "mlops/approvals/<int:case_id>/seal-without/",
        review_views.seal_without,
        name="case-seal-without",
    ),
]
