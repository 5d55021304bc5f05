//! The page for people: APIs, the 21 types, and what a client gets of each.
//!
//! It is shown by the sandbox at `/` and written by `gwr explain -o html`. This room knows
//! neither: it takes plain text and numbers, and gives one file of HTML without scripts,
//! which needs no network. The template is `templates/page.html`; it escapes every text.

use askama::Template;

use crate::model::visible::visible;

/// What the page shows.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "page.html")]
pub struct Page {
    pub title: String,
    pub lead: String,
    /// Said where there is no API.
    pub nothing: String,
    pub apis: Vec<Api>,
}

/// One API.
#[derive(Clone, Debug, Default)]
pub struct Api {
    pub name: String,
    /// Empty where it is not known.
    pub id: String,
    /// What is to be known of the whole, as what could not be read.
    pub remarks: Vec<String>,
    /// The truths that stand side by side: `configured`, `served by prod`.
    pub columns: Vec<String>,
    pub rows: Vec<Row>,
}

/// One response type.
#[derive(Clone, Debug, Default)]
pub struct Row {
    pub response_type: &'static str,
    /// When it occurs.
    pub when: String,
    /// One for each column.
    pub cells: Vec<Cell>,
    /// Whether clients get another answer in one column than in another.
    pub differs: bool,
    pub notes: Vec<String>,
}

/// What a client gets of a type in one of the columns.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    pub column: String,
    /// `429`, or `500|502|504`.
    pub status: String,
    /// The first digit of the status.
    pub family: u16,
    /// Where it comes from: `own`, `DEFAULT_4XX`, `built-in`.
    pub from: String,
    /// The answer as it goes over the wire, once for each media type.
    pub wires: Vec<Wire>,
    /// Where the answer can be had from a stage: a path of this server.
    pub call: Option<String>,
}

/// An answer as it goes over the wire.
#[derive(Clone, Debug, Default)]
pub struct Wire {
    /// `HTTP/1.1 429`
    pub status_line: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Page {
    /// The whole page as one self-contained file.
    #[must_use]
    pub fn html(&self) -> String {
        // It fails only where a writer does, and a `String` takes everything.
        visible(&self.render().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything on the page that is not of its own making.
    fn hostile(text: &str) -> Page {
        let text = text.to_owned();
        let wire = Wire {
            status_line: text.clone(),
            headers: vec![(text.clone(), text.clone())],
            body: text.clone(),
        };
        let cell = Cell {
            column: text.clone(),
            status: text.clone(),
            family: 4,
            from: text.clone(),
            wires: vec![wire],
            call: Some(text.clone()),
        };
        let row = Row {
            response_type: "THROTTLED",
            when: text.clone(),
            cells: vec![cell],
            differs: true,
            notes: vec![text.clone()],
        };
        let api = Api {
            name: text.clone(),
            id: text.clone(),
            remarks: vec![text.clone()],
            columns: vec![text.clone()],
            rows: vec![row],
        };
        Page { title: text.clone(), lead: text, nothing: String::new(), apis: vec![api] }
    }

    #[test]
    fn no_text_becomes_an_element_or_leaves_its_attribute() {
        let html = hostile("<script>alert(1)</script>\" onclick='x' </style>&amp;").html();
        assert!(!html.contains("<script"), "{html}");
        assert!(!html.contains("\" onclick"), "{html}");
        assert_eq!(html.matches("</style>").count(), 1, "{html}");
    }

    #[test]
    fn no_text_commands_a_terminal_or_reorders_the_page() {
        let html = hostile("a\u{1b}[31m\u{7}\u{9b}2J\u{202e}b\u{200b}\n\tc").html();
        assert!(html.contains("a\\u{1b}[31m\\u{7}\\u{9b}2J\\u{202e}b\\u{200b}\n\tc"), "{html}");
        assert!(!html.contains(['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}', '\u{200b}']), "{html}");
    }

    #[test]
    fn it_asks_for_nothing_from_elsewhere() {
        let html = hostile("x").html();
        for word in ["http://", "https://", "src=", "@import", "url(", "<link"] {
            assert!(!html.contains(word), "{word} in {html}");
        }
    }
}
