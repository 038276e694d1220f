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
    if case.urgent {
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
    use super::super::search::{ErasedHit, Party};
    use super::super::{Received, Requester};
    use super::*;

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
        let oin = "00000099000000001000".parse().unwrap();
        let case = FoundCase {
            case: crate::exchange::record::CaseId {
                side: crate::exchange::record::Side::Question,
                asker: oin,
                uitvraag_id: weegnet_protocol::id::UitvraagId::new(TODAY.start(), [1; 10]),
            },
            kind: "ontvangen-vraag".into(),
            likeness: Likeness::Overeenkomst,
            asked_about: false,
            asker: Party { oin, name: "Politie".into() },
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
            outcome: Outcome::NeemContactOp,
            shown_as_candidate: vec!["1".into()],
            recipients: Vec::new(),
            sources: Vec::new(),
            entries: Vec::new(),
        };
        let party = |name: &str| Party { oin, name: name.into() };
        let erased = vec![ErasedHit {
            when: "2026-01-02T00:00:00.000Z".into(),
            asker: party("OM"),
            convenant: "proef".parse().unwrap(),
            purpose: "Doel".into(),
            article: "Artikel 1".into(),
            entry: "exchange/7".into(),
        }];
        let found = Found { cases: vec![case], erased, ..Found::default() };
        let text = letter(&sender(), &request(), Some(&found), TODAY);
        assert!(text.contains("Politie stelde een vraag over iemand anders"));
        assert!(!text.contains("Uitkomst") && text.contains("2026-01-02"));
    }
}
