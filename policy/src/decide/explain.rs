//! A denial in words, for the person in front of it: what was missing, and who can mend it.
//!
//! The words name no person and no document as the ground of anything: a convenant is no legal basis (seed 000).

use crate::lang::Words;

/// When a rule could not be evaluated.
pub(super) const FAILED: Words = Words::of(
    "Een regel kon niet worden toegepast, en dan gaat er niets door. De beheerder van dit knooppunt kan dit nakijken.",
    "A rule could not be applied, and then nothing passes. The operator of this node can look into it.",
);

/// The words of a rule.
pub(super) fn words(id: &str) -> Option<Words> {
    WORDS.iter().find(|(name, _, _)| *name == id).map(|(_, nl, en)| Words::of(nl, en))
}

/// Rule, Dutch, English.
const WORDS: &[(&str, &str, &str)] = &[
    (
        "ask",
        "U bent geen opsteller. De beheerder kan met een tweede persoon die rol geven.",
        "You are not an author. The operator and a second person can give that role.",
    ),
    (
        "receive-draft",
        "Alleen een andere kernpartij dan de vragende kan een vraag goedkeuren. De opsteller kan een andere kernpartij kiezen.",
        "Only another core party than the one that asks can approve a question. The author can choose another core party.",
    ),
    (
        "approve",
        "U bent geen goedkeurder. De beheerder kan met een tweede persoon die rol geven.",
        "You are not an approver. The operator and a second person can give that role.",
    ),
    (
        "approver-no-author",
        "Wie vragen opstelt, keurt er geen goed. Laat een collega die alleen goedkeurder is dit doen.",
        "Whoever writes questions approves none. Let a colleague who is only an approver do this.",
    ),
    (
        "approver-core",
        "Alleen een andere kernpartij dan de vragende kan een vraag goedkeuren. De opsteller kan een andere kernpartij kiezen.",
        "Only another core party than the one that asks can approve a question. The author can choose another core party.",
    ),
    (
        "answer",
        "Er is geen grondslag vastgelegd waarop deze organisatie de vragende mag antwoorden. De partijen kunnen die toevoegen, met artikel en bron.",
        "No legal basis is laid down on which this organisation may answer the asking one. The parties can add one, with article and source.",
    ),
    (
        "release",
        "U bent geen beoordelaar. De beheerder kan met een tweede persoon die rol geven.",
        "You are not a reviewer. The operator and a second person can give that role.",
    ),
    (
        "release-automatic",
        "Zonder beoordelaar gaat alleen tussen testorganisaties iets weg. Een beoordelaar moet dit doen.",
        "Without a reviewer something leaves between test organisations only. A reviewer must do this.",
    ),
    (
        "asker-core",
        "Alleen kernpartijen stellen vragen. Breng het signaal bij een kernpartij.",
        "Only core parties ask questions. Bring the signaal to a core party.",
    ),
    (
        "whole",
        "De vraag is niet heel: onderdelen horen niet bij elkaar, zij hoort bij een andere partij of bij een andere tekst van het convenant. De opsteller kan een nieuwe vraag maken.",
        "The question is not whole: its parts do not belong together, or it belongs to another party or another text of the convenant. The author can make a new question.",
    ),
    (
        "purpose",
        "Het doel van de vraag is niet het ene doel waarvoor de partijen samenwerken. Voor een ander doel is een eigen convenant nodig.",
        "The purpose of the question is not the one for which the parties work together. Another purpose needs a convenant of its own.",
    ),
    (
        "validity",
        "Het convenant geldt nu niet. De partijen kunnen het verlengen of een nieuw tekenen.",
        "The convenant does not hold now. The parties can extend it or sign a new one.",
    ),
    (
        "criteria",
        "De vraag noemt geen criterium, of een dat niet op de lijst van de partijen staat. De opsteller kan er een van de lijst kiezen.",
        "The question names no criterion, or one that is not on the parties' list. The author can choose one from the list.",
    ),
    (
        "minor",
        "De persoon is of kan jonger dan 18 zijn en zo is de vraag niet gemerkt, of andersom. De opsteller kan de vraag opnieuw maken.",
        "The person is or may be under 18 and the question is not marked so, or the other way round. The author can make the question again.",
    ),
    (
        "bsn",
        "Een BSN mag hier niet worden gebruikt: de partijen noemen geen wet die dat toestaat. Vraag met naam en geboortejaar.",
        "A BSN must not be used here: the parties name no law that allows it. Ask with name and year of birth.",
    ),
    (
        "window-longest",
        "De antwoordtermijn is langer dan de partijen hebben afgesproken. De opsteller kan een kortere kiezen.",
        "The answer window is longer than the parties agreed. The author can choose a shorter one.",
    ),
    (
        "window-shortest",
        "De antwoordtermijn is korter dan de partijen hebben afgesproken. De opsteller kan een langere kiezen.",
        "The answer window is shorter than the parties agreed. The author can choose a longer one.",
    ),
    (
        "window-closed",
        "De antwoordtermijn is voorbij. De opsteller kan een nieuwe vraag maken.",
        "The answer window has closed. The author can make a new question.",
    ),
    (
        "specific",
        "De vraag wijst niet zeker genoeg één persoon aan. De opsteller kan een achternaam met geboortejaar geven, of een BSN waar dat mag.",
        "The question does not point to one person surely enough. The author can give a surname with a year of birth, or a BSN where that is allowed.",
    ),
    (
        "recipients-answer",
        "Een van de gevraagden doet niet mee of antwoordt nooit, en wordt dus niet gevraagd. De opsteller kan die weglaten.",
        "One of those asked does not take part or never answers, and so is not asked. The author can leave it out.",
    ),
    (
        "recipients-basis",
        "Voor een van de gevraagden is geen grondslag vastgelegd om te antwoorden. De opsteller kan die weglaten; de partijen kunnen een grondslag toevoegen.",
        "For one of those asked no legal basis to answer is laid down. The author can leave it out; the parties can add a basis.",
    ),
    (
        "recipients-reason",
        "Buiten de kern wordt alleen gevraagd met een reden van de lijst van de partijen. De opsteller kan die reden kiezen.",
        "Beyond the core one asks only with a reason from the parties' list. The author can choose that reason.",
    ),
    (
        "quota-author",
        "U hebt vandaag het aantal vragen gesteld dat de partijen per opsteller hebben afgesproken. Morgen kan het weer.",
        "You have asked the number of questions a day that the parties agreed per author. Tomorrow you can ask again.",
    ),
    (
        "ceiling-author",
        "Een opsteller stelt op een dag ten hoogste tien vragen over echte personen. Morgen kan het weer.",
        "An author asks at most ten questions a day about real persons. Tomorrow you can ask again.",
    ),
    (
        "quota-organisation",
        "De vragende organisatie heeft vandaag het aantal vragen gesteld dat de partijen hebben afgesproken. Morgen kan het weer.",
        "The asking organisation has asked the number of questions a day that the parties agreed. Tomorrow it can ask again.",
    ),
    (
        "ceiling-organisation",
        "Een organisatie stelt op een dag ten hoogste dertig vragen over echte personen. Morgen kan het weer.",
        "An organisation asks at most thirty questions a day about real persons. Tomorrow it can ask again.",
    ),
    (
        "waiting",
        "Over deze persoon is door dezelfde organisatie kort geleden al gevraagd. Na de wachttijd kan het met nieuwe feiten opnieuw.",
        "The same organisation asked about this person a short while ago. After the waiting time it can ask again with new facts.",
    ),
    (
        "approved",
        "Er is geen geldige goedkeuring van een andere kernpartij voor juist deze vraag aan juist deze organisatie. De opsteller kan die vragen.",
        "There is no valid approval of another core party for exactly this question to exactly this organisation. The author can request it.",
    ),
    (
        "answers",
        "Deze organisatie antwoordt nooit, en wordt dus niet gevraagd. De opsteller kan haar weglaten.",
        "This organisation never answers, and so is not asked. The author can leave it out.",
    ),
    (
        "asked-open",
        "Over echte personen worden alleen kernpartijen open gevraagd. Een ander wordt verzegeld gevraagd, wat het knooppunt van de vrager doet.",
        "About real persons only core parties are asked openly. Anybody else is asked sealed, which the asker's node does.",
    ),
    (
        "release-own",
        "Niemand beoordeelt een eigen vraag. Laat een andere beoordelaar dit doen.",
        "Nobody reviews an own question. Let another reviewer do this.",
    ),
    (
        "release-mode",
        "Deze organisatie antwoordt niet na verstrekking door een beoordelaar. De partijen kunnen de modus wijzigen.",
        "This organisation does not answer after release by a reviewer. The parties can change its mode.",
    ),
    (
        "release-deadline",
        "De antwoordtermijn is voorbij; er is al geen mededeling gegaan. De vragende partij kan opnieuw vragen.",
        "The answer window has closed; no statement has already gone out. The asking party can ask again.",
    ),
    (
        "match",
        "Alleen het knooppunt van de gevraagde organisatie zoekt zelf. Een beoordelaar kan bekijken wat het vindt.",
        "Only the node of the organisation that is asked searches by itself. A reviewer can look at what it finds.",
    ),
    (
        "review",
        "U bent geen beoordelaar. De beheerder kan met een tweede persoon die rol geven.",
        "You are not a reviewer. The operator and a second person can give that role.",
    ),
    (
        "withdraw",
        "U bent geen opsteller. De beheerder kan met een tweede persoon die rol geven.",
        "You are not an author. The operator and a second person can give that role.",
    ),
    (
        "weigh",
        "U hoort niet bij de weegploeg. De beheerder kan met een tweede persoon de rol van opsteller geven.",
        "You are not in the weegploeg. The operator and a second person can give the role of author.",
    ),
    (
        "decide",
        "U hoort niet bij de weegploeg. De beheerder kan met een tweede persoon de rol van opsteller geven.",
        "You are not in the weegploeg. The operator and a second person can give the role of author.",
    ),
    (
        "read-log",
        "Alleen een privacyfunctionaris bekijkt losse zaken, een toezichthouder tellingen en regels. Een privacyfunctionaris kan die rol geven.",
        "Only a privacy officer looks at single cases, a supervisor at counts and entries. A privacy officer can give that role.",
    ),
    (
        "inspect-log",
        "Een toezichthouder bekijkt tellingen en regels, geen losse zaken. Een privacyfunctionaris kan dat wel.",
        "A supervisor looks at counts and entries, not at single cases. A privacy officer can.",
    ),
    (
        "subject-access",
        "Alleen een privacyfunctionaris behandelt een verzoek van een betrokkene. Een privacyfunctionaris kan die rol geven.",
        "Only a privacy officer handles a request of a data subject. A privacy officer can give that role.",
    ),
    (
        "subject-list",
        "Een toezichthouder ziet dat er verzoeken zijn, niet over wie. Een privacyfunctionaris kan het verzoek behandelen.",
        "A supervisor sees that there are requests, not about whom. A privacy officer can handle the request.",
    ),
    (
        "administer",
        "U bent geen beheerder, of dit is een zaak van toezicht. Een beheerder of een privacyfunctionaris kan dit doen.",
        "You are not an operator, or this is a matter of oversight. An operator or a privacy officer can do this.",
    ),
    (
        "oversee",
        "U bent geen privacyfunctionaris, of dit is een zaak van beheer. Een privacyfunctionaris of een beheerder kan dit doen.",
        "You are not a privacy officer, or this is a matter of running the node. A privacy officer or an operator can do this.",
    ),
    (
        "match-closed",
        "De antwoordtermijn is voorbij, en dan wordt er niets meer gezocht. De vragende partij kan opnieuw vragen.",
        "The answer window has closed, and then nothing is searched any more. The asking party can ask again.",
    ),
    (
        "match-purpose",
        "Er is geen grondslag vastgelegd waarop deze organisatie de vragende mag antwoorden, en dan zoekt zij ook niet. De partijen kunnen die toevoegen, met artikel en bron.",
        "No legal basis is laid down on which this organisation may answer the asking one, and then it does not search either. The parties can add one, with article and source.",
    ),
    (
        "match-own",
        "Niemand beoordeelt een eigen vraag. Laat een andere beoordelaar dit doen.",
        "Nobody reviews an own question. Let another reviewer do this.",
    ),
    (
        "withdraw-own",
        "Alleen de organisatie die vroeg, trekt een vraag in. Een opsteller daar kan dit doen.",
        "Only the organisation that asked takes a question back. An author there can do this.",
    ),
    (
        "weigh-core",
        "Alleen kernpartijen wegen en besluiten. Een opsteller van een kernpartij kan dit doen.",
        "Only core parties weigh and decide. An author of a core party can do this.",
    ),
    (
        "weigh-criteria",
        "Een weging noemt criteria van de lijst van de partijen, elk met een reden in woorden. Wie weegt, kan die aanvullen.",
        "A weging names criteria from the parties' list, each with a reason in words. Whoever weighs can add them.",
    ),
    (
        "decide-weighed",
        "Nog niet elke kernpartij heeft haar weging vastgelegd. De kernpartij die ontbreekt, kan dat doen.",
        "Not every core party has recorded its weging yet. The core party that is missing can do so.",
    ),
    (
        "log-mandate",
        "Losse zaken bekijkt niemand zonder mandaat en vermoeden, beide in woorden. Wie kijkt, kan die opgeven.",
        "Nobody looks at single cases without a mandate and a suspicion, both in words. Whoever looks can give them.",
    ),
    (
        "roles-own",
        "Niemand geeft of ontneemt zichzelf een rol. Een andere beheerder of privacyfunctionaris kan dit doen.",
        "Nobody gives or takes a role from themself. Another operator or privacy officer can do this.",
    ),
    (
        "roles-last",
        "Het knooppunt zou zonder beheerder of zonder privacyfunctionaris zijn. Geef die rol eerst aan een ander.",
        "The node would be without an operator or without a privacy officer. Give that role to somebody else first.",
    ),
    (
        "window-urgent",
        "De antwoordtermijn is korter dan de partijen voor spoed hebben afgesproken. De opsteller kan een langere kiezen.",
        "The answer window is shorter than the parties agreed for urgency. The author can choose a longer one.",
    ),
    (
        "window-working-days",
        "In de antwoordtermijn liggen minder hele werkdagen dan de partijen hebben afgesproken. De opsteller kan een langere kiezen.",
        "The answer window has fewer whole working days than the parties agreed. The author can choose a longer one.",
    ),
    (
        "recipients-weging",
        "Een van de gevraagden is door de partijen niet genoemd voor de fase van de weging. De opsteller kan die weglaten.",
        "One of those asked is not named by the parties for the weging phase. The author can leave it out.",
    ),
    (
        "recipients-on-duty",
        "Bij een van de gevraagden heeft binnen de antwoordtermijn geen beoordelaar dienst. De opsteller kan een langere kiezen.",
        "At one of those asked no reviewer is on duty within the answer window. The author can choose a longer one.",
    ),
    (
        "minor-second",
        "De persoon is of kan jonger dan 18 zijn, en dan keurt ook een tweede persoon hier de vraag goed. Een andere goedkeurder kan dit doen.",
        "The person is or may be under 18, and then a second person here approves the question too. Another approver can do this.",
    ),
    (
        "asked-weging",
        "Deze organisatie is door de partijen niet genoemd voor de fase van de weging. De opsteller kan haar weglaten.",
        "This organisation is not named by the parties for the weging phase. The author can leave it out.",
    ),
    (
        "release-second",
        "Hier moet een tweede beoordelaar het eens zijn. Een andere beoordelaar kan dit doen.",
        "Here a second reviewer has to agree. Another reviewer can do this.",
    ),
    (
        "release-secrecy",
        "Deze organisatie is gebonden aan geheimhouding en er is geen grond van de lijst van de partijen vastgelegd. De beoordelaar kan die noemen.",
        "This organisation is bound to secrecy and no ground from the parties' list is recorded. The reviewer can name it.",
    ),
    (
        "automatic-persons",
        "Waar een tweede beoordelaar of een grond nodig is, gaat niets vanzelf weg. Een beoordelaar moet dit doen.",
        "Where a second reviewer or a ground is needed, nothing leaves by itself. A reviewer must do this.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Words that never stand on a screen (domain.md).
    const NEVER: &[&str] = &[
        "gesignaleerd",
        "treffer",
        "bekend bij",
        "%",
        "procent",
        "percent",
        "op grond van het convenant",
        "toegestaan op grond",
    ];

    #[test]
    fn no_explanation_uses_a_word_that_is_never_shown() {
        for (id, nl, en) in WORDS.iter().chain([&("failed", &*FAILED.nl, &*FAILED.en)]) {
            for word in NEVER {
                assert!(!nl.to_lowercase().contains(word) && !en.to_lowercase().contains(word), "{id}: {word}");
            }
        }
    }

    #[test]
    fn each_rule_is_explained_once() {
        let mut ids: Vec<_> = WORDS.iter().map(|(id, _, _)| id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), WORDS.len());
    }
}
