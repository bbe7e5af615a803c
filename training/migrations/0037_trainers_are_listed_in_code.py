import preciso.trainers
from django.db import migrations, models


class Migration(migrations.Migration):
    """Changes no table: the field asks the code for its choices from here on."""

    dependencies = [
        ('training', '0036_plainer_four_eyes'),
    ]

    operations = [
        migrations.AlterField(
            model_name='trainingrun',
            name='trainer',
            field=models.CharField(choices=preciso.trainers.trainer_choices, max_length=20),
        ),
    ]
