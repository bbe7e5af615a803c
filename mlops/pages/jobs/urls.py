"""The addresses of Jobs and dead letters."""

from django.urls import path

from mlops.pages.jobs import dead_letter_views, views

urlpatterns = [
    path("mlops/jobs/", views.listing, name="jobs"),
    path("mlops/jobs/dead-letters/", dead_letter_views.page, name="job-dead-letters"),
    path(
        "mlops/jobs/dead-letters/retry/",
        dead_letter_views.retry,
        name="job-dead-letters-retry",
    ),
    path(
        "mlops/jobs/dead-letters/put-aside/",
        dead_letter_views.put_aside,
        name="job-dead-letters-put-aside",
    ),
    path("mlops/jobs/<int:job_id>/", views.one, name="job"),
    path("mlops/jobs/<int:job_id>/log/", views.log, name="job-log"),
    path("mlops/jobs/<int:job_id>/log.txt", views.whole_log, name="job-whole-log"),
    path(
        "mlops/jobs/<int:job_id>/attempts/<int:number>/log.txt",
        views.attempt_log,
        name="job-attempt-log",
    ),
    path("mlops/jobs/<int:job_id>/cancel/", views.cancel, name="job-cancel"),
    path("mlops/jobs/<int:job_id>/retry/", views.retry, name="job-retry"),
]
