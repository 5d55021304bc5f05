//! What a deployment would ship and could not be read.

use super::*;

/// What could not be read counts, and yet nobody claims that others have worked.
#[test]
fn what_could_not_be_read_is_not_called_work_of_others() {
    for operation in ["GetRestApi", "GetResources", "GetExport"] {
        let scene = Scene::by_hand(&[]);
        scene.server.faults(&json!([{"operation": operation, "kind": "403"}]));
        let open = format!(
            "what could not be read cannot be compared ({operation}: access denied), so it is \
             unknown whether a deployment would also ship changes of others:"
        );
        for format in ["text", "markdown"] {
            let plan = scene.gwr(&["plan", "-o", format]);
            assert!(plan.exits(3).stdout.contains(&format!("! stage prod: {open}")), "{plan}");
            assert!(plan.stdout.contains("apply blocked. Grant the permission"), "{plan}");
            assert!(!plan.stdout.contains("undeployed work of others"), "{plan}");
        }
        let run = scene.gwr(&["apply", "--yes"]);
        run.exits(4).tells(&open).tells("hint: grant the permission (`gwr policy apply`");
        // It counts, with a digest, also in a saved plan, which says the same.
        scene.gwr(&["plan", "--out", "plan.json"]).exits(3);
        let shown = scene.gwr(&["show", "plan.json"]);
        assert!(shown.exits(0).stdout.contains(&open), "{shown}");
        let stage = scene.stage();
        assert_eq!(stage["unread"], json!([format!("{operation}: access denied")]));
        let run = scene.gwr(&["apply", "--yes", "--accept-foreign", &accepts(&stage)]);
        assert!(run.stdout.contains("apply deploys anyway: accepted"), "{run}");
        assert_ne!(run.code, Some(4), "{run}");
    }
}
