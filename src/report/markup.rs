//! Text from elsewhere within SVG and HTML.

/// With the characters that markup is made of written as what they stand for.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Not allowed in XML, whichever way they are written.
            c if c.is_control() && !matches!(c, '\t' | '\n' | '\r') => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_open_a_tag() {
        assert_eq!(escaped("a<b>\"&'\u{1b}é"), "a&lt;b&gt;&quot;&amp;&#39; é");
    }
}
