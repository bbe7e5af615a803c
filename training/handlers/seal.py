"""Seal a large dataset version."""

from training.execution.job_handlers import Context, JobProgress, JobResult
from training.models import DatasetVersion
from training.services.datasets.versions import export_and_seal


def seal(context: Context) -> JobResult:
    """Export, hash and seal the frozen version that the job names."""
    version = DatasetVersion.objects.get(pk=context.job.input["dataset_version_id"])
    context.report(lines=[f"sealing {version}"])
    export_and_seal(version, by=context.job.created_by, check=context.check)
    context.report(
        lines=[f"{version.sample_count} samples, sha256 {version.sha256}"],
        progress=JobProgress(1.0),
    )
    return JobResult(
        output={"dataset_version_id": str(version.pk), "sha256": version.sha256}
    )
