"""From a bare checkout to a running MedView: ``python3 installer/bootstrap.py demo`` (test, lint, bench, hostile ...).

Uses the standard library alone and works on Linux, macOS and Windows with Python 3.11 or newer. Makes ``.venv`` beside
this folder, installs the versions of ``requirements.lock`` into it, sees to the system's libraries, and then does what
was asked. A second run finds all that done and starts at once.

This file is written so that every Python since 2.7 can read it and say that it is too old.
"""

import os
import sys

OLDEST = (3, 11)

if sys.version_info < OLDEST:
    for name in ("python3.14", "python3.13", "python3.12", "python3.11"):
        for folder in os.environ.get("PATH", "").split(os.pathsep):
            found = os.path.join(folder, name)
            if os.access(found, os.X_OK):
                os.execv(found, [found] + sys.argv)
    sys.exit(
        "MedView needs Python 3.11 or newer, and this is %d.%d. Install a newer Python and run:\n  python3.14 %s"
        % (sys.version_info[0], sys.version_info[1], " ".join(sys.argv))
    )

if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    from installer.verbs import main

    sys.exit(main())
