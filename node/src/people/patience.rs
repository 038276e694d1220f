//! How fast somebody may try: back-off for signing in, per account and per address, and the pace of everything else.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use weegnet_protocol::Timestamp;
use weegnet_protocol::codec::Hash;
use weegnet_protocol::time::Millis;

/// Requests of one client within a second.
pub const PER_SECOND: u32 = 20;
/// Requests of one client within a minute.
pub const PER_MINUTE: u32 = 600;
/// Clients, and names, that are kept count of; beyond that the one whose count matters least is forgotten.
const MAX_COUNTED: usize = 20_000;

/// How tries on one account are slowed down: after 3 the wait doubles from 1 s to 1 min; each 10 min forgive one. Longer
/// would let anybody lock a colleague out.
const ACCOUNT: Slowing = Slowing { free: 3, longest: Millis::seconds(60), forgives: Millis::seconds(600) };
/// The same for an address, behind which a whole office may be: after 10, to 15 min; each minute forgives one.
const ADDRESS: Slowing = Slowing { free: 10, longest: Millis::seconds(900), forgives: Millis::seconds(60) };

#[derive(Clone, Copy)]
struct Slowing {
    free: u32,
    longest: Millis,
    forgives: Millis,
}

#[derive(Clone, Copy)]
struct Tries {
    count: u32,
    /// From when on the count was forgiven.
    since: Timestamp,
    last: Timestamp,
}

/// One end of a connection: an IPv4 address, or the 64 bits of an IPv6 address that one client has to itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Client(u128);

impl From<IpAddr> for Client {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => Client(u128::from(u32::from(v4))),
            IpAddr::V6(v6) => Client(u128::from(v6) >> 64 << 64 | 1 << 63),
        }
    }
}

/// Whoever tries to sign in waits longer with every failure.
#[derive(Default)]
pub struct Patience {
    accounts: Mutex<HashMap<Hash, Tries>>,
    addresses: Mutex<HashMap<Client, Tries>>,
}

impl Patience {
    /// Begins a try; it counts as a failure until [`succeeded`](Self::succeeded). `account` names what was typed, whether
    /// somebody has that name or not.
    ///
    /// # Errors
    /// How long to wait first; such a try counts for nothing.
    pub fn begin(&self, account: &Hash, client: Client, now: Timestamp) -> Result<(), Millis> {
        let (mut accounts, mut addresses) = (lock(&self.accounts), lock(&self.addresses));
        let wait = ACCOUNT.wait(accounts.get(account), now).max(ADDRESS.wait(addresses.get(&client), now));
        if wait.0 > 0 {
            return Err(wait);
        }
        ACCOUNT.count(&mut accounts, *account, now);
        ADDRESS.count(&mut addresses, client, now);
        Ok(())
    }

    /// The try went well: the account's count ends. The address's does not: otherwise an account of one's own would buy
    /// guesses at others.
    pub fn succeeded(&self, account: &Hash, client: Client) {
        lock(&self.accounts).remove(account);
        if let Some(tries) = lock(&self.addresses).get_mut(&client) {
            tries.count = tries.count.saturating_sub(1);
        }
    }

    /// Whether the latest failure on this account is the first one to slow it down.
    pub fn begins_to_be_slow(&self, account: &Hash) -> bool {
        lock(&self.accounts).get(account).is_some_and(|tries| tries.count == ACCOUNT.free)
    }
}

impl Slowing {
    fn wait(self, tries: Option<&Tries>, now: Timestamp) -> Millis {
        let Some(tries) = tries else { return Millis(0) };
        let count = self.left(tries, now);
        if count < self.free {
            return Millis(0);
        }
        let doubled = Millis::seconds(1 << (count - self.free).min(20)).min(self.longest);
        now.until(tries.last + doubled)
    }

    fn left(self, tries: &Tries, now: Timestamp) -> u32 {
        let forgiven = tries.since.until(now).0 / self.forgives.0;
        tries.count.saturating_sub(u32::try_from(forgiven).unwrap_or(u32::MAX))
    }

    fn count<K: std::hash::Hash + Eq + Copy>(self, all: &mut HashMap<K, Tries>, key: K, now: Timestamp) {
        if all.len() >= MAX_COUNTED && !all.contains_key(&key) {
            all.retain(|_, tries| self.left(tries, now) > 0);
            if all.len() >= MAX_COUNTED
                && let Some(least) = all.iter().min_by_key(|(_, tries)| self.left(tries, now)).map(|(key, _)| *key)
            {
                all.remove(&least);
            }
        }
        let tries = all.entry(key).or_insert(Tries { count: 0, since: now, last: now });
        let left = self.left(tries, now);
        // What was forgiven is taken off as a whole, and the rest of its time goes on.
        if left < tries.count {
            tries.since =
                if left == 0 { now } else { tries.since + Millis(self.forgives.0 * u64::from(tries.count - left)) };
            tries.count = left;
        }
        tries.count = tries.count.saturating_add(1);
        tries.last = tries.last.max(now);
    }
}

/// How many requests a client makes.
#[derive(Default)]
pub struct Pace {
    clients: Mutex<HashMap<Hash, Counted>>,
}

#[derive(Clone, Copy, Default)]
struct Counted {
    second: u64,
    in_second: u32,
    minute: u64,
    in_minute: u32,
}

impl Pace {
    /// Counts a request of `client`, who is a session or an address.
    ///
    /// # Errors
    /// How long to wait: the request is one too many.
    pub fn admit(&self, client: Hash, now: Timestamp) -> Result<(), Millis> {
        let (second, minute) = (now.as_seconds(), now.as_seconds() / 60);
        let mut clients = lock(&self.clients);
        if clients.len() >= MAX_COUNTED && !clients.contains_key(&client) {
            clients.retain(|_, counted| counted.minute >= minute);
            if clients.len() >= MAX_COUNTED
                && let Some(least) = clients.iter().min_by_key(|(_, counted)| counted.in_minute).map(|(key, _)| *key)
            {
                clients.remove(&least);
            }
        }
        let counted = clients.entry(client).or_default();
        // A clock that is set back a little buys nobody a fresh count, and one that is set back far locks nobody out.
        let is_over = |counted: u64, now: u64, at_most: u64| now > counted || counted - now > at_most;
        if is_over(counted.second, second, 60) {
            (counted.second, counted.in_second) = (second, 0);
        }
        if is_over(counted.minute, minute, 1) {
            (counted.minute, counted.in_minute) = (minute, 0);
        }
        if counted.in_minute >= PER_MINUTE {
            return Err(now.until(Timestamp::from_seconds((minute + 1) * 60)));
        }
        if counted.in_second >= PER_SECOND {
            return Err(now.until(Timestamp::from_seconds(second + 1)));
        }
        counted.in_second += 1;
        counted.in_minute += 1;
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Every change is one insert, count or remove.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_seconds(1_800_000_000 + seconds)
    }

    fn client(text: &str) -> Client {
        text.parse::<IpAddr>().unwrap().into()
    }

    #[test]
    fn a_name_that_is_guessed_at_is_slowed_down_to_a_minute_whoever_guesses_and_no_further() {
        let patience = Patience::default();
        let anna = Hash::of(&[b"anna"]);
        let mut now = at(0);
        let mut tried = 0;
        let mut waits = Vec::new();
        for number in 0..12u8 {
            // Each from another address: only the name counts.
            let from = client(&format!("192.0.2.{number}"));
            if let Err(wait) = patience.begin(&anna, from, now) {
                waits.push(wait.0 / 1000);
                assert_eq!(patience.begin(&anna, from, now), Err(wait), "a try too early counts for nothing");
                now = now + wait;
                patience.begin(&anna, from, now).unwrap();
            }
            tried += 1;
        }
        assert_eq!((tried, waits), (12, vec![1, 2, 4, 8, 16, 32, 60, 60, 60]));
        assert!(
            patience.begin(&Hash::of(&[b"bert"]), client("192.0.2.200"), now).is_ok(),
            "others are not slowed down"
        );
        patience.succeeded(&anna, client("192.0.2.1"));
        for number in 1..=3 {
            patience.begin(&anna, client("192.0.2.201"), now).unwrap();
            assert_eq!(patience.begins_to_be_slow(&anna), number == 3);
        }
    }

    #[test]
    fn an_address_that_guesses_at_many_names_is_slowed_down_and_an_account_of_its_own_does_not_help() {
        let patience = Patience::default();
        let from = client("192.0.2.7");
        for number in 0..10u8 {
            patience.begin(&Hash::of(&[&[number]]), from, at(0)).unwrap();
        }
        assert_eq!(patience.begin(&Hash::of(&[b"own"]), from, at(0)), Err(Millis::seconds(1)));
        patience.begin(&Hash::of(&[b"own"]), from, at(1)).unwrap();
        patience.succeeded(&Hash::of(&[b"own"]), from);
        assert!(patience.begin(&Hash::of(&[b"next"]), from, at(1)).is_err());
        // Ten failures are forgiven in ten minutes.
        for number in 0..10u8 {
            patience.begin(&Hash::of(&[&[100 + number]]), from, at(660)).unwrap();
        }
    }

    #[test]
    fn one_client_has_an_ipv4_address_or_64_bits_of_ipv6() {
        assert_eq!(client("2001:db8:1:2::1"), client("2001:db8:1:2:ffff::9"));
        assert_ne!(client("2001:db8:1:2::1"), client("2001:db8:1:3::1"));
        assert_eq!(client("::ffff:192.0.2.1"), client("192.0.2.1"));
        assert_ne!(client("192.0.2.1"), client("192.0.2.2"));
    }

    #[test]
    fn twenty_requests_a_second_and_six_hundred_a_minute() {
        let pace = Pace::default();
        let one = Hash::of(&[b"one"]);
        let start = at(0).as_seconds().next_multiple_of(60);
        let at = |millis: u64| Timestamp::from_millis(start * 1000 + millis);
        for _ in 0..PER_SECOND {
            pace.admit(one, at(100)).unwrap();
        }
        assert_eq!(pace.admit(one, at(100)), Err(Millis(900)));
        assert!(pace.admit(Hash::of(&[b"other"]), at(100)).is_ok());
        for second in 1..30 {
            for _ in 0..PER_SECOND {
                pace.admit(one, at(second * 1000)).unwrap();
            }
        }
        assert_eq!(pace.admit(one, at(30_000)), Err(Millis(30_000)));
        assert!(pace.admit(one, at(60_000)).is_ok());
    }

    #[test]
    fn no_flood_of_names_or_clients_fills_the_memory() {
        let (patience, pace) = (Patience::default(), Pace::default());
        for number in 0..(MAX_COUNTED as u32 + 10) {
            let name = Hash::of(&[&number.to_be_bytes()]);
            let _ = patience.begin(&name, Client(number.into()), at(0));
            let _ = pace.admit(name, at(0));
        }
        assert_eq!(lock(&patience.accounts).len(), MAX_COUNTED);
        assert_eq!(lock(&patience.addresses).len(), MAX_COUNTED);
        assert_eq!(lock(&pace.clients).len(), MAX_COUNTED);
    }
}
