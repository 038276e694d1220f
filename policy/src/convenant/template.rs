//! A document to begin with: every field with what it is for, and `VUL IN` wherever the parties decide. Until all of that is
//! replaced, the linter refuses it.

/// Everything but parties and legal bases.
const HEAD: &str = include_str!("template.toml");

/// The party block when there is no card yet.
const PARTY: &str = r#"
[[partijen]]
oin = "VUL IN"
naam = "VUL IN"
rol = "VUL IN"
soort = "kern"
modus = "na_verstrekking"
contact = "VUL IN"
privacycontact = "VUL IN"
adres = "VUL IN"
rijen_maximum = 100000
[partijen.ondertekenaar]
functie = "VUL IN"
mandaat = "VUL IN"
[partijen.sleutels]
link = "VUL IN"
statement = "VUL IN"
checkpoint = "VUL IN"
witness = "VUL IN"
party = "VUL IN"
"#;

const BASES: &str = r#"
# Grondslagen, elk in een richting: wie (van) wie (aan) mag antwoorden, op welk artikel en besluit, en waar dat staat.
# Zonder grondslag wordt een vraag geweigerd.
"#;

/// The template; `parties` are party blocks as a node's card gives them, with the numbers of the organisations.
pub fn template(parties: &[(String, String)]) -> String {
    let mut text = HEAD.to_owned();
    match parties.first() {
        Some((first, _)) => text = text.replace("wie = \"VUL IN\"", &format!("wie = \"{first}\"")),
        None => text.push_str(PARTY),
    }
    for (_, block) in parties {
        text.push_str(block);
    }
    text.push_str(BASES);
    for (from, _) in parties {
        for (to, _) in parties.iter().filter(|(to, _)| to != from) {
            text.push_str(&format!(
                "[[grondslagen]]\nvan = \"{from}\"\naan = \"{to}\"\ncategorie = \"bekendheid\"\nartikel = \"VUL IN\"\n\
                 besluit = \"VUL IN\"\nbron = \"VUL IN\"\n"
            ));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convenant::Convenant;
    use crate::testing::SAMPLE;

    fn blocks() -> Vec<(String, String)> {
        let parties = SAMPLE.split("[[partijen]]").skip(1).take(2);
        parties
            .map(|block| {
                let oin = block.split('"').nth(1).unwrap().to_owned();
                (oin, format!("\n[[partijen]]{block}"))
            })
            .collect()
    }

    #[test]
    fn nothing_that_is_still_to_be_filled_in_passes() {
        for text in [template(&[]), template(&blocks())] {
            let problems = Convenant::parse(&text).unwrap_err();
            let open = text.lines().filter(|line| !line.starts_with('#') && line.contains("VUL IN")).count();
            let of_values = problems.iter().filter(|problem| problem.path != "partijen").count();
            assert!(of_values >= open, "{open} are open\n{problems}");
        }
    }

    #[test]
    fn filled_in_it_is_a_convenant() {
        let filled = template(&blocks())
            .replace("id = \"VUL IN\"", "id = \"noorderveen\"")
            .replace("uri = \"VUL IN\"", "uri = \"https://doelen.voorbeeld.example/x\"")
            .replace("verwerkingsactiviteit = \"VUL IN\"", "verwerkingsactiviteit = \"https://register.example/x\"")
            .replace("code = \"VUL IN\"", "code = \"een-code\"")
            .replace("VUL IN", "Ingevuld.");
        Convenant::parse(&filled).unwrap_or_else(|problems| panic!("{problems}"));
    }
}
