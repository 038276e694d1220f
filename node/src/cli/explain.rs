//! `weegnet convenant explain` and `rules`: what would be decided in a situation, and why; whether rules of one's own hold.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use serde::{Deserialize, Serialize};
use weegnet_policy::convenant::{Convenant, Terms};
use weegnet_policy::decide::{
    Action, Administering, Explained, LocalProblem, LocalRules, PersonFlags, Role, Situation, Step, WhatIf,
};
use weegnet_policy::lang::Lang;
use weegnet_policy::role::Roles;
use weegnet_protocol::Oin;
use weegnet_protocol::id::Slug;
use weegnet_protocol::purpose::Purpose;
use weegnet_protocol::statement::RefusalCode;
use weegnet_protocol::time::{Day, Timestamp};

use super::situation::template;
use super::{Failure, files, print};

#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The document (TOML); nobody needs to have signed it
    file: PathBuf,
    /// What is tried, by whom and when (TOML); --template prints one to fill in
    #[arg(long, value_name = "SITUATION.toml", required_unless_present = "template")]
    situation: Option<PathBuf>,
    /// Print a situation to fill in, with the parties and codes of this document, and stop
    #[arg(long, conflicts_with_all = ["situation", "json"])]
    template: bool,
    /// A file with rules of one's own, to be taken along
    #[arg(long, value_name = "RULES.cedar")]
    rules: Option<PathBuf>,
    /// Language of the sentences: nl or en
    #[arg(long, default_value = "nl", value_parser = Lang::from_str)]
    lang: Lang,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct RulesArgs {
    /// The file (Cedar, only forbid)
    #[arg(required_unless_present = "schema")]
    file: Option<PathBuf>,
    /// Print what rules can speak about, and stop
    #[arg(long, conflicts_with_all = ["file", "json"])]
    schema: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A situation as it is written down. The names are Dutch, as in the convenant.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    handeling: Handeling,
    #[serde(default)]
    rollen: Vec<String>,
    organisatie: Oin,
    vrager: Option<Oin>,
    #[serde(default)]
    gevraagden: Vec<Asked>,
    goedkeurder: Option<Oin>,
    doel: Option<Purpose>,
    #[serde(default)]
    criteria: Vec<Slug>,
    moment: toml::value::Datetime,
    ondertekend: Option<toml::value::Datetime>,
    antwoord_voor: Option<toml::value::Datetime>,
    #[serde(default)]
    spoed: bool,
    #[serde(default)]
    eigen_vraag: bool,
    /// Bij zoeken: het knooppunt zelf, en geen beoordelaar.
    #[serde(default)]
    door_het_knooppunt: bool,
    /// Bij goedkeuren en verstrekken: iemand anders hier ging voor.
    #[serde(default)]
    een_ander_ging_voor: bool,
    /// Bij verstrekken door wie aan geheimhouding is gebonden.
    grond: Option<Slug>,
    #[serde(default)]
    gemotiveerd: bool,
    #[serde(default)]
    gewogen_door: Vec<Oin>,
    #[serde(default)]
    losse_zaken: bool,
    #[serde(default)]
    mandaat_en_vermoeden: bool,
    #[serde(default)]
    zaak_van_toezicht: bool,
    #[serde(default)]
    alleen_kijken: bool,
    #[serde(default)]
    eigen_rol: bool,
    #[serde(default)]
    laatste_met_rol: bool,
    #[serde(default)]
    persoon: Person,
    #[serde(default)]
    eerder: Before,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Handeling {
    Vragen,
    ConceptOntvangen,
    Goedkeuren,
    Antwoorden,
    Verstrekken,
    AutomatischVerstrekken,
    Zoeken,
    Intrekken,
    Wegen,
    Besluiten,
    LogboekInzien,
    VerzoekBehandelen,
    Beheren,
}

impl Handeling {
    /// Whether another organisation has to be named as the one that asks.
    fn is_of_anothers_question(self) -> bool {
        matches!(
            self,
            Handeling::ConceptOntvangen
                | Handeling::Goedkeuren
                | Handeling::Antwoorden
                | Handeling::AutomatischVerstrekken
                | Handeling::Zoeken
        )
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    oin: Oin,
    reden: Option<Slug>,
}

/// Nothing here says who it is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Person {
    bsn: bool,
    kan_minderjarig_zijn: bool,
    gemerkt_minderjarig: Option<bool>,
    wijst_een_persoon_aan: bool,
}

impl Default for Person {
    fn default() -> Self {
        Person { bsn: false, kan_minderjarig_zijn: false, gemerkt_minderjarig: None, wijst_een_persoon_aan: true }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Before {
    door_opsteller_vandaag: u64,
    door_organisatie_vandaag: u64,
    zelfde_persoon: Option<toml::value::Datetime>,
}

pub fn run(args: &ExplainArgs) -> Result<(), Failure> {
    let convenant = Convenant::parse(&files::text(&args.file)?)
        .map_err(|problems| format!("{}:\n{problems}", args.file.display()))?;
    let Some(path) = &args.situation else {
        return print::lines(&template(convenant.terms()));
    };
    let situation = read(path, convenant.terms())?;
    let local = match &args.rules {
        Some(path) => {
            LocalRules::parse(&files::text(path)?).map_err(|found| format!("{}:\n{found}", path.display()))?
        }
        None => LocalRules::default(),
    };
    let explained = WhatIf::new(convenant, &local)?.explain(&situation);
    if args.json { print::json(&view(&explained, args.lang)) } else { print::lines(&words(&explained, args.lang)) }
}

/// `weegnet convenant rules`: what a node would say of this file when it starts.
pub fn rules(args: &RulesArgs) -> Result<(), Failure> {
    let Some(path) = &args.file else {
        return print::lines(LocalRules::SCHEMA);
    };
    match (LocalRules::parse(&files::text(path)?), args.json) {
        (Ok(local), true) => {
            print::json(&serde_json::json!({ "rules": local.names().collect::<Vec<_>>(), "problems": [] }))
        }
        (Ok(local), false) => {
            let names: String = local.names().map(|name| format!("  {name}\n")).collect();
            print::lines(&format!(
                "{}: no problems; it forbids, in addition to every convenant:\n{names}",
                path.display()
            ))
        }
        (Err(found), true) => {
            let problem = |problem: &LocalProblem| serde_json::json!({ "line": problem.line, "problem": problem.fault.to_string() });
            print::json(&serde_json::json!({ "problems": found.0.iter().map(problem).collect::<Vec<_>>() }))?;
            Err(format!("{}: rules that cannot be used", path.display()).into())
        }
        (Err(found), false) => Err(format!("{}:\n{found}", path.display()).into()),
    }
}

fn read(path: &Path, terms: &Terms) -> Result<Situation, Failure> {
    let say = |what: &dyn std::fmt::Display| format!("{}: {what}", path.display());
    let written: Written = toml::from_str(&files::text(path)?).map_err(|error| say(&error))?;
    Ok(situation(written, terms).map_err(|error| say(&error))?)
}

fn situation(written: Written, terms: &Terms) -> Result<Situation, String> {
    let now = moment("moment", &written.moment)?;
    let issued = written.ondertekend.as_ref().map_or(Ok(now), |at| moment("ondertekend", at))?;
    let standard = issued + terms.window.default.millis();
    let answer_by = written.antwoord_voor.as_ref().map_or(Ok(standard), |at| moment("antwoord_voor", at))?;
    let same_person = written.eerder.zelfde_persoon.as_ref();
    let same_person = same_person.map(|at| moment("eerder.zelfde_persoon", at)).transpose()?;
    let person = written.persoon;
    if person.bsn && !person.wijst_een_persoon_aan {
        return Err("persoon: a BSN always points to one person: leave wijst_een_persoon_aan out".into());
    }
    let role = |text: &String| text.parse::<Role>().map_err(|error| format!("rollen: {text:?}: {error}"));
    let roles = written.rollen.iter().map(role).collect::<Result<Roles, _>>()?;
    let asks = written.handeling == Handeling::Vragen;
    let asker = match written.vrager {
        Some(asker) => asker,
        None if !written.handeling.is_of_anothers_question() => written.organisatie,
        None => return Err("vrager: name the organisation that asks".into()),
    };
    if asks && asker != written.organisatie {
        return Err("vrager: who asks is the organisation itself: leave vrager out".into());
    }
    Ok(Situation {
        act: match written.handeling {
            Handeling::Vragen => Action::Ask,
            Handeling::ConceptOntvangen => Action::ReceiveDraft,
            Handeling::Goedkeuren => Action::Approve,
            Handeling::Antwoorden => Action::Answer,
            Handeling::Verstrekken => Action::Release,
            Handeling::AutomatischVerstrekken => Action::ReleaseAutomatically,
            Handeling::Zoeken => Action::Match,
            Handeling::Intrekken => Action::Withdraw,
            Handeling::Wegen => Action::Weigh,
            Handeling::Besluiten => Action::Decide,
            Handeling::LogboekInzien => Action::ReadLog,
            Handeling::VerzoekBehandelen => Action::SubjectAccess,
            Handeling::Beheren => Action::Administer,
        },
        roles,
        us: written.organisatie,
        asker,
        recipients: written.gevraagden.into_iter().map(|to| (to.oin, to.reden)).collect(),
        approver: written.goedkeurder,
        purpose: written.doel,
        criteria: written.criteria,
        person: PersonFlags {
            bsn: person.bsn,
            may_be_minor: person.kan_minderjarig_zijn,
            marked_minor: person.gemerkt_minderjarig.unwrap_or(person.kan_minderjarig_zijn),
            specific: person.wijst_een_persoon_aan,
        },
        now,
        issued,
        answer_by,
        urgent: written.spoed,
        own_question: written.eigen_vraag,
        by_author: written.eerder.door_opsteller_vandaag,
        by_organisation: written.eerder.door_organisatie_vandaag,
        same_person,
        by_node: written.door_het_knooppunt,
        another_agreed: written.een_ander_ging_voor,
        ground: written.grond,
        reasoned: written.gemotiveerd,
        weighed_by: written.gewogen_door,
        specific: written.losse_zaken,
        mandated: written.mandaat_en_vermoeden,
        administering: Administering {
            oversight: written.zaak_van_toezicht,
            look: written.alleen_kijken,
            own: written.eigen_rol,
            last: written.laatste_met_rol,
        },
    })
}

/// A moment in UTC: with a local time nobody could say on which side of a deadline it is.
fn moment(field: &str, at: &toml::value::Datetime) -> Result<Timestamp, String> {
    let wrong = || format!("{field}: write a moment in UTC such as 2026-11-23T12:00:00Z");
    let (Some(date), Some(time), Some(toml::value::Offset::Z)) = (at.date, at.time, at.offset) else {
        return Err(wrong());
    };
    let day = Day::new(date.year, date.month, date.day).filter(|day| day.year >= 1970).ok_or_else(wrong)?;
    let seconds = u64::from(time.hour) * 3600 + u64::from(time.minute) * 60 + u64::from(time.second.unwrap_or(0));
    let millis = u64::from(time.nanosecond.unwrap_or(0)) / 1_000_000;
    Ok(Timestamp::from_millis(day.start().as_millis() + seconds * 1000 + millis))
}

#[derive(Serialize)]
struct View<'a> {
    permitted: bool,
    /// The rules that permit it, or that stand in the way.
    policy_ids: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    article: Option<&'a str>,
    /// All that another organisation would hear.
    #[serde(skip_serializing_if = "Option::is_none")]
    peer_hears: Option<RefusalCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sentence: Option<&'a str>,
    rules: Vec<RuleView<'a>>,
}

#[derive(Serialize)]
struct RuleView<'a> {
    id: &'a str,
    article: &'a str,
    effect: &'static str,
    passes: bool,
    /// What is missing and who can mend it, where it does not pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    sentence: Option<&'a str>,
}

fn sentence(step: &Step, lang: Lang) -> Option<&str> {
    (!step.passes).then_some(if lang == Lang::Nl { &*step.nl } else { &*step.en })
}

fn rule_view(step: &Step, lang: Lang) -> RuleView<'_> {
    RuleView {
        id: &step.id,
        article: &step.article,
        effect: if step.permits { "permit" } else { "forbid" },
        passes: step.passes,
        sentence: sentence(step, lang),
    }
}

fn view(explained: &Explained, lang: Lang) -> View<'_> {
    let denial = explained.decision.as_ref().err();
    View {
        permitted: denial.is_none(),
        policy_ids: explained.decision.as_ref().unwrap_or_else(|denial| &denial.policy_ids),
        article: denial.map(|denial| &*denial.article),
        peer_hears: denial.map(|denial| denial.refusal_code()),
        sentence: denial.map(|denial| if lang == Lang::Nl { &*denial.nl } else { &*denial.en }),
        rules: explained.steps.iter().map(|step| rule_view(step, lang)).collect(),
    }
}

fn words(explained: &Explained, lang: Lang) -> String {
    let say = |nl: &'static str, en: &'static str| if lang == Lang::Nl { nl } else { en };
    let decision = match &explained.decision {
        Ok(_) => say("Dit kan.", "This can be done."),
        Err(_) => say("Dit kan niet.", "This cannot be done."),
    };
    let mut text = format!("{decision}\n\n");
    let (stopped, passed): (Vec<_>, Vec<_>) = explained.steps.iter().partition(|step| !step.passes);
    for step in stopped {
        let how = if step.permits {
            say("staat het niet toe", "does not permit it")
        } else {
            say("staat in de weg", "stands in the way")
        };
        text.push_str(&format!("  x {:21} {how} ({})\n", step.id, step.article));
        text.push_str(&format!("      {}\n", sentence(step, lang).unwrap_or_default()));
    }
    for step in passed {
        let how = if step.permits {
            say("staat het toe", "permits it")
        } else {
            say("staat niet in de weg", "does not stand in the way")
        };
        text.push_str(&format!("  - {:21} {how} ({})\n", step.id, step.article));
    }
    text.push('\n');
    text.push_str(say("Er is niets gedaan en niets vastgelegd.\n", "Nothing was done and nothing was recorded.\n"));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = include_str!("../../../deploy/convenant-voorbeeld.toml");

    fn explained(change: &[(&str, &str)]) -> Explained {
        let convenant = Convenant::parse(SAMPLE).unwrap();
        let text = change.iter().fold(template(convenant.terms()), |text, (from, to)| {
            assert!(text.contains(from), "not in the template: {from}");
            text.replacen(from, to, 1)
        });
        let written = toml::from_str(&text).unwrap();
        let situation = situation(written, convenant.terms()).unwrap();
        WhatIf::new(convenant, &LocalRules::default()).unwrap().explain(&situation)
    }

    #[test]
    fn the_template_is_a_situation_that_is_permitted() {
        assert_eq!(explained(&[]).decision, Ok(vec!["ask".to_owned()]));
    }

    #[test]
    fn a_situation_is_explained_in_both_languages_with_the_same_rules() {
        let told = explained(&[("door_opsteller_vandaag = 0", "door_opsteller_vandaag = 10"), ("\"opsteller\"", "")]);
        assert_eq!(told.decision.as_ref().unwrap_err().policy_ids, ["quota-author"]);
        let (nl, en) = (words(&told, Lang::Nl), words(&told, Lang::En));
        for text in [&nl, &en] {
            assert!(text.contains("quota-author") && text.contains("convenant: quota"), "{text}");
        }
        assert!(
            nl.starts_with("Dit kan niet.")
                && nl.contains("U bent geen opsteller")
                && nl.contains("Morgen kan het weer")
        );
        assert!(en.starts_with("This cannot") && en.contains("You are not an author"));
        let (nl, en) = (view(&told, Lang::Nl), view(&told, Lang::En));
        assert_eq!((nl.policy_ids, nl.rules.len()), (en.policy_ids, en.rules.len()));
        assert_ne!(nl.sentence, en.sentence);
    }

    #[test]
    fn a_moment_without_utc_and_an_unknown_word_are_refused() {
        let convenant = Convenant::parse(SAMPLE).unwrap();
        let text = template(convenant.terms());
        let local = text.replace("moment = 2026-01-01T12:00:00Z", "moment = 2026-01-01T12:00:00");
        assert_ne!(local, text);
        assert!(situation(toml::from_str(&local).unwrap(), convenant.terms()).unwrap_err().contains("UTC"));
        let role = text.replace("\"opsteller\"", "\"baas\"");
        assert!(situation(toml::from_str(&role).unwrap(), convenant.terms()).unwrap_err().contains("baas"));
        assert!(toml::from_str::<Written>(&text.replace("spoed =", "haast =")).is_err());
    }
}
