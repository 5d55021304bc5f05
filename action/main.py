"""The step of the action that runs gwr: `main.py plan|apply|drift`.

Inputs come as environment variables, named in action.yml. The exit code is gwr's, but for
a plan with changes, which is what a plan is for: 0.
"""

import sys

import apply
import drift
import plan

VERBS = {"plan": plan.run, "apply": apply.run, "drift": drift.run}

if len(sys.argv) != 2 or sys.argv[1] not in VERBS:
    sys.exit("error: `command` is one of: install, " + ", ".join(VERBS))
sys.exit(VERBS[sys.argv[1]]())
