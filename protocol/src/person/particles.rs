//! Words in a name that do not tell people apart: voorvoegsels, particles of other languages, and what stands between
//! the names of partners.

/// Voorvoegsels (BRP, landelijke tabel 36) and particles of other languages, folded.
const PARTICLES: &[&str] = &[
    "a", "aan", "abou", "abu", "af", "ait", "al", "am", "as", "at", "auf", "aus", "ben", "bent", "bij", "bin", "bint",
    "boven", "by", "d", "da", "dal", "dalla", "das", "de", "degli", "dei", "del", "della", "den", "der", "des", "di",
    "die", "do", "don", "dos", "du", "ed", "el", "en", "er", "ez", "het", "i", "ibn", "im", "in", "kyzy", "l", "la",
    "las", "le", "les", "lo", "los", "met", "o", "oglu", "ogly", "onder", "op", "ou", "oulad", "ould", "over", "s",
    "st", "t", "te", "ten", "ter", "thoe", "to", "toe", "tot", "uit", "unter", "uyt", "v", "van", "vande", "vanden",
    "vander", "vd", "ver", "vom", "von", "voor", "vor", "y", "zu", "zum", "zur",
];

/// What stands between a name and that of a partner, or before a name by birth, folded.
const BETWEEN: &[&str] = &["ev", "eo", "geb", "geboren", "gehuwd", "geh", "echtgenote", "wed", "weduwe", "gescheiden"];

/// Whether a folded word is a particle.
pub(super) fn is_particle(word: &str) -> bool {
    PARTICLES.binary_search(&word).is_ok()
}

/// Whether a folded word separates two surnames.
pub(super) fn is_between(word: &str) -> bool {
    BETWEEN.contains(&word)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_particles_are_sorted_for_the_search() {
        assert!(super::PARTICLES.is_sorted());
    }
}
