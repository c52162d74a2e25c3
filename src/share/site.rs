//! Names of places on the body, which tell nobody who it was.

/// Words of which a site's name has one at least.
const PLACES: [&str; 40] = [
    "face",
    "forehead",
    "glabella",
    "temple",
    "brow",
    "eyelid",
    "periorbital",
    "nose",
    "cheek",
    "malar",
    "nasolabial",
    "perioral",
    "lip",
    "chin",
    "jaw",
    "jawline",
    "ear",
    "scalp",
    "neck",
    "decollete",
    "chest",
    "breast",
    "back",
    "shoulder",
    "abdomen",
    "flank",
    "arm",
    "forearm",
    "elbow",
    "wrist",
    "hand",
    "palm",
    "finger",
    "buttock",
    "thigh",
    "knee",
    "leg",
    "shin",
    "foot",
    "sole",
];
/// Words that may stand beside.
const SIDES: [&str; 12] = [
    "left", "right", "upper", "lower", "inner", "outer", "front", "mid", "lateral", "medial", "dorsal",
    "treated",
];

/// Whether a name is made of words for places on the body alone, as `left-cheek`: any other may be a person's.
pub fn is_site(name: &str) -> bool {
    let lower = name.to_lowercase();
    let words: Vec<&str> = lower.split(['-', '_', ' ']).collect();
    let is_place = |word: &&str| PLACES.contains(word);
    words.iter().any(is_place) && words.iter().all(|word| is_place(word) || SIDES.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_are_told_and_names_are_not() {
        for name in ["forehead", "left-malar", "Right_Cheek", "left upper arm", "chin"] {
            assert!(is_site(name), "{name}");
        }
        for name in ["", "left", "Ann", "ann-cheek", "cheek-2", "left--cheek", "chin 1971", "p17"] {
            assert!(!is_site(name), "{name}");
        }
    }
}
