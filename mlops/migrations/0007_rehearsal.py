import django.db.models.deletion
import django.db.models.expressions
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('mlops', '0006_freeze_rights'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Rehearsal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cases', models.PositiveIntegerField()),
                ('imported', models.PositiveIntegerField()),
                ('learnt', models.PositiveIntegerField()),
                ('changed', models.PositiveIntegerField()),
                ('away', models.PositiveIntegerField()),
                ('towards', models.PositiveIntegerField()),
                ('rows', models.JSONField(default=list)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('model_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rehearsals', to='mlops.modelversion')),
                ('period', models.ForeignKey(blank=True, help_text='The serving period then open.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='mlops.servingperiod')),
                ('serving', models.ForeignKey(blank=True, help_text='The version compared with. Empty: none served, or none loaded.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='mlops.modelversion')),
            ],
            options={
                'verbose_name': 'rehearsal',
                'verbose_name_plural': 'rehearsals',
                'permissions': [('rehearse', 'Can rehearse a version before it serves')],
            },
        ),
        migrations.AddField(
            model_name='servingperiod',
            name='rehearsal',
            field=models.ForeignKey(blank=True, help_text='What was known of the switch beforehand, if it was rehearsed.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='mlops.rehearsal'),
        ),
        migrations.AddConstraint(
            model_name='rehearsal',
            constraint=models.CheckConstraint(condition=models.Q(('imported__lte', models.F('cases')), ('learnt__lte', models.F('cases')), ('changed__lte', models.F('cases')), ('changed__gte', django.db.models.expressions.CombinedExpression(models.F('away'), '+', models.F('towards')))), name='rehearsal_counts_fit'),
        ),
        migrations.AddConstraint(
            model_name='rehearsal',
            constraint=models.CheckConstraint(condition=models.Q(('serving', None), ('period__isnull', False), _connector='OR'), name='rehearsal_compares_with_what_served'),
        ),
    ]
