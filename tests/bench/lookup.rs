//! The floor's register: the node's own matching over persons in memory, without pages, encryption or a store.

use std::collections::HashMap;
use std::convert::Infallible;
use std::hash::{BuildHasher, RandomState};

use weegnet_node::register::matching::{Census, Counting, Reading, Rows, keys, search};
use weegnet_protocol::person::{Fields, PersonRef};

use crate::Failure;
use crate::ground;

pub struct Lookup {
    people: Vec<PersonRef>,
    rows: HashMap<u64, Vec<u32>>,
    hasher: RandomState,
    census: Census,
}

impl Lookup {
    /// The persons of [`ground::Ground::import`], as a register that was read without a fault.
    pub fn of_rows(rows: u32) -> Result<Self, Failure> {
        let mut lookup = Lookup {
            people: Vec::with_capacity(rows as usize),
            rows: HashMap::new(),
            hasher: RandomState::new(),
            census: Counting::default().done(),
        };
        let mut counting = Counting::default();
        for row in 0..rows {
            let (given, surname, birth) = ground::person(row);
            let fields = Fields {
                given_names: Some(given.parse()?),
                prefix: Some("van der".parse()?),
                surname: Some(surname.parse()?),
                birth: birth.parse()?,
                ..Fields::default()
            };
            let person = PersonRef::try_from(fields)?;
            let reading = Reading::of(&person);
            for key in keys::of_row(&reading) {
                lookup.rows.entry(lookup.hasher.hash_one(&key)).or_default().push(row);
            }
            counting.add(&reading);
            lookup.people.push(person);
        }
        lookup.census = counting.done();
        Ok(lookup)
    }

    /// How many rows a reviewer would see.
    pub fn candidates(&self, asked: &PersonRef) -> usize {
        let Ok(found) = search(&mut Looking(self), &Reading::of(asked));
        found.candidates.len()
    }
}

struct Looking<'l>(&'l Lookup);

impl Rows for Looking<'_> {
    type Error = Infallible;

    fn under(&self, key: &[u8], most: usize) -> Result<Vec<u32>, Infallible> {
        let rows = self.0.rows.get(&self.0.hasher.hash_one(key));
        Ok(rows.map(|rows| rows.iter().copied().take(most + 1).collect()).unwrap_or_default())
    }

    /// Read when it is compared, as a list of persons in memory would be. A node reads names when it is filled.
    fn reading(&mut self, row: u32) -> Result<Option<Reading>, Infallible> {
        Ok(self.0.people.get(row as usize).map(Reading::of))
    }

    fn census(&self) -> Result<&Census, Infallible> {
        Ok(&self.0.census)
    }
}
