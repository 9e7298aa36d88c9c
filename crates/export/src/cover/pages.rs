//! One text, two pages: plain and HTML.

/// A piece of a page.
pub(super) enum Block {
    Title(String),
    Heading(&'static str),
    Paragraph(String),
    /// A term and what there is to say about it.
    Items(Vec<(String, String)>),
    /// To be typed as it stands.
    Command(String),
}

/// How wide the plain page is.
const WIDTH: usize = 100;
const INDENT: &str = "    ";

/// The plain page.
pub(super) fn text(blocks: &[Block]) -> String {
    let mut page = String::new();
    for block in blocks {
        match block {
            Block::Title(it) => page.push_str(&format!("{it}\n{}\n", "=".repeat(it.chars().count()))),
            Block::Heading(it) => page.push_str(&format!("\n{it}\n{}\n", "-".repeat(it.len()))),
            Block::Paragraph(it) => page.push_str(&format!("\n{}", wrapped(it, ""))),
            Block::Command(it) => page.push_str(&format!("\n{INDENT}{it}\n")),
            Block::Items(items) => {
                page.push('\n');
                for (term, said) in items {
                    page.push_str(&format!("* {}\n{}", one_line(term), wrapped(said, INDENT)));
                }
            }
        }
    }
    page
}

/// The HTML page. It loads nothing and runs nothing.
pub(super) fn html(blocks: &[Block]) -> String {
    let title = blocks.iter().find_map(|it| match it {
        Block::Title(it) => Some(escaped(it)),
        Block::Heading(_) | Block::Paragraph(_) | Block::Items(_) | Block::Command(_) => None,
    });
    let title = title.unwrap_or_default();
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n<style>\n\
         body {{ font-family: sans-serif; line-height: 1.5; max-width: 50em; margin: 2em auto; padding: 0 1em; }}\n\
         pre {{ background: #eee; padding: 0.5em; white-space: pre-wrap; }}\n\
         dt {{ font-weight: bold; margin-top: 0.5em; }}\n</style>\n</head>\n<body>\n"
    );
    for block in blocks {
        match block {
            Block::Title(it) => page.push_str(&format!("<h1>{}</h1>\n", escaped(it))),
            Block::Heading(it) => page.push_str(&format!("<h2>{}</h2>\n", escaped(it))),
            Block::Paragraph(it) => page.push_str(&format!("<p>{}</p>\n", escaped(it))),
            Block::Command(it) => page.push_str(&format!("<pre>{}</pre>\n", escaped(it))),
            Block::Items(items) => {
                page.push_str("<dl>\n");
                for (term, said) in items {
                    page.push_str(&format!("<dt>{}</dt><dd>{}</dd>\n", escaped(term), escaped(said)));
                }
                page.push_str("</dl>\n");
            }
        }
    }
    page.push_str("</body>\n</html>\n");
    page
}

/// Lines of at most [`WIDTH`] characters, where words allow it.
fn wrapped(text: &str, indent: &str) -> String {
    let mut lines = String::new();
    let mut width = 0;
    for word in one_line(text).split(' ').filter(|it| !it.is_empty()) {
        let length = word.chars().count();
        if width > 0 && width + 1 + length <= WIDTH {
            lines.push(' ');
            width += 1 + length;
        } else {
            if width > 0 {
                lines.push('\n');
            }
            lines.push_str(indent);
            width = indent.len() + length;
        }
        lines.push_str(word);
    }
    lines + "\n"
}

/// What somebody else wrote cannot look like a line of ours.
fn one_line(text: &str) -> String {
    text.chars().map(|it| if it.is_control() { ' ' } else { it }).collect()
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for it in text.chars() {
        match it {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            it if it.is_control() => out.push(' '),
            it => out.push(it),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_wrote_stays_one_piece_of_text() {
        let blocks = [Block::Paragraph("a <script>\n-- & 'b'".to_owned())];
        assert_eq!(text(&blocks), "\na <script> -- & 'b'\n");
        assert!(html(&blocks).contains("<p>a &lt;script&gt; -- &amp; &#39;b&#39;</p>"));
    }

    #[test]
    fn long_paragraphs_are_wrapped() {
        let page = text(&[Block::Paragraph("word ".repeat(100))]);
        assert!(page.lines().all(|it| it.len() <= WIDTH) && page.lines().count() > 4, "{page}");
    }
}
