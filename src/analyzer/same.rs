//! Whether two captures are one file: a copy has the noise of no other capture, and nothing of it ever changed.

use std::collections::BTreeMap;

use crate::photo::Photo;
use crate::reason::Reason;

/// What it is called, in reports and wherever captures are counted.
pub(crate) const SAME_PHOTOGRAPH: &str = "same_photograph";

/// A limit, where the two photographs that are compared are one: somebody may want to see that nothing changes. A refusal for any
/// other capture that is there twice: it would pass for one that was taken again. Photographs that never were files are not known
/// to be the same.
pub(super) fn same(before: &[&Photo], after: &[&Photo]) -> Result<Option<Reason>, Vec<Reason>> {
    let named = |visit: &'static str, photos: &[&Photo]| -> Vec<(String, bool, String)> {
        let name = |(i, photo): (usize, &&Photo)| {
            let name = match i {
                0 => format!("{visit} ({})", photo.name),
                i => format!("repeat {i} of {visit} ({})", photo.name),
            };
            (name, i == 0, photo.sha256.clone())
        };
        photos.iter().enumerate().map(name).collect()
    };
    let mut seen: BTreeMap<String, (String, bool)> = BTreeMap::new();
    let (mut limit, mut refused) = (None, Vec::new());
    for (name, is_first, hash) in [named("before", before), named("after", after)].concat() {
        match seen.get(&hash) {
            _ if hash.is_empty() => {}
            None => drop(seen.insert(hash, (name, is_first))),
            Some((other, true)) if is_first => {
                let message = format!("{other} and {name} are one file: no change of the skin can show");
                limit = Some(Reason::new(SAME_PHOTOGRAPH, message));
            }
            Some((other, _)) => {
                let message =
                    format!("{other} and {name}: expected captures of their own, found one file twice");
                refused.push(Reason::new(SAME_PHOTOGRAPH, message));
            }
        }
    }
    if refused.is_empty() { Ok(limit) } else { Err(refused) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;

    fn told(before: &[&str], after: &[&str]) -> Result<Option<String>, Vec<String>> {
        let photo = |hash: &&str| Photo {
            sha256: (*hash).to_owned(),
            ..Photo::from_rgb_bytes(&format!("{hash}.jpg"), Size::new(1, 1), &[0; 3])
        };
        let [before, after] = [before, after].map(|hashes| hashes.iter().map(photo).collect::<Vec<_>>());
        let found = same(&before.iter().collect::<Vec<_>>(), &after.iter().collect::<Vec<_>>());
        let message = |reason: Reason| {
            assert_eq!(reason.code, SAME_PHOTOGRAPH);
            reason.message
        };
        found.map(|limit| limit.map(message)).map_err(|refused| refused.into_iter().map(message).collect())
    }

    #[test]
    fn captures_of_their_own_and_those_that_never_were_files_are_not_the_same() {
        assert_eq!(told(&["a", "b"], &["c", "d"]), Ok(None));
        assert_eq!(told(&["", ""], &["", ""]), Ok(None));
        assert_eq!(told(&["a"], &[]), Ok(None));
    }

    #[test]
    fn a_pair_of_one_file_is_limited() {
        let limit = told(&["a", "b"], &["a"]).unwrap().unwrap();
        assert!(limit.starts_with("before (a.jpg) and after (a.jpg) are one file"), "{limit}");
    }

    #[test]
    fn a_copy_is_no_repeat() {
        for (before, after, words) in [
            (&["a", "a"][..], &["c"][..], "before (a.jpg) and repeat 1 of before (a.jpg): expected"),
            (&["a"], &["c", "b", "b"], "repeat 1 of after (b.jpg) and repeat 2 of after (b.jpg)"),
            (&["a", "b"], &["b"], "repeat 1 of before (b.jpg) and after (b.jpg)"),
            (&["a", "b"], &["c", "b"], "repeat 1 of before (b.jpg) and repeat 1 of after (b.jpg)"),
            (&["a"], &["a", "a"], "before (a.jpg) and repeat 1 of after (a.jpg)"),
        ] {
            let refused = told(before, after).unwrap_err();
            assert!(refused.len() == 1 && refused[0].starts_with(words), "{refused:?}");
        }
    }
}
