//! The rules a second time, as a table in plain words, from the hard rules and requirements of the domain and the fields
//! of the convenant; nothing here was derived from the policies that run, and nothing of the product is used.

use super::paper::{DAY, Member, Mode, Paper, calendar, days_in, holiday, weekday};
use super::situation::{Act, Birth, Code, Motivation, Person, Recipient, Situation, Surname, Who};

/// How a rule speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// It is allowed when this holds and nothing stands in the way.
    Allowed,
    /// It is not allowed unless this holds.
    Unless,
}

pub struct Rule {
    pub name: &'static str,
    /// Where it comes from, as a denial tells it.
    pub article: &'static str,
    pub acts: &'static [Act],
    pub says: Says,
    pub holds: fn(&Case<'_>) -> bool,
}

/// A situation under a convenant.
pub struct Case<'a> {
    pub paper: &'a Paper,
    pub it: &'a Situation,
}

const ASKED: &[Act] = &[Act::Ask, Act::ReceiveDraft, Act::Approve, Act::Answer];
const DRAFTED: &[Act] = &[Act::Ask, Act::ReceiveDraft, Act::Approve];
const COUNTED: &[Act] = &[Act::Ask, Act::Answer];
const LATER: &[Act] = &[Act::ReceiveDraft, Act::Approve, Act::Answer];

use Says::{Allowed, Unless};

pub const RULES: &[Rule] = &[
    // Who does what.
    rule("ask", "H1", &[Act::Ask], Allowed, |case| case.has("author")),
    rule("approve", "H1", &[Act::Approve], Allowed, |case| case.has("approver")),
    rule("approver-no-author", "H1", &[Act::Approve], Unless, |case| !case.has("author")),
    rule("receive-draft", "H1", &[Act::ReceiveDraft], Allowed, |case| case.we_are_another_core_party()),
    rule("approver-core", "H1", &[Act::Approve], Unless, |case| case.we_are_another_core_party()),
    rule("answer", "convenant: grondslagen", &[Act::Answer], Allowed, |case| case.basis(case.it.us, case.it.from)),
    rule("release", "R4", &[Act::Release], Allowed, |case| case.has("reviewer")),
    rule("release-automatic", "R4", &[Act::ReleaseAutomatically], Allowed, |case| {
        case.mode(case.it.to) == Mode::Automatic && case.is_test_party(case.it.to) && case.is_test_party(case.it.from)
    }),
    rule("match", "H1", &[Act::Match], Allowed, |case| case.it.by_node),
    rule("review", "R4", &[Act::Match], Allowed, |case| !case.it.by_node && case.has("reviewer")),
    rule("withdraw", "H1", &[Act::Withdraw], Allowed, |case| case.has("author")),
    rule("weigh", "R10", &[Act::Weigh], Allowed, |case| case.has("author")),
    rule("decide", "R10", &[Act::Decide], Allowed, |case| case.has("author")),
    rule("read-log", "R17", &[Act::ReadLog], Allowed, |case| case.has("privacy_officer")),
    rule("inspect-log", "R17", &[Act::ReadLog], Allowed, |case| case.has("supervisor") && !case.it.specific),
    rule("subject-access", "R14", &[Act::SubjectAccess], Allowed, |case| case.has("privacy_officer")),
    rule("subject-list", "R14", &[Act::SubjectAccess], Allowed, |case| case.has("supervisor") && !case.it.specific),
    rule("administer", "H10", &[Act::Administer], Allowed, |case| case.has("operator") && !case.it.house.oversight),
    rule("oversee", "H10", &[Act::Administer], Allowed, |case| {
        case.has("privacy_officer") && (case.it.house.oversight || case.it.house.look)
    }),
    // What may be asked.
    rule("asker-core", "H1", ASKED, Unless, |case| case.core(case.asks())),
    rule("whole", "H2", ASKED, Unless, |case| case.whole()),
    rule("purpose", "AVG artikel 5, eerste lid, onder b (doelbinding)", ASKED, Unless, |case| case.it.our_purpose),
    rule("validity", "convenant: geldig_van, geldig_tot", ASKED, Unless, |case| {
        let today = case.it.now / DAY;
        case.paper.first_day <= today && today <= case.paper.last_day
    }),
    rule("criteria", "convenant: criteria", ASKED, Unless, |case| case.criteria()),
    rule("minor", "H6", ASKED, Unless, |case| case.minor_marked()),
    rule("bsn", "convenant: bsn", ASKED, Unless, |case| case.paper.bsn || !(case.it.person.bsn && case.readable())),
    rule("window-longest", "convenant: antwoordtermijn", ASKED, Unless, |case| {
        case.it.answer_by <= case.window_from() || case.it.answer_by - case.window_from() <= case.paper.most_window
    }),
    rule("window-shortest", "convenant: antwoordtermijn", &[Act::Ask], Unless, |case| {
        case.it.urgent || case.it.answer_by >= case.it.now + case.paper.least_window
    }),
    rule("window-urgent", "H12", &[Act::Ask], Unless, |case| {
        let least = case.paper.urgent_least.unwrap_or(case.paper.least_window);
        !case.it.urgent || case.it.answer_by >= case.it.now + least
    }),
    rule("window-working-days", "convenant: werkwijze", &[Act::Ask], Unless, |case| {
        case.it.urgent || case.whole_working_days() >= case.paper.working_days
    }),
    rule("window-closed", "convenant: antwoordtermijn", LATER, Unless, |case| case.it.now < case.it.answer_by),
    // About whom, and to whom.
    rule("specific", "H1", DRAFTED, Unless, |case| is_specific(&case.it.person)),
    rule("recipients-answer", "convenant: partijen, modus", DRAFTED, Unless, |case| {
        case.each(|case, to| case.mode(to.who) != Mode::Never)
    }),
    rule("recipients-basis", "convenant: grondslagen", DRAFTED, Unless, |case| {
        case.each(|case, to| case.party(to.who).is_none() || case.basis(to.who, case.it.asker))
    }),
    rule("recipients-reason", "convenant: redenen", DRAFTED, Unless, |case| {
        case.each(|case, to| match to.reason {
            Some(reason) => matches!(reason, Code::Listed(_)),
            None => case.party(to.who).is_none_or(Member::core),
        })
    }),
    rule("recipients-weging", "convenant: afspraken, weging", DRAFTED, Unless, |case| {
        case.each(|case, to| case.party(to.who).is_none() || case.paper.in_weging(to.who))
    }),
    rule("recipients-on-duty", "convenant: afspraken, rooster", DRAFTED, Unless, |case| {
        case.each(|case, to| case.on_duty(to.who))
    }),
    rule("minor-second", "H6", &[Act::Approve], Unless, |case| {
        !(case.paper.minor_second && case.it.marked_minor) || case.it.another
    }),
    // How often.
    rule("quota-author", "convenant: quota", &[Act::Ask], Unless, |case| case.it.by_author < case.paper.per_author),
    rule("ceiling-author", "H1", &[Act::Ask], Unless, |case| case.paper.only_test() || case.it.by_author < 10),
    rule("quota-organisation", "convenant: quota", COUNTED, Unless, |case| {
        case.it.by_organisation < case.paper.per_organisation
    }),
    rule("ceiling-organisation", "H1", COUNTED, Unless, |case| case.paper.only_test() || case.it.by_organisation < 30),
    rule("waiting", "H1", COUNTED, Unless, |case| {
        case.paper.waiting == 0
            || case.it.last_asked.is_none_or(|last| case.it.now.saturating_sub(last) >= case.paper.waiting)
    }),
    // Before anything is looked up.
    rule("approved", "H1", &[Act::Answer], Unless, |case| case.approved()),
    rule("answers", "convenant: partijen, modus", &[Act::Answer], Unless, |case| case.mode(case.it.us) != Mode::Never),
    rule("asked-open", "H7", &[Act::Answer], Unless, |case| {
        case.paper.only_test() || case.core(case.it.us) || case.it.sealed
    }),
    rule("asked-weging", "convenant: afspraken, weging", &[Act::Answer], Unless, |case| {
        case.party(case.it.us).is_some() && case.paper.in_weging(case.it.us)
    }),
    // Before a match is looked for.
    rule("match-closed", "convenant: antwoordtermijn", &[Act::Match], Unless, |case| {
        !case.it.by_node || case.it.now < case.it.answer_by
    }),
    rule("match-purpose", "convenant: grondslagen", &[Act::Match], Unless, |case| {
        case.basis(case.it.us, case.it.asker)
    }),
    rule("match-own", "R4", &[Act::Match], Unless, |case| !case.it.own_question),
    // After the answers.
    // Whoever is no party is a stranger, and one stranger is like another.
    rule("withdraw-own", "H1", &[Act::Withdraw], Unless, |case| case.it.us == case.it.asker),
    rule("weigh-core", "R10", &[Act::Weigh, Act::Decide], Unless, |case| case.core(case.it.us)),
    rule("weigh-criteria", "R11", &[Act::Weigh], Unless, |case| {
        let criteria = &case.it.criteria;
        let listed = criteria.iter().all(|code| *code != Code::Unlisted);
        case.it.reasoned && listed && !criteria.is_empty() && !repeats(criteria)
    }),
    rule("decide-weighed", "R10", &[Act::Decide], Unless, |case| {
        let core = (0..case.paper.parties.len()).filter(|who| case.core(*who));
        core.into_iter().all(|who| case.it.weighed_by.contains(&who))
    }),
    // In the own house.
    rule("log-mandate", "R17", &[Act::ReadLog], Unless, |case| !case.it.specific || case.it.mandated),
    rule("roles-own", "H10", &[Act::Administer], Unless, |case| !case.it.house.own),
    rule("roles-last", "H10", &[Act::Administer], Unless, |case| !case.it.house.last),
    // Before anything leaves.
    rule("release-second", "convenant: afspraken, tweede_verstrekker", &[Act::Release], Unless, |case| {
        case.it.another || !case.party(case.it.us).is_some_and(|party| party.second)
    }),
    rule("release-secrecy", "convenant: afspraken, geheimhouding", &[Act::Release], Unless, |case| {
        let grounded = matches!(case.it.ground, Some(Code::Listed(_)));
        grounded || !case.party(case.it.us).is_some_and(|party| party.secrecy)
    }),
    rule("automatic-persons", "R4", &[Act::ReleaseAutomatically], Unless, |case| {
        case.party(case.it.to).is_none_or(|party| !party.second && !party.secrecy)
    }),
    rule("release-own", "R4", &[Act::Release], Unless, |case| !case.it.own_question),
    rule("release-mode", "convenant: partijen, modus", &[Act::Release], Unless, |case| {
        case.mode(case.it.us) == Mode::AfterRelease
    }),
    rule(
        "release-deadline",
        "convenant: antwoordtermijn",
        &[Act::Release, Act::ReleaseAutomatically],
        Unless,
        |case| {
            let now = if case.it.act == Act::Release { case.it.now } else { case.it.later };
            now < case.it.answer_by
        },
    ),
];

const fn rule(
    name: &'static str,
    article: &'static str,
    acts: &'static [Act],
    says: Says,
    holds: fn(&Case<'_>) -> bool,
) -> Rule {
    Rule { name, article, acts, says, holds }
}

/// The rules that stand in the way, in alphabetical order; none when it is permitted.
pub fn in_the_way(case: &Case<'_>) -> Vec<&'static str> {
    let of_act = || RULES.iter().filter(|rule| rule.acts.contains(&case.it.act));
    let mut names: Vec<_> =
        of_act().filter(|rule| rule.says == Unless && !(rule.holds)(case)).map(|rule| rule.name).collect();
    if names.is_empty() && !of_act().any(|rule| rule.says == Allowed && (rule.holds)(case)) {
        names.extend(of_act().filter(|rule| rule.says == Allowed).map(|rule| rule.name));
    }
    names.sort_unstable();
    names
}

/// Where these rules come from, each once.
pub fn articles(names: &[&str]) -> String {
    let mut articles: Vec<&str> = Vec::new();
    for name in names {
        let rule = RULES.iter().find(|rule| rule.name == *name).expect("a rule");
        if !articles.contains(&rule.article) {
            articles.push(rule.article);
        }
    }
    articles.join("; ")
}

impl Case<'_> {
    fn party(&self, who: Who) -> Option<&Member> {
        self.paper.parties.get(who)
    }

    pub fn core(&self, who: Who) -> bool {
        self.party(who).is_some_and(Member::core)
    }

    /// Whoever is no party answers nothing.
    fn mode(&self, who: Who) -> Mode {
        self.party(who).map_or(Mode::Never, |party| party.mode)
    }

    fn is_test_party(&self, who: Who) -> bool {
        self.party(who).is_some_and(|party| party.test)
    }

    fn basis(&self, from: Who, to: Who) -> bool {
        self.paper.bases.contains(&(from, to))
    }

    fn has(&self, role: &str) -> bool {
        self.it.roles.contains(&role)
    }

    fn each(&self, holds: fn(&Self, &Recipient) -> bool) -> bool {
        self.it.recipients.iter().all(|to| holds(self, to))
    }

    /// Who asks: at the author's own node we do, elsewhere whoever signed.
    fn asks(&self) -> Who {
        if self.it.act == Act::Ask { self.it.us } else { self.it.from }
    }

    /// Days that nobody works half: after today, over before the answer is due, neither weekend nor holiday.
    fn whole_working_days(&self) -> u64 {
        let (today, due) = (self.it.now / DAY, self.it.answer_by / DAY);
        let soon = (today + 1..due).take(60);
        soon.filter(|day| weekday(*day) < 5 && !holiday(*day)).count() as u64
    }

    /// Whether a reviewer is on duty on a day of the window; without a roster one always is.
    fn on_duty(&self, who: Who) -> bool {
        let Some(roster) = self.party(who).and_then(|party| party.roster) else { return true };
        let last = self.it.answer_by.max(1) - 1;
        let mut days = (self.window_from() / DAY..=last / DAY).take(22);
        days.any(|day| roster[weekday(day) as usize] && !holiday(day))
    }

    fn window_from(&self) -> u64 {
        if self.it.act == Act::Ask { self.it.now } else { self.it.issued }
    }

    fn we_are_another_core_party(&self) -> bool {
        self.core(self.it.us) && self.it.us != self.it.from
    }

    /// At the one who is asked only the person that was committed to is read; if it is another, nothing of it is judged, nor
    /// of one who is sealed.
    fn readable(&self) -> bool {
        self.it.act != Act::Answer || (self.it.person_committed && !self.it.sealed)
    }

    /// H2: everything belongs together and is what was signed: asker, text, person, motivation, recipients.
    fn whole(&self) -> bool {
        let it = self.it;
        let signed = match it.act {
            Act::Ask => it.asker == it.us,
            _ => it.from == it.asker && it.to == it.us && it.envelope_cites_ours,
        };
        let complete = it.act == Act::Answer || self.draft_is_complete();
        let sealed = it.act == Act::Answer && it.sealed;
        signed && it.question_cites_ours && (it.person_committed || sealed) && complete
    }

    fn draft_is_complete(&self) -> bool {
        let it = self.it;
        let recipients: Vec<_> = it.recipients.iter().map(|to| to.who).collect();
        it.motivation_committed
            && it.motivation == Motivation::Good
            && !recipients.is_empty()
            && !repeats(&recipients)
            && !recipients.contains(&it.asker)
            && !it.criteria.is_empty()
            && !repeats(&it.criteria)
    }

    /// At least one criterion, each from the list, none twice.
    fn criteria(&self) -> bool {
        let criteria = &self.it.criteria;
        !self.readable()
            || (!criteria.is_empty() && !repeats(criteria) && criteria.iter().all(|code| *code != Code::Unlisted))
    }

    /// H6: the author's mark is right; later nobody who may have been a minor then goes unmarked.
    fn minor_marked(&self) -> bool {
        let may_be_minor = may_be_minor(self.it.person.birth, self.window_from());
        match self.it.act {
            Act::Ask => self.it.marked_minor == may_be_minor,
            _ => !self.readable() || self.it.marked_minor || !may_be_minor,
        }
    }

    /// H1: another core party approved exactly this question to exactly us, and said so to the asker.
    fn approved(&self) -> bool {
        let (it, approval) = (self.it, &self.it.approval);
        approval.verified
            && approval.by == approval.enclosed_by
            && self.core(approval.by)
            && approval.by != it.asker
            && approval.by != it.from
            && approval.to_asker
            && approval.of_this_question
            && approval.names_us
            && approval.cites_ours == it.question_cites_ours
    }
}

/// Whether one person is meant surely enough: a BSN, or a name with at least the year of birth.
fn is_specific(person: &Person) -> bool {
    let named = matches!(person.surname, Surname::Known | Surname::Alias);
    person.bsn || (named && person.birth.0.is_some())
}

/// Not certainly 18 on that day: what is not known of a date counts as late as it can be.
pub fn may_be_minor(birth: Birth, at: u64) -> bool {
    let (year, month, day) = calendar(at / DAY);
    match birth {
        (None, _, _) => true,
        (Some(born), known_month, known_day) => {
            let born_in = known_month.unwrap_or(12);
            (born + 18, born_in, known_day.unwrap_or_else(|| days_in(born, born_in))) > (year, month, day)
        }
    }
}

fn repeats<T: PartialEq>(items: &[T]) -> bool {
    items.iter().enumerate().any(|(at, item)| items[..at].contains(item))
}
