#!/usr/bin/env python
"""Django's command line for Preciso MLOps."""

import sys

from django.core.management import execute_from_command_line

from preciso import action_origin, env


def main() -> None:
    env.set_default("DJANGO_SETTINGS_MODULE", "preciso.settings")
    try:
        with action_origin.through(action_origin.via_of_command(sys.argv)):
            execute_from_command_line(sys.argv)
    except env.WrongEnvironment as wrong:
        sys.exit(str(wrong))


if __name__ == "__main__":
    main()
