"""``python -m mlops.verify pack.zip``: the door to ``mlops.evidence.verify``."""

import sys

from mlops.evidence.verify import main

if __name__ == "__main__":
    sys.exit(main())
