//! The fold: how two spellings of one name become equal. Both sides must fold alike, so it has a version.

use alloc::string::String;
use alloc::vec::Vec;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::PersonRef;

/// Version of the fold; changes whenever any name may fold differently.
pub const FOLD_VERSION: u32 = 1;

/// Voorvoegsels (BRP, landelijke tabel 36) and particles of other languages, folded; they do not tell people apart.
const PARTICLES: &[&str] = &[
    "a", "aan", "af", "al", "am", "auf", "aus", "ben", "bent", "bij", "bin", "bint", "boven", "d", "da", "dal",
    "dalla", "das", "de", "degli", "dei", "del", "della", "den", "der", "des", "di", "die", "do", "don", "dos", "du",
    "el", "i", "im", "in", "l", "la", "las", "le", "les", "lo", "los", "met", "o", "of", "onder", "op", "ould", "over",
    "s", "t", "te", "ten", "ter", "tot", "uit", "unter", "v", "van", "vanden", "vander", "ver", "vom", "von", "voor",
    "vor", "y", "zu", "zum", "zur",
];

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

/// Folds a name into words: decomposed, without marks, lower case, `ij` as `y`, letters and digits only.
pub fn fold(name: &str) -> Vec<String> {
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
            c if c.is_alphanumeric() => plain.push(c),
            '\'' | '’' | '‘' | '`' | '´' => plain.push(' '),
            c if is_combining_mark(c) => {}
            _ => plain.push(' '),
        }
    }
    plain.split_whitespace().map(|word| word.replace("ij", "y")).collect()
}

/// Folds a surname: without particles, unless nothing else is left, as one word.
pub fn fold_surname(name: &str) -> FoldedName {
    let words = fold(name);
    let kept: String = words.iter().filter(|word| !PARTICLES.contains(&word.as_str())).map(String::as_str).collect();
    FoldedName(if kept.is_empty() { words.concat() } else { kept })
}

/// Folds given names to the first of them.
pub fn fold_given(name: &str) -> FoldedName {
    FoldedName(fold(name).into_iter().next().unwrap_or_default())
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
