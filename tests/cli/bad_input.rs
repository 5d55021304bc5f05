//! Bad input of every kind: a clear error, exit 1, no panic, nothing written.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use super::*;

#[test]
fn a_bad_file_is_told_and_nothing_is_read() {
    let api = "version = 1\n[apis.orders]\nmatch = { id = \"abcde12345\" }\n";
    let with = |line: &str| format!("{api}{line}\n").into_bytes();
    let response = |text: &str| with(&format!("[apis.orders.responses.THROTTLED]\n{text}"));
    let mut large = with("# ");
    large.extend(std::iter::repeat_n(b'x', 5_000_000));
    let mut large_value = response("templates.\"application/json\" = \"");
    large_value.pop();
    large_value.extend(std::iter::repeat_n(b'x', 5_000_000));
    large_value.extend(b"\"\n");
    for (what, bytes, told) in [
        ("empty", Vec::new(), ""),
        ("no UTF-8", b"version = 1\n# \xff\xfe\n".to_vec(), "UTF-8"),
        ("NULs", vec![0; 1000], ""),
        ("5 MB", large_value, ""),
        ("an unknown key", with("stagse = [\"prod\"]"), "stages"),
        ("an unknown type", with("responses.THROTLED.status = 429"), "THROTTLED"),
        ("status 99", response("status = 99"), "99"),
        ("status abc", response("status = \"abc\""), "abc"),
        ("a header with a blank", response("headers.\"X Y\" = \"1\""), "X Y"),
        ("a mapping that is none", response("headers.A = { from = \"context\" }"), "context"),
        ("a mapping of the body", response("headers.A = \"$input.body\""), "$input.body"),
        (
            "a template outside",
            response("templates.\"application/json\" = { file = \"../x\" }"),
            "../x",
        ),
        (
            "a template that is absolute",
            response("templates.\"application/json\" = { file = \"/etc/hosts\" }"),
            "/etc/hosts",
        ),
        (
            "a template that is missing",
            response("templates.\"application/json\" = { file = \"no.vtl\" }"),
            "no.vtl",
        ),
        ("no version", b"[apis.orders]\nmatch = { id = \"a\" }\n".to_vec(), "version"),
        ("another version", b"version = 2\n".to_vec(), "version"),
    ] {
        let place = Place::new("");
        place.write("gwr.toml", &bytes);
        for verb in [&["plan"][..], &["apply", "--yes"], &["validate"]] {
            let run = place.run(verb);
            run.exits(1).tells(told);
            assert!(run.stderr.contains("error"), "{what}, {verb:?}: {run}");
            assert!(run.stdout.is_empty(), "{what}, {verb:?}: {run}");
        }
        assert_eq!(place.server.calls().len(), 0, "{what}");
    }
    // A comment may be long.
    let place = Place::new("");
    place.write("gwr.toml", &large);
    let run = place.run(&["validate"]);
    assert!(matches!(run.code, Some(0 | 1)) && !run.stderr.contains("panicked"), "{run}");
}

#[test]
fn a_template_cannot_be_linked_from_outside() {
    let place = Place::new(
        "version = 1\n[apis.orders]\nmatch = { id = \"abcde12345\" }\n\
         responses.THROTTLED.templates.\"application/json\" = { file = \"link.vtl\" }\n",
    );
    std::os::unix::fs::symlink("/etc/hosts", place.path().join("link.vtl")).expect("a link");
    place.run(&["plan"]).exits(1).tells("link.vtl");
}

#[test]
fn every_error_of_a_file_is_told_at_once() {
    let place = Place::new(
        "version = 1\n[apis.orders]\nmatch = { id = \"abcde12345\" }\nstagse = []\n\
         responses.THROTTLED.status = 99\nresponses.NOBODY.status = 1\n",
    );
    let run = place.run(&["validate"]);
    run.exits(1).tells("stagse").tells("99").tells("NOBODY").tells("gwr.toml:4");
}

/// Something that listens, and answers each connection in its own way.
fn listen(answer: impl Fn(std::net::TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || listener.incoming().flatten().for_each(answer));
    url
}

fn against(url: &str, verb: &[&str]) -> Run {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("gwr.toml"), ONE).expect("a file");
    let mut arguments = verb.to_vec();
    arguments.extend(["--endpoint-url", url, "--progress", "never"]);
    binary::run(folder.path(), &arguments)
}

#[test]
fn a_server_that_answers_html_is_told() {
    let html = "<html><body>It works!</body></html>";
    for status in ["200 OK", "404 Not Found", "403 Forbidden"] {
        let url = listen(move |mut stream| {
            let _ = stream.read(&mut [0; 8_192]);
            let _ = write!(
                stream,
                "HTTP/1.1 {status}\r\ncontent-type: text/html\r\ncontent-length: {}\r\n\
                 connection: close\r\n\r\n{html}",
                html.len()
            );
        });
        let run = against(&url, &["plan"]);
        run.exits(1).tells("error: orders");
        assert!(run.stdout.is_empty(), "{run}");
    }
}

#[test]
fn a_server_that_is_not_there_is_told() {
    let free = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", free.local_addr().expect("an address"));
    drop(free);
    against(&url, &["apply", "--yes"]).exits(1).tells(&url);
    for url in ["no-url", "ftp://127.0.0.1", "http://"] {
        against(url, &["plan"]).exits(1).tells("error");
    }
}

#[test]
fn no_credentials_are_told() {
    let place = Place::new(ONE);
    let mut command = place.command(&["plan"]);
    command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    let run = binary::wait(command.spawn().expect("the binary runs"));
    run.exits(1).tells("credentials");
    let mut command = place.command(&["plan"]);
    command.env_remove("AWS_REGION");
    let run = binary::wait(command.spawn().expect("the binary runs"));
    run.exits(1).tells("region");
}
