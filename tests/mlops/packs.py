"""A version with a history, its evidence pack, and reading that."""

import io
import json
import zipfile

from mlops.evidence import verify
from mlops.evidence.packs import pack_version
from mlops.models import ModelVersion
from mlops.serving.selection import roll_back, select_version
from tests.apis import a_model_version, a_sealed_version, an_approved_case, person

SECRET = "guarded-attribute"


def two_versions(reviewer, directories):
    """Both served; the first serves again. A case has a protected attribute."""
    an_approved_case(reviewer, protected={SECRET: "guarded-group"})
    dataset = a_sealed_version(reviewer)
    found = [a_model_version(dataset, files) for files in directories]
    theo = person("Operator", "theo")
    for version in found:
        select_version(version, by=theo, reason="<b>Better</b> & newer")
    roll_back(by=theo, reason="Odd.")
    return [ModelVersion.objects.for_table().get(pk=each.pk) for each in found]


def packed(version):
    made = pack_version(version, by=None)
    with made.file as file:
        return file.read()


def opened(pack):
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def lines(pack, name):
    return [json.loads(each) for each in opened(pack)[name].splitlines()]


def problems(pack):
    return verify.verify(io.BytesIO(pack))[0]
