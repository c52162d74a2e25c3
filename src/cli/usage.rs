//! Clap's words on a wrong command line, on one line.

use clap::error::ErrorKind;

use super::exit::{Exit, Failure};

/// Help and version are results; everything else is wrong usage.
pub(super) fn end(error: &clap::Error) -> Result<Exit, Failure> {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            // Clap knows about terminals and NO_COLOR; a reader that went away is no error.
            let _ = error.print();
            Ok(Exit::Measured)
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = error.print();
            Ok(Exit::Usage)
        }
        _ => Err(Failure::new(Exit::Usage, one_line(&error.render().to_string()))),
    }
}

/// What is wrong, without the usage that follows.
fn one_line(rendered: &str) -> String {
    let wrong = rendered.split("\nUsage:").next().unwrap_or(rendered);
    let wrong = wrong.split("\nFor more information").next().unwrap_or(wrong);
    let words: Vec<&str> = wrong.split_whitespace().collect();
    let text = words.join(" ");
    format!("{}; see --help", text.strip_prefix("error: ").unwrap_or(&text))
}

#[cfg(test)]
mod tests {
    use super::super::Arguments;
    use super::*;
    use clap::Parser;

    #[test]
    fn wrong_usage_is_one_line() {
        for (line, words) in [
            (&["dermetric", "compare", "a", "b", "--mm-per-px", "0"][..], "found 0, expected"),
            (&["dermetric", "compare", "a"], "<AFTER>"),
            (&["dermetric", "measure", "a", "--overlays"], "--out"),
            (&["dermetric", "frobnicate"], "frobnicate"),
            (&["dermetric", "batch", "x"], "--out"),
        ] {
            let error = Arguments::try_parse_from(line).unwrap_err();
            let failure = end(&error).unwrap_err();
            assert_eq!(failure.exit, Exit::Usage);
            assert!(failure.lines[0].contains(words) && !failure.lines[0].contains('\n'), "{failure:?}");
            assert!(!failure.lines[0].contains("Usage"), "{failure:?}");
        }
    }
}
