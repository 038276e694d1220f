//! The fold: how two spellings of one name become equal. Both sides must fold alike, so it has a version.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::particles::{is_between, is_particle};
use super::{PersonRef, script};

/// Version of the fold and of the [sound](super::sound); changes whenever any name may come out differently.
///
/// 1: marks, case, `ij`, voorvoegsels. 2: other scripts and look-alikes, more particles, partner surnames, sound.
pub const FOLD_VERSION: u32 = 2;

/// Most surnames that are read from one field: the whole, and the parts of a double or partner name.
const MAX_PARTS: usize = 4;
/// Shortest part of a double name that is a name by itself, in characters.
const SHORTEST_PART: usize = 3;

/// A name in the form in which it is compared: words of lower-case ASCII letters and digits where folding can reach that.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FoldedName(String);

impl FoldedName {
    /// The folded text; empty when the name has no letters or is unknown.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// Whether there is nothing to compare.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Tells nothing: see [`PersonRef`].
impl core::fmt::Debug for FoldedName {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("FoldedName(..)")
    }
}

/// Folds a name into words: decomposed, without marks, lower case, Latin letters, `ij` as `y`, letters and digits only.
pub fn fold(name: &str) -> Vec<String> {
    if name.is_ascii() {
        return fold_ascii(name);
    }
    let mut plain = String::with_capacity(name.len());
    for c in name.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        match c {
            'ß' => plain.push_str("ss"),
            'æ' => plain.push_str("ae"),
            'œ' => plain.push_str("oe"),
            'þ' => plain.push_str("th"),
            'ø' => plain.push('o'),
            'ł' => plain.push('l'),
            'đ' | 'ð' => plain.push('d'),
            'ħ' => plain.push('h'),
            'ı' => plain.push('i'),
            'ə' | 'ǝ' => plain.push('e'),
            c if c.is_alphanumeric() => plain.push(c),
            c if is_combining_mark(c) => {}
            _ => plain.push(' '),
        }
    }
    if plain.is_ascii() {
        return words(&plain);
    }
    let mut latin = String::with_capacity(plain.len());
    for word in plain.split_whitespace() {
        script::latin(word, &mut latin);
        latin.push(' ');
    }
    words(&latin)
}

fn fold_ascii(name: &str) -> Vec<String> {
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { ' ' }).collect();
    words(&plain)
}

fn words(plain: &str) -> Vec<String> {
    plain
        .split_whitespace()
        .map(|word| if word.contains("ij") { word.replace("ij", "y") } else { word.into() })
        .collect()
}

/// Folds a surname: without particles, unless nothing else is left, as one word.
pub fn fold_surname(name: &str) -> FoldedName {
    joined(&fold(name))
}

/// Folds given names to the first of them.
pub fn fold_given(name: &str) -> FoldedName {
    FoldedName(fold(name).into_iter().next().unwrap_or_default())
}

/// The surnames that one field holds: all of it as one name; then, of a double name or one with a partner's
/// (`Jansen-de Boer`, `Jansen e/v De Boer`), each by itself. At most four; none when the surname is unknown (`.`).
pub fn surnames(name: &str) -> Vec<FoldedName> {
    let mut parts: Vec<Vec<String>> = Vec::new();
    let name = partner_spelled_out(name);
    for piece in name.split(['-', '‐', '‑', '–', '/', '=']) {
        let words = fold(piece);
        parts.extend(words.split(|word| is_between(word)).map(<[String]>::to_vec));
    }
    let named = |words: &Vec<String>| words.iter().any(|word| !is_particle(word));
    let kept: Vec<FoldedName> = parts.iter().filter(|words| named(words)).map(|words| joined(words)).collect();
    let whole = joined(&parts.concat());
    if whole.is_empty() {
        return Vec::new();
    }
    let several = kept.len() > 1 && kept.iter().all(|part| part.0.chars().count() >= SHORTEST_PART);
    let mut all = Vec::from([if kept.len() == 1 { kept[0].clone() } else { whole }]);
    if several {
        all.extend(kept.into_iter().take(MAX_PARTS - 1));
    }
    all
}

/// `e/v` and `e.v.` (married to) would fall apart into letters.
fn partner_spelled_out(name: &str) -> Cow<'_, str> {
    let mut spelled = Cow::Borrowed(name);
    for short in ["e/v", "E/V", "e.v.", "E.V.", "e/o"] {
        if spelled.contains(short) {
            spelled = spelled.replace(short, " ev ").into();
        }
    }
    spelled
}

fn joined(words: &[String]) -> FoldedName {
    let kept: String = words.iter().filter(|word| !is_particle(word)).map(String::as_str).collect();
    FoldedName(if kept.is_empty() { words.concat() } else { kept })
}

impl PersonRef {
    /// Every surname under which this person may stand: the surname itself; each alias as a whole and its last word, for
    /// an alias may be a surname alone or a whole name.
    pub fn folded_surnames(&self) -> Vec<FoldedName> {
        let own = self.surname().map(|name| fold_surname(name.as_str()));
        let whole = self.aliases().iter().map(|alias| fold_surname(alias.as_str()));
        let last = self.aliases().iter().filter_map(|alias| fold(alias.as_str()).pop()).map(FoldedName);
        let mut all: Vec<_> = own.into_iter().chain(whole).chain(last).filter(|name| !name.is_empty()).collect();
        all.sort();
        all.dedup();
        all
    }
}
