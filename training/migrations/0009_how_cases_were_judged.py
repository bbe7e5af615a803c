"""Cases decided before say how: by a person, or imported. None of them was blind."""

from django.db import migrations
from django.db.models import Case, Exists, OuterRef, Subquery, Value, When


def fill_judged(apps, schema_editor):
    case = apps.get_model("training", "Case")
    review = apps.get_model("training", "Review")
    last = review.objects.filter(
        case=OuterRef("pk"), action__in=("approve", "reject")
    ).order_by("-pk")
    how = Case(When(source="replay", then=Value("imported")), default=Value("seen"))
    decided = case.objects.using(schema_editor.connection.alias).filter(
        Exists(last), judged="", status__in=("approved", "rejected")
    )
    found = Subquery(last.annotate(how=how).values("how")[:1])
    decided.update(judged=found)


class Migration(migrations.Migration):
    dependencies = [("training", "0008_blind_share")]
    operations = [migrations.RunPython(fill_judged, migrations.RunPython.noop)]
