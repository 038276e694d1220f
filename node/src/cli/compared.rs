//! A comparison in words: per field, why a variant is one, how rare the name is. Never a number that ranks persons.

use crate::desk::view::{Band, CandidateView, Likeness, Rarity, Remark};

/// What a reviewer reads of one possible match, without the person.
pub fn words(candidate: &CandidateView) -> String {
    let comparison = &candidate.comparison;
    let fields = [
        ("bsn", comparison.bsn),
        ("voornamen", comparison.given_names),
        ("voorvoegsel", comparison.prefix),
        ("geslachtsnaam", comparison.surname),
        ("geboortedatum", comparison.birth),
    ];
    let fields: Vec<String> = fields.iter().map(|(name, how)| format!("{name} {}", likeness(*how))).collect();
    let mut text = format!("    overeenkomst  {}\n    vergelijking  {}\n", band(candidate.band), fields.join(", "));
    if !candidate.remarks.is_empty() {
        let remarks: Vec<&str> = candidate.remarks.iter().map(|remark| self::remark(*remark)).collect();
        text.push_str(&format!("    let op        {}\n", remarks.join("; ")));
    }
    let namesakes = match candidate.namesakes {
        0 => "naar verwachting geen andere met die naam in dit register".to_owned(),
        1 => "naar verwachting staat één persoon met die naam in dit register".to_owned(),
        more => format!("naar verwachting staan {more} personen met die naam in dit register"),
    };
    text.push_str(&format!("    naam          {}; {namesakes}\n", rarity(candidate.rarity)));
    text
}

fn likeness(how: Likeness) -> &'static str {
    match how {
        Likeness::Same => "gelijk",
        Likeness::Variant => "variant",
        Likeness::Conflict => "in strijd",
        Likeness::Unknown => "onbekend",
    }
}

fn band(band: Band) -> &'static str {
    match band {
        Band::Certain => "zeker",
        Band::Probable => "waarschijnlijk",
        Band::Possible => "mogelijk",
    }
}

fn rarity(rarity: Rarity) -> &'static str {
    match rarity {
        Rarity::Common => "veel voorkomend",
        Rarity::Uncommon => "komt voor",
        Rarity::Rare => "zeldzaam",
    }
}

fn remark(remark: Remark) -> &'static str {
    match remark {
        Remark::NamesExchanged => "voornaam en geslachtsnaam staan verwisseld",
        Remark::SurnamePartOrAlias => "een alias, of een deel van een dubbele naam",
        Remark::SurnameSoundsAlike => "de geslachtsnaam klinkt hetzelfde",
        Remark::SurnameSlip => "de geslachtsnaam scheelt een paar letters",
        Remark::GivenNameForm => "een andere vorm van dezelfde voornaam",
        Remark::GivenNameSoundsAlike => "de voornaam klinkt hetzelfde",
        Remark::GivenNameSlip => "de voornaam scheelt een paar letters",
        Remark::GivenNameInitial => "van de voornaam is een kant alleen de voorletter bekend",
        Remark::GivenNameNotFirst => "niet de eerste voornaam komt overeen",
        Remark::DateInPart => "de geboortedatum is een kant maar deels bekend",
        Remark::FirstOfJanuary => "1 januari telt alleen als jaar",
        Remark::DayAndMonthExchanged => "dag en maand staan verwisseld",
        Remark::DateSlip => "de geboortedatum scheelt een cijfer of twee",
    }
}
