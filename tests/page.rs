//! The page, as a browser shows it: the sandbox's at `/`, and the file that `explain -o html`
//! writes. Where there is no Chromium the tests of the browser are skipped, with a line.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::drift::{API, Scene};
use crate::support::http::{self, Answer};

const HOSTILE: &str =
    "<script>document.title='taken'</script>\" onmouseover='x' </style><img src=x>";

/// An API whose configuration and stage differ, full of text that wants to be HTML.
fn scene() -> Scene {
    let scene = Scene::new(
        &[],
        "version = 1\n[apis.orders]\nmatch = { id = \"abcde12345\" }\nstages = [\"prod\"]\n\
         account = \"main\"\n",
    );
    let rename = json!({"op": "replace", "path": "/name", "value": HOSTILE});
    let path = format!("/restapis/{API}");
    scene.server.done("PATCH", &path, &json!({"patchOperations": [rename]}));
    let hostile = json!({
        "statusCode": "418",
        "responseParameters": {"gatewayresponse.header.X-Hostile": format!("'{}'", HOSTILE.replace('\'', ""))},
        "responseTemplates": {"application/json": HOSTILE, "text/html": HOSTILE},
    });
    scene.server.put(API, "THROTTLED", &hostile);
    scene.server.deploy(API, &["prod"]);
    scene.server.put(API, "UNAUTHORIZED", &json!({"statusCode": "403"}));
    scene.server.put(
        API,
        "DEFAULT_5XX",
        &json!({"responseTemplates": {
            "application/json": "x".repeat(3000)
        }}),
    );
    scene
}

fn page(scene: &Scene) -> Answer {
    http::send(scene.server.addr(), "GET", "/", &[], "")
}

/// Both pages, by name.
fn pages(scene: &Scene) -> [(&'static str, String); 2] {
    let run = scene.run(&["explain", "-o", "html"]);
    run.exits(0);
    [("sandbox", page(scene).body), ("explain", run.stdout)]
}

#[test]
fn nothing_of_an_api_becomes_html_and_nothing_is_loaded() {
    let scene = scene();
    let answer = page(&scene);
    assert_eq!(answer.status, 200);
    let policy = answer.header("content-security-policy");
    assert!(policy[0].starts_with("default-src 'none'"), "{policy:?}");
    for (name, html) in pages(&scene) {
        assert!(html.contains("default-src"), "{name}");
        for word in ["<script", "<img", "\" onmouseover", "src=\"", "<link", "@import", "url("] {
            assert!(!html.contains(word), "{word} in the page of {name}");
        }
        assert_eq!(html.matches("</style>").count(), 1, "{name}");
    }
}

#[test]
fn what_differs_is_marked_and_every_link_gives_what_is_shown() {
    let scene = scene();
    let html = page(&scene).body;
    let row = |of: &str| {
        let rest = html.split(&format!("id=\"{API}-{of}\"")).nth(1).expect("a row");
        let start = html.find(&format!("id=\"{API}-{of}\"")).expect("a row");
        let tag = &html[html[..start].rfind("<details").expect("its element")..start];
        (tag.contains("differs"), rest.split("</details>").next().expect("its end").to_owned())
    };
    assert!(row("UNAUTHORIZED").0 && row("INTEGRATION_TIMEOUT").0);
    assert!(!row("THROTTLED").0 && !row("WAF_FILTERED").0);
    for of in ["UNAUTHORIZED", "THROTTLED", "INTEGRATION_FAILURE", "ACCESS_DENIED"] {
        let (_, text) = row(of);
        let served = text.split("<article>").nth(2).expect("what prod serves");
        let link = served.split("href=\"").nth(1).and_then(|rest| rest.split('"').next());
        let got = http::send(scene.server.addr(), "GET", link.expect("a link"), &[], "");
        assert!(served.contains(&format!("<b>HTTP/1.1 {}</b>", got.status)), "{of}: {served}");
    }
}

/// `None`, with a line, where there is no browser.
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn chromium() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let found = std::env::split_paths(&path)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|file| file.is_file());
    if found.is_none() {
        eprintln!("skipped: there is no Chromium on the PATH (Debian: apt install chromium)");
    }
    found
}

/// Opens a page and gives the document as it is after its script has run.
fn dom(browser: &Path, folder: &Path, html: &str, width: u32, shot: &Path) -> String {
    let file = folder.join("page.html");
    std::fs::write(&file, html).expect("a file");
    let run = |what: &str| {
        let mut child = Command::new(browser)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"])
            .arg(format!("--user-data-dir={}", folder.join("profile").display()))
            .arg(format!("--window-size={width},1600"))
            .arg(what)
            .arg(format!("file://{}", file.display()))
            .stdin(Stdio::null())
            .stdout(std::fs::File::create(folder.join("out")).expect("a file"))
            .stderr(Stdio::null())
            .spawn()
            .expect("Chromium starts");
        let end = Instant::now() + Duration::from_secs(90);
        while child.try_wait().expect("a child").is_none() {
            if Instant::now() > end {
                let _ = child.kill();
                panic!("Chromium did not end in 90 s");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        std::fs::read_to_string(folder.join("out")).expect("UTF-8")
    };
    run(&format!("--screenshot={}", shot.display()));
    run("--dump-dom")
}

/// What a person would see at once: the page is as wide as the window and no wider, also
/// with everything open, on a phone and on a desk; and no text has become anything else.
#[test]
fn a_browser_shows_it_on_a_phone_and_on_a_desk() {
    let Some(browser) = chromium() else { return };
    let scene = scene();
    let folder = tempfile::tempdir().expect("a folder");
    let shots = Path::new(env!("CARGO_TARGET_TMPDIR"));
    for (name, html) in pages(&scene) {
        // The page allows no script; the test needs one, to open everything and to measure.
        let (head, rest) = html.split_once("<meta http-equiv").expect("a policy");
        let (_, rest) = rest.split_once('>').expect("its end");
        let script = "<script>document.querySelectorAll('details').forEach(d => d.open = true);\
                      const e = document.documentElement;\
                      const only = document.querySelector('#only');\
                      only.click();\
                      const shown = [...document.querySelectorAll('details')]\
                      .filter(d => d.offsetParent).length;\
                      only.click();\
                      document.body.dataset.measured = [e.scrollWidth <= innerWidth, shown, \
                      document.title, document.images.length].join(' ');</script></body>";
        let html = format!("{head}{rest}").replace("</body>", script);
        for width in [390, 1280] {
            let shot = shots.join(format!("page-{name}-{width}.png"));
            let dom = dom(&browser, folder.path(), &html, width, &shot);
            let measured = dom.split("data-measured=\"").nth(1).and_then(|m| m.split('"').next());
            // UNAUTHORIZED, and the six of the 5XX family.
            let expected = format!("true 7 gwr {name} 0");
            assert_eq!(
                measured,
                Some(expected.as_str()),
                "{name} at {width}, see {}",
                shot.display()
            );
            let size = std::fs::metadata(&shot).expect("a screenshot").len();
            assert!(size > 10_000, "{} is empty", shot.display());
        }
    }
}
