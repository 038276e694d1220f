//! The index of a register, in memory and under plain hashes.

use std::collections::HashMap;
use std::convert::Infallible;
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use weegnet_node::register::matching::{Census, Counting, Found, Reading, Rows, keys, search};

use super::table::Person;

pub struct Index<'a> {
    people: &'a [Person],
    rows: HashMap<u64, Vec<u32>>,
    hasher: RandomState,
    census: Census,
    pub built_in: Duration,
}

impl<'a> Index<'a> {
    pub fn build(people: &'a [Person]) -> Self {
        let started = Instant::now();
        let hasher = RandomState::new();
        let mut rows: HashMap<u64, Vec<u32>> = HashMap::new();
        let mut counting = Counting::default();
        for (at, person) in people.iter().enumerate() {
            for key in keys::of_row(&person.reading) {
                rows.entry(hasher.hash_one(&key)).or_default().push(at as u32);
            }
            counting.add(&person.reading);
        }
        Index { people, rows, hasher, census: counting.done(), built_in: started.elapsed() }
    }

    pub fn search(&self, asked: &Reading) -> Found {
        let Ok(found) = search(&mut Lookup(self), asked);
        found
    }

    pub fn census(&self) -> &Census {
        &self.census
    }
}

struct Lookup<'i, 'a>(&'i Index<'a>);

impl Rows for Lookup<'_, '_> {
    type Error = Infallible;

    fn under(&self, key: &[u8], most: usize) -> Result<Vec<u32>, Infallible> {
        let rows = self.0.rows.get(&self.0.hasher.hash_one(key));
        Ok(rows.map(|rows| rows.iter().copied().take(most + 1).collect()).unwrap_or_default())
    }

    fn reading(&mut self, row: u32) -> Result<Option<Reading>, Infallible> {
        Ok(self.0.people.get(row as usize).map(|person| person.reading.clone()))
    }

    fn census(&self) -> Result<&Census, Infallible> {
        Ok(&self.0.census)
    }
}
