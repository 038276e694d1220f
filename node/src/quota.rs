//! How often was asked: per author and organisation a day, and when last about the same person.
//!
//! Counted from the journal's cases, so that a restart forgets nothing. A count is reserved before the convenant is
//! asked and given back when nothing comes of it, so that many questions at once cannot slip through together. What a
//! responder counts about a person is counted per asker, or a refusal would tell that others asked.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use weegnet_protocol::codec::Bytes;
use weegnet_protocol::id::ConvenantId;
use weegnet_protocol::statement::Subject;
use weegnet_protocol::time::Day;
use weegnet_protocol::{Oin, Timestamp};
use zeroize::Zeroizing;

use crate::exchange::record::Record;
use crate::people::PersonName;
use crate::store::mac;

/// Counters of this node.
pub struct Quota {
    key: Zeroizing<[u8; 32]>,
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    day: Option<Day>,
    today: HashMap<Counter, u32>,
    last: HashMap<Pseudonym, Timestamp>,
}

/// Who asks, and so who is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Counter {
    /// Another organisation asks us.
    Asker(ConvenantId, Oin),
    /// One of our authors asks.
    Author(ConvenantId, PersonName),
    /// We ask.
    Ourselves(ConvenantId),
}

/// A person as one asker asks about them: keyed, of no use elsewhere.
type Pseudonym = Bytes<32>;

/// What was counted before this question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counted {
    /// Questions of the first counter today.
    pub today: u32,
    /// Questions of the second counter today, if there is one.
    pub also_today: u32,
    /// When the same person was last asked about.
    pub same_person_at: Option<Timestamp>,
}

/// A count that is given back unless it is kept.
pub struct Reservation<'a> {
    quota: &'a Quota,
    counters: Vec<Counter>,
    before: Vec<(Pseudonym, Option<Timestamp>)>,
}

impl Reservation<'_> {
    /// The question is recorded: it counts.
    pub fn keep(mut self) {
        self.counters.clear();
        self.before.clear();
    }
}

impl Reservation<'_> {
    /// The draft is recorded and counts; its person does once it is approved ([`Quota::asked_about`]).
    pub fn keep_as_draft(mut self) {
        self.counters.clear();
    }
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        let mut counts = self.quota.lock();
        for counter in self.counters.drain(..) {
            if let Some(count) = counts.today.get_mut(&counter) {
                *count = count.saturating_sub(1);
            }
        }
        for (pseudonym, before) in self.before.drain(..) {
            match before {
                Some(at) => counts.last.insert(pseudonym, at),
                None => counts.last.remove(&pseudonym),
            };
        }
    }
}

impl Quota {
    /// Nothing counted yet; `key` keys the pseudonyms.
    pub fn new(key: &[u8; 32]) -> Self {
        Quota { key: Zeroizing::new(mac(key, &[b"weegnet same person"]).0), counts: Mutex::default() }
    }

    /// Counts one question at all of `counters`; about whom matters only where the convenant has a waiting time.
    pub fn reserve(
        &self,
        counters: Vec<Counter>,
        subject: Option<&Subject>,
        now: Timestamp,
    ) -> (Counted, Reservation<'_>) {
        let scope = counters.last().map(Counter::scope).unwrap_or_default();
        let pseudonyms = subject.map(|subject| self.pseudonyms(&scope, subject)).unwrap_or_default();
        let mut counts = self.lock();
        counts.begin(now.day());
        let mut before_today = counters.iter().map(|counter| counts.today.get(counter).copied().unwrap_or(0));
        let (today, also_today) = (before_today.next().unwrap_or(0), before_today.next().unwrap_or(0));
        for counter in &counters {
            *counts.today.entry(counter.clone()).or_default() += 1;
        }
        let before: Vec<_> = pseudonyms.into_iter().map(|name| (name, counts.last.insert(name, now))).collect();
        let same_person_at = before.iter().filter_map(|(_, at)| *at).max();
        (Counted { today, also_today, same_person_at }, Reservation { quota: self, counters, before })
    }

    /// Notes whom we asked about: from the approval on, the waiting time runs.
    pub fn asked_about(&self, convenant: &ConvenantId, subject: &Subject, now: Timestamp) {
        let scope = Counter::Ourselves(convenant.clone()).scope();
        let pseudonyms = self.pseudonyms(&scope, subject);
        let mut counts = self.lock();
        for pseudonym in pseudonyms {
            counts.last.insert(pseudonym, now);
        }
    }

    /// Counts a case that the projections hold.
    pub fn recall(&self, record: &Record, today: Day) {
        let (counters, subject, at) = match record {
            Record::Own(own) => {
                let convenant = own.matter.convenant.id();
                let asked = own.approval.is_some().then_some(&own.draft.subject);
                (asking(convenant, &own.author.person), asked, own.written)
            }
            Record::Question(question) if question.denied.is_none() => {
                let counters = vec![Counter::Asker(question.matter.convenant.id().clone(), question.matter.from)];
                (counters, question.subject.as_ref(), question.received)
            }
            _ => return,
        };
        let scope = counters.last().map(Counter::scope).unwrap_or_default();
        let pseudonyms = subject.map(|subject| self.pseudonyms(&scope, subject)).unwrap_or_default();
        let mut counts = self.lock();
        counts.begin(today);
        if at.day() == today {
            for counter in counters {
                *counts.today.entry(counter).or_default() += 1;
            }
        }
        for pseudonym in pseudonyms {
            let last = counts.last.entry(pseudonym).or_insert(at);
            *last = (*last).max(at);
        }
    }

    /// Forgets whom a case was about, unless they were asked about again since.
    pub fn forget(&self, record: &Record) {
        let (scope, subject, last) = match record {
            Record::Own(own) => {
                let scope = Counter::Ourselves(own.matter.convenant.id().clone()).scope();
                (scope, Some(&own.draft.subject), own.matter.answer_by)
            }
            Record::Question(question) => {
                let counter = Counter::Asker(question.matter.convenant.id().clone(), question.matter.from);
                (counter.scope(), question.subject.as_ref(), question.received)
            }
            Record::Approval(_) => return,
        };
        let pseudonyms = subject.map(|subject| self.pseudonyms(&scope, subject)).unwrap_or_default();
        let mut counts = self.lock();
        for pseudonym in pseudonyms {
            if counts.last.get(&pseudonym).is_some_and(|at| *at <= last) {
                counts.last.remove(&pseudonym);
            }
        }
    }

    /// A person is the same by BSN, or by folded surname and birth date.
    fn pseudonyms(&self, scope: &str, subject: &Subject) -> Vec<Pseudonym> {
        let person = &subject.person;
        let birth = person.birth().to_string();
        let bsn = person.bsn().map(|bsn| mac(&self.key, &[scope.as_bytes(), b"|bsn|", bsn.as_str().as_bytes()]));
        let names = person.folded_surnames().into_iter().map(|name| {
            mac(&self.key, &[scope.as_bytes(), b"|name|", name.as_str().as_bytes(), b"|", birth.as_bytes()])
        });
        bsn.into_iter().chain(names).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        // Every change is whole: a counter or a moment.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The counters of a question of our own: the author, and all of us.
pub fn asking(convenant: &ConvenantId, author: &PersonName) -> Vec<Counter> {
    vec![Counter::Author(convenant.clone(), author.clone()), Counter::Ourselves(convenant.clone())]
}

impl Counter {
    fn scope(&self) -> String {
        match self {
            Counter::Asker(convenant, oin) => format!("asker {convenant} {oin}"),
            Counter::Author(convenant, _) | Counter::Ourselves(convenant) => format!("ourselves {convenant}"),
        }
    }
}

impl Counts {
    fn begin(&mut self, day: Day) {
        if self.day != Some(day) {
            self.day = Some(day);
            self.today.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use weegnet_protocol::person::{Fields, PersonRef};

    use super::*;

    fn subject(surname: &str) -> Subject {
        let fields =
            Fields { surname: Some(surname.parse().unwrap()), birth: "1985".parse().unwrap(), ..Fields::default() };
        let person = PersonRef::try_from(fields).unwrap();
        Subject { salt: Bytes([0; 32]), minor: false, person, criteria: Vec::new() }
    }

    fn asker(n: u8) -> Vec<Counter> {
        vec![Counter::Asker("c".parse().unwrap(), format!("0000009900000000{n:04}").parse().unwrap())]
    }

    #[test]
    fn what_is_not_kept_does_not_count() {
        let quota = Quota::new(&[1; 32]);
        let now = Timestamp::from_seconds(86_400 * 20_000);
        let (counted, reservation) = quota.reserve(asker(1), Some(&subject("Bakker")), now);
        assert_eq!(counted, Counted::default());
        drop(reservation);
        let (counted, reservation) = quota.reserve(asker(1), Some(&subject("Bakker")), now);
        assert_eq!(counted, Counted::default());
        reservation.keep();
        let (counted, _) = quota.reserve(asker(1), Some(&subject("BAKKER")), now);
        assert_eq!(counted, Counted { today: 1, also_today: 0, same_person_at: Some(now) });
    }

    #[test]
    fn a_person_is_counted_per_asker() {
        let quota = Quota::new(&[1; 32]);
        let now = Timestamp::from_seconds(86_400 * 20_000);
        quota.reserve(asker(1), Some(&subject("Bakker")), now).1.keep();
        assert_eq!(quota.reserve(asker(2), Some(&subject("Bakker")), now).0, Counted::default());
    }

    #[test]
    fn questions_at_once_are_counted_one_by_one() {
        let quota = Quota::new(&[1; 32]);
        let now = Timestamp::from_seconds(86_400 * 20_000);
        let first = quota.reserve(asker(1), None, now);
        let second = quota.reserve(asker(1), None, now);
        assert_eq!((first.0.today, second.0.today), (0, 1));
    }

    #[test]
    fn a_draft_counts_at_once_and_its_person_from_the_approval_on() {
        let quota = Quota::new(&[1; 32]);
        let now = Timestamp::from_seconds(86_400 * 20_000);
        let convenant: ConvenantId = "c".parse().unwrap();
        let counters = || asking(&convenant, &"anna".parse().unwrap());
        quota.reserve(counters(), Some(&subject("Bakker")), now).1.keep_as_draft();
        let (counted, reservation) = quota.reserve(counters(), Some(&subject("Bakker")), now);
        assert_eq!(counted, Counted { today: 1, also_today: 1, same_person_at: None });
        drop(reservation);
        quota.asked_about(&convenant, &subject("Bakker"), now);
        assert_eq!(quota.reserve(counters(), Some(&subject("Bakker")), now).0.same_person_at, Some(now));
    }

    #[test]
    fn a_new_day_counts_anew() {
        let quota = Quota::new(&[1; 32]);
        let now = Timestamp::from_seconds(86_400 * 20_000);
        quota.reserve(asker(1), None, now).1.keep();
        assert_eq!(quota.reserve(asker(1), None, Timestamp::from_seconds(86_400 * 20_001)).0.today, 0);
    }
}
