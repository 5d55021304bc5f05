"""Whether two plans are the same: the one that was shown, and the one that is made now."""

# Everything is compared, also what later versions add, but for what may differ between two
# honest plans of the same work:
OF_PLAN = (
    "digest", "created_at", "tool",
    "summary",  # counts what is compared itself, and the seconds of whoever looks
    "desired_digest",  # of all APIs; each has its own
)
OF_SAVED = ("export",)  # what another API's deployment may have taught about exports
HAZARDS = ("expiring-credentials",)  # depends on who looks, and when
# A stage that is left as it is may be moved by whoever owns it.
OF_STAGE_LEFT = ("name", "action")


def has_work(api):
    return bool(api["changes"] or [one for one in api["stages"] if one["action"] != "none"])


def essence(plan):
    """What two plans must have in common. Of an API with nothing to do it does not matter
    why it has nothing to do."""
    kept = {name: value for name, value in plan.items() if name not in OF_PLAN}
    return {**kept, "apis": [_of_api(api) for api in plan["apis"] if has_work(api) or api.get("error")]}


def _of_api(api):
    saved = {name: value for name, value in (api.get("saved") or {}).items() if name not in OF_SAVED}
    hazards = [one for one in api["hazards"] if one["id"] not in HAZARDS]
    return {**api, "saved": saved, "hazards": hazards, "stages": [_of_stage(one) for one in api["stages"]]}


def _of_stage(stage):
    return stage if stage["action"] != "none" else {name: stage[name] for name in OF_STAGE_LEFT}
