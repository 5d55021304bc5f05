"""The step of the action that runs gwr: `main.py plan|apply|drift`.

Inputs come as environment variables, named in action.yml. The exit code is gwr's, but for
a plan with changes, which is what a plan is for: 0.
"""

import sys

import apply
import drift
import plan
from runner import Trouble, annotation, output, telling

VERBS = {"plan": plan.run, "apply": apply.run, "drift": drift.run}
INTERRUPTED = 130


def main():
    # Whatever the runner's encoding is, all of gwr's text can be written.
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    if len(sys.argv) != 2 or sys.argv[1] not in VERBS:
        sys.exit("error: `command` is one of: install, " + ", ".join(VERBS))
    try:
        return VERBS[sys.argv[1]]()
    except Trouble as error:
        annotation("error", str(error))
        with telling("the outputs could not be set"):
            output("exitcode", 1)
        return 1
    except KeyboardInterrupt:
        # Between two runs of gwr: it was not writing.
        return INTERRUPTED


sys.exit(main())
