//! Invented persons who are asked about, and the registers that know them. Their words are rare, so that a checker who
//! finds one of them anywhere knows where it comes from.

use serde_json::json;

use crate::terms::KNOWN_BECAUSE;

/// Why somebody is asked about, in every story: a text that must stay with core parties.
pub const MOTIVATION: &str = "Noodzaak: kwetterzwam gemeld. Proportionaliteit: mildste middel. Subsidiariteit: geen.";
/// Why somebody is not let go, in every story: a text that must stay here.
pub const WITHHELD: &str = "Het betreft een naamgenoot uit Wijnaldumerpolder.";
/// Header of a register file.
pub const HEADER: &str =
    "id,bronrecord,reden,bsn,voornamen,voorvoegsel,geslachtsnaam,geboortedatum,aliassen,bewaren_tot";

/// Words shorter than this stand in any file by chance, in bytes.
const RARE_BYTES: usize = 6;

/// A person as somebody knows them.
#[derive(Debug, Clone, Default)]
pub struct Person {
    /// Voornamen.
    pub given: String,
    /// Voorvoegsel.
    pub prefix: String,
    /// Geslachtsnaam.
    pub surname: String,
    /// Geboortedatum, in any notation that is taken.
    pub birth: String,
    /// BSN.
    pub bsn: String,
    /// Other names.
    pub aliases: Vec<String>,
}

impl Person {
    /// By name and birth date.
    pub fn new(given: &str, surname: &str, birth: &str) -> Self {
        Person { given: given.into(), surname: surname.into(), birth: birth.into(), ..Person::default() }
    }

    /// Somebody whom no other call gives.
    pub fn number(n: u32) -> Self {
        let birth = format!("19{:02}-{:02}-{:02}", 50 + n % 40, 1 + n % 12, 1 + n % 28);
        Person::new("Quirijntje", &format!("Vlasbloem{}", letters(n)), &birth)
    }

    /// With a voorvoegsel.
    #[must_use]
    pub fn prefixed(mut self, prefix: &str) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// With a BSN.
    #[must_use]
    pub fn with_bsn(mut self, bsn: &str) -> Self {
        self.bsn = bsn.into();
        self
    }

    /// With another name.
    #[must_use]
    pub fn alias(mut self, alias: &str) -> Self {
        self.aliases.push(alias.into());
        self
    }

    /// As `--person` reads it.
    pub fn to_json(&self) -> String {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        json!({
            "bsn": text(&self.bsn),
            "given_names": text(&self.given),
            "prefix": text(&self.prefix),
            "surname": text(&self.surname),
            "birth": self.birth,
            "aliases": self.aliases,
        })
        .to_string()
    }

    /// Words that must not be found outside sealed files.
    pub fn words(&self) -> Vec<String> {
        let mut words = vec![self.given.clone(), self.surname.clone(), self.birth.clone(), self.bsn.clone()];
        words.push(self.birth.replace('-', ""));
        words.extend(self.aliases.iter().cloned());
        let lower: Vec<_> = words.iter().map(|word| word.to_lowercase()).collect();
        words.extend(lower);
        words.retain(|word| word.len() >= RARE_BYTES);
        words
    }
}

/// A register file with these persons, kept for years.
pub fn register(people: &[Person]) -> String {
    let mut text = format!("{HEADER}\n");
    for (row, person) in people.iter().enumerate() {
        text.push_str(&format!(
            "r{row},Z-{row},{KNOWN_BECAUSE},{},{},{},{},{},{},2098-12-31\n",
            person.bsn,
            person.given,
            person.prefix,
            person.surname,
            person.birth,
            person.aliases.join(";"),
        ));
    }
    text
}

/// A number as letters, so that it can be part of a name.
fn letters(mut n: u32) -> String {
    let mut text = String::new();
    loop {
        text.push(char::from(b'a' + (n % 26) as u8));
        n /= 26;
        if n == 0 {
            return text;
        }
    }
}
