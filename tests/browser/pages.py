"""Every page there is, and how to get to it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """``path`` names rows of the story in braces; ``by`` is who looks at it."""

    name: str
    path: str
    by: str = "admin"
    status: int = 200
    workshop: bool = False  # only where DEBUG is on
    phone: bool = False  # its accessibility is checked on a phone, too

    def __str__(self) -> str:
        return self.name


PAGES = [
    Page("sign-in", "/signin/", by="", phone=True),
    Page("nothing-here", "/mlops/nothing/", status=404),
    Page("not-allowed", "/settings/people/new/", by="viewer", status=403),
    Page("overview", "/mlops/", phone=True),
    Page("training", "/mlops/training/", phone=True),
    Page("decisions", "/mlops/training/decisions/"),
    Page("dataset", "/mlops/training/datasets/{dataset}/"),
    Page("samples", "/mlops/training/datasets/{dataset}/samples/"),
    Page("compare", "/mlops/training/datasets/{dataset}/compare/?with={first_dataset}"),
    Page("approvals", "/mlops/approvals/", phone=True),
    Page("all-cases", "/mlops/approvals/?status=all"),
    Page("bulk", "/mlops/approvals/bulk/?all=1"),
    Page("case", "/mlops/approvals/{waiting}/", by="reviewer", phone=True),
    Page("case-second-opinion", "/mlops/approvals/{second_opinion}/"),
    Page("case-approved", "/mlops/approvals/{approved}/"),
    Page("case-rejected", "/mlops/approvals/{rejected}/"),
    Page("case-sent-back", "/mlops/approvals/{sent_back}/"),
    Page("case-withdrawn", "/mlops/approvals/{withdrawn}/"),
    Page("jobs", "/mlops/jobs/", phone=True),
    Page("dead-letters", "/mlops/jobs/dead-letters/"),
    Page("job", "/mlops/jobs/{job}/", phone=True),
    Page("job-log-search", "/mlops/jobs/{job}/?q=round"),
    Page("models", "/mlops/models/", phone=True),
    Page("model", "/mlops/models/{model}/", phone=True),
    Page("model-before", "/mlops/models/{first_model}/"),
    Page("differences", "/mlops/models/{model}/differences/"),
    Page("rehearsal", "/mlops/models/{first_model}/rehearsal/"),
    Page("answer", "/mlops/models/answers/{answer}/"),
    Page("ops", "/ops-console/"),
    Page("logs", "/logs/", phone=True),
    Page("service-log", "/logs/service/"),
    Page("access-log", "/logs/access/", phone=True),
    Page("settings", "/settings/", phone=True),
    Page("rules", "/settings/rules/"),
    Page("rule-group", "/settings/rules/when-auto-trains/"),
    Page("people", "/settings/people/"),
    Page("person", "/settings/people/{operator}/"),
    Page("new-roles", "/settings/people/{operator}/roles/review/?roles={role}"),
    Page("new-person", "/settings/people/new/"),
    Page("roles", "/settings/people/roles/", phone=True),
    Page("tokens", "/settings/tokens/"),
    Page("profile", "/profile/"),
    Page("sessions", "/profile/sessions/"),
    Page("password-again", "/signin/again/?next=/profile/", phone=True),
    Page("setup", "/setup/"),
    Page("components", "/components/", workshop=True),
    Page("admin", "/admin/"),
    Page("admin-cases", "/admin/training/case/"),
    Page("admin-case", "/admin/training/case/{waiting}/change/"),
    Page("admin-jobs", "/admin/training/pipelinejob/"),
    Page("admin-models", "/admin/mlops/modelversion/"),
]

# Parts of a page: asked for by themselves, they answer with all of it.
PARTS = {"models-new-cases", "training-last-run"}
