//! The outward letter. *Nothing is kept* and *an exception applies* give the same words, down to the last letter: what
//! remains is the person's own reference and the day.

use super::Request;
use super::search::{Found, FoundCase};
use crate::oversight::facts::Outcome;
use weegnet_protocol::time::Day;

/// Who writes.
pub struct Sender {
    /// The organisation's name.
    pub name: String,
    /// Where citizens turn to, from the convenanten in force.
    pub contacts: Vec<String>,
}

/// The letter to whoever asked, in Markdown. `found` is what a human let stand; `None` when an exception applies.
pub fn letter(sender: &Sender, request: &Request, found: Option<&Found>, today: Day) -> String {
    let disclosed = found.filter(|found| !found.cases.is_empty() || !found.erased.is_empty());
    let body = match disclosed {
        Some(found) => overview(found),
        None => NOTHING_TO_TELL.to_owned(),
    };
    format!("{}{body}{}", opening(sender, request, today), closing(sender))
}

/// Says neither that something is kept nor that nothing is.
const NOTHING_TO_TELL: &str = "Wij hebben uw verzoek zorgvuldig behandeld. Wij kunnen u geen gegevens verstrekken.\n\n\
    Dit antwoord is hetzelfde wanneer wij geen persoonsgegevens over u verwerken in het kader van de samenwerking waarover \
    uw verzoek gaat, en wanneer wij op grond van de wet geen mededeling doen. U kunt er niets anders uit afleiden.\n\n";

fn opening(sender: &Sender, request: &Request, today: Day) -> String {
    let reference = request.received.case_number.as_deref().unwrap_or("-");
    format!(
        "# Antwoord op uw verzoek om inzage\n\n{}\n\nDatum: {today}  \nUw kenmerk: {reference}  \nOns kenmerk: {}  \nUw verzoek \
         van: {}\n\nGeachte heer, mevrouw,\n\nU vroeg ons of wij persoonsgegevens over u verwerken, of over de persoon namens \
         wie u schrijft, en welke dat zijn.\n\n",
        sender.name,
        request.id,
        request.received.on.day(),
    )
}

fn closing(sender: &Sender) -> String {
    let mut text = "## Wat u kunt doen\n\nBent u het niet eens met dit antwoord, dan kunt u zich wenden tot ons, een klacht \
        indienen bij de Autoriteit Persoonsgegevens, of de rechter om een oordeel vragen. De Autoriteit Persoonsgegevens kan \
        controleren of wij de wet juist toepassen, ook waar wij u zelf niets kunnen meedelen. U kunt ons vragen gegevens te \
        verbeteren of te wissen, en bezwaar maken tegen de verwerking.\n\n"
        .to_owned();
    for contact in &sender.contacts {
        text.push_str(&format!("Contact: {contact}\n\n"));
    }
    text + "Hoogachtend,\n\n" + &sender.name + "\n"
}

fn overview(found: &Found) -> String {
    let mut text = format!(
        "Wij verwerken de volgende gegevens. Het gaat om {} {}.\n\n",
        found.cases.len() + found.erased.len(),
        if found.cases.len() + found.erased.len() == 1 { "zaak" } else { "zaken" }
    );
    for (number, case) in (1..).zip(&found.cases) {
        text.push_str(&one_case(number, case));
    }
    if !found.erased.is_empty() {
        text.push_str("## Vernietigd\n\nVan deze zaken zijn de gegevens vernietigd:\n\n");
        for hit in &found.erased {
            let asker = name(&hit.asker.name, hit.asker.oin);
            text.push_str(&format!(
                "- {}: {asker} vroeg ons of wij u kennen; doel: {} ({}); wij deden geen mededeling\n",
                day_of(&hit.when),
                hit.purpose,
                hit.article
            ));
        }
        text.push('\n');
    }
    text
}

fn one_case(number: usize, case: &FoundCase) -> String {
    let asker = name(&case.asker.name, case.asker.oin);
    let what = match (case.asked_about, case.kind.as_str()) {
        (false, _) => format!(
            "{asker} stelde een vraag over iemand anders. Uw gegevens in ons register zijn toen aan een beoordelaar getoond als \
             mogelijke overeenkomst."
        ),
        (true, "eigen-uitvraag") => "Wij vroegen andere organisaties of zij u kennen.".into(),
        (true, "ter-goedkeuring") => format!("{asker} legde ons een vraag over u voor ter goedkeuring."),
        (true, _) => format!("{asker} vroeg ons of wij u kennen."),
    };
    let mut text = format!("## {number}. {}\n\n{what}\n\n", day_of(&case.when));
    text.push_str(&format!("- Doel: {} ({})\n- Convenant: {}\n", case.purpose, case.article, case.convenant));
    if !case.data.is_empty() {
        let data: Vec<_> = case.data.iter().map(|(part, value)| format!("{part} {value}")).collect();
        text.push_str(&format!("- Gegevens over u: {}\n", data.join("; ")));
    }
    if let Some(kept) = &case.kept_until {
        text.push_str(&format!("- Wij bewaren dit tot {} (bron van de termijn: {})\n", kept.until, kept.source));
    }
    if !case.criteria.is_empty() {
        text.push_str(&format!("- Aanleiding: {}\n", case.criteria.join("; ")));
    }
    for ground in &case.grounds {
        text.push_str(&format!(
            "- Grondslag voor verstrekking van {} aan {}: {}, {} (bron: {})\n",
            name(&ground.from.name, ground.from.oin),
            name(&ground.to.name, ground.to.oin),
            ground.article,
            ground.decision,
            ground.source
        ));
    }
    // How somebody else was asked about is not this person's to read.
    if case.asked_about && case.urgent {
        text.push_str("- De vraag had spoed.\n");
    }
    if case.minor {
        text.push_str("- U was toen minderjarig, of kon dat zijn; daarom golden extra waarborgen.\n");
    }
    if case.asked_about {
        text.push_str(&format!("- Uitkomst: {}\n", outcome(case.outcome)));
        for (word, who) in [("Ontvangen door", &case.recipients), ("Ontvangen van", &case.sources)] {
            for one in who {
                let when = one.when.as_deref().map(day_of).unwrap_or("nog niet verzonden");
                text.push_str(&format!("- {word}: {}: {} ({when})\n", name(&one.party.name, one.party.oin), one.what));
            }
        }
        if !case.shown_as_candidate.is_empty() {
            text.push_str("- Gegevens uit ons register zijn aan een beoordelaar getoond als mogelijke overeenkomst.\n");
        }
    }
    text + "\n"
}

fn name(name: &str, oin: weegnet_protocol::Oin) -> String {
    if name.is_empty() { format!("Organisatie {oin}") } else { name.to_owned() }
}

fn day_of(moment: &str) -> &str {
    moment.get(..10).unwrap_or(moment)
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Loopt => "loopt nog",
        Outcome::Goedgekeurd => "de vraag is goedgekeurd",
        Outcome::NietGoedgekeurd => "de vraag is niet goedgekeurd en dus niet gesteld",
        Outcome::NeemContactOp => "ten minste één organisatie gaf haar contactpunt",
        Outcome::GeenMededeling => "geen mededeling (zegt niets over of iemand bekend is)",
        Outcome::Geweigerd => "de vraag is geweigerd",
        Outcome::Ingetrokken => "de vraag is ingetrokken",
        Outcome::NietBezorgd => "de vraag is niet aangekomen of niet beantwoord",
    }
}

#[cfg(test)]
mod tests {
    use weegnet_protocol::Timestamp;
    use weegnet_protocol::id::EntryId;
    use weegnet_protocol::person::{Fields, PersonRef};

    use super::super::likeness::Likeness;
    use super::super::search::{ErasedHit, Ground, Kept, Party, Recipient};
    use super::super::{Received, Requester};
    use super::*;
    use crate::exchange::record::{CaseId, Side};

    const TODAY: Day = Day { year: 2026, month: 11, day: 23 };

    fn request() -> Request {
        let fields = Fields { surname: Some("Bakker".parse().unwrap()), ..Fields::default() };
        let received = Received {
            person: PersonRef::try_from(fields).unwrap(),
            requester: Requester::Person,
            verified_by: "paspoort".into(),
            case_number: Some("K-1".into()),
            on: TODAY.start(),
        };
        let id = EntryId::new(Timestamp::from_seconds(1), [1; 10]);
        Request { id, slot: serde_json::from_str("1").unwrap(), received, steps: Vec::new() }
    }

    fn sender() -> Sender {
        Sender { name: "Gemeente Proef".into(), contacts: vec!["loket@proef.example".into()] }
    }

    fn party(number: u8, name: &str) -> Party {
        Party { oin: format!("0000009900000000{number}000").parse().unwrap(), name: name.into() }
    }

    fn told(party: Party, what: &str, when: Option<&str>) -> Recipient {
        Recipient { party, what: what.into(), when: when.map(str::to_owned), entry: None, tells: true }
    }

    /// About the person, without anything that a letter may leave out.
    fn case(side: Side, kind: &str, asker: Party) -> FoundCase {
        let uitvraag_id = weegnet_protocol::id::UitvraagId::new(TODAY.start(), [1; 10]);
        FoundCase {
            case: CaseId { side, asker: asker.oin, uitvraag_id },
            kind: kind.into(),
            likeness: Likeness::Overeenkomst,
            asked_about: true,
            asker,
            when: "2026-11-20T10:00:00.000Z".into(),
            convenant: "proef".parse().unwrap(),
            purpose: "Doel".into(),
            article: "Artikel 1".into(),
            data: Vec::new(),
            kept_until: None,
            criteria: Vec::new(),
            grounds: Vec::new(),
            urgent: false,
            minor: false,
            outcome: Outcome::GeenMededeling,
            shown_as_candidate: Vec::new(),
            recipients: Vec::new(),
            sources: Vec::new(),
            entries: Vec::new(),
        }
    }

    #[test]
    fn nothing_and_an_exception_are_the_same_word_for_word() {
        let nothing = letter(&sender(), &request(), Some(&Found::default()), TODAY);
        let compared = Found { compared: 9_999, without_person: 3, rows_gone: 2, ..Found::default() };
        let exception = letter(&sender(), &request(), None, TODAY);
        assert_eq!(nothing, exception);
        assert_eq!(letter(&sender(), &request(), Some(&compared), TODAY), exception);
        assert!(exception.contains("K-1") && exception.contains("Autoriteit Persoonsgegevens"));
    }

    #[test]
    fn the_overview_of_a_lookalike_tells_nothing_of_the_other() {
        let case = FoundCase {
            asked_about: false,
            urgent: true,
            outcome: Outcome::NeemContactOp,
            shown_as_candidate: vec!["1".into()],
            ..case(Side::Question, "ontvangen-vraag", party(2, "Politie"))
        };
        let erased = vec![ErasedHit {
            when: "2026-01-02T00:00:00.000Z".into(),
            asker: party(3, "OM"),
            convenant: "proef".parse().unwrap(),
            purpose: "Doel".into(),
            article: "Artikel 1".into(),
            entry: "exchange/7".into(),
        }];
        let found = Found { cases: vec![case], erased, ..Found::default() };
        let text = letter(&sender(), &request(), Some(&found), TODAY);
        assert!(text.contains("Politie stelde een vraag over iemand anders"));
        assert!(!text.contains("Uitkomst") && text.contains("2026-01-02"));
        assert!(!text.contains("spoed") && !text.contains("contactpunt"), "{text}");
    }

    #[test]
    fn the_overview_says_which_data_until_when_and_who_got_what_from_whom() {
        let us = party(1, "Gemeente Proef");
        let case = FoundCase {
            data: vec![("geslachtsnaam".into(), "Bakker".into()), ("geboortedatum".into(), "1985".into())],
            kept_until: Some(Kept { until: "2031-11-20".into(), source: "Besluit bewaartermijnen, bijlage 2".into() }),
            criteria: vec!["Signalen van derden".into(), "Openbare uitingen".into()],
            grounds: vec![Ground {
                from: party(3, "OM"),
                to: us.clone(),
                article: "Artikel 16 Wpg".into(),
                decision: "Besluit 7".into(),
                source: "stcrt-2026-1".into(),
            }],
            urgent: true,
            minor: true,
            recipients: vec![
                told(party(2, "Politie"), "concept", Some("2026-11-20T10:00:00.000Z")),
                told(party(3, "OM"), "vraag", Some("2026-11-21T10:00:00.000Z")),
                told(party(4, ""), "vraag", None),
            ],
            sources: vec![told(party(3, "OM"), "neem contact op", Some("2026-11-22T10:00:00.000Z"))],
            ..case(Side::Own, "eigen-uitvraag", us)
        };
        let text = letter(&sender(), &request(), Some(&Found { cases: vec![case], ..Found::default() }), TODAY);
        for line in [
            "Het gaat om 1 zaak.",
            "## 1. 2026-11-20\n\nWij vroegen andere organisaties of zij u kennen.",
            "- Doel: Doel (Artikel 1)\n- Convenant: proef",
            "- Gegevens over u: geslachtsnaam Bakker; geboortedatum 1985",
            "- Wij bewaren dit tot 2031-11-20 (bron van de termijn: Besluit bewaartermijnen, bijlage 2)",
            "- Aanleiding: Signalen van derden; Openbare uitingen",
            "- Grondslag voor verstrekking van OM aan Gemeente Proef: Artikel 16 Wpg, Besluit 7 (bron: stcrt-2026-1)",
            "- De vraag had spoed.",
            "- U was toen minderjarig, of kon dat zijn; daarom golden extra waarborgen.",
            "- Uitkomst: geen mededeling (zegt niets over of iemand bekend is)",
            "- Ontvangen door: Politie: concept (2026-11-20)",
            "- Ontvangen door: OM: vraag (2026-11-21)",
            "- Ontvangen door: Organisatie 00000099000000004000: vraag (nog niet verzonden)",
            "- Ontvangen van: OM: neem contact op (2026-11-22)",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
        assert!(!text.contains("mogelijke overeenkomst"));
    }

    #[test]
    fn a_question_that_came_in_names_the_asker_and_what_was_shown_here() {
        let asked = FoundCase {
            shown_as_candidate: vec!["r-17".into()],
            recipients: vec![told(party(2, "Politie"), "geen mededeling", Some("2026-11-21T10:00:00.000Z"))],
            sources: vec![told(party(2, "Politie"), "vraag", Some("2026-11-20T10:00:00.000Z"))],
            ..case(Side::Question, "ontvangen-vraag", party(2, "Politie"))
        };
        let approved = case(Side::Approval, "ter-goedkeuring", party(3, "OM"));
        let found = Found { cases: vec![asked, approved], ..Found::default() };
        let text = letter(&sender(), &request(), Some(&found), TODAY);
        assert!(text.contains("Het gaat om 2 zaken."), "{text}");
        assert!(text.contains("## 1. 2026-11-20\n\nPolitie vroeg ons of wij u kennen."), "{text}");
        assert!(text.contains("## 2. 2026-11-20\n\nOM legde ons een vraag over u voor ter goedkeuring."), "{text}");
        assert!(text.contains("zijn aan een beoordelaar getoond als mogelijke overeenkomst"), "{text}");
        assert!(text.contains("- Ontvangen van: Politie: vraag (2026-11-20)\n"), "{text}");
        assert!(!text.contains("r-17"), "the row's own number is the organisation's");
        assert!(
            !text.contains("Gegevens over u") && !text.contains("Wij bewaren dit tot"),
            "what is not known is left out"
        );
    }
}
