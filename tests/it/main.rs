//! Stories: what organisations can rely on, told between real `weegnet` processes on real files. One file per story.

mod approval;
mod corrections;
mod crashes;
mod directory;
mod disk_full;
mod documents;
mod hostile;
mod kills;
mod node_kills;
mod one_uitvraag;
mod order;
mod outages;
mod oversight;
mod own_rules;
mod people;
mod privacy;
mod purposes;
mod races;
mod reconcile;
mod recovery;
mod refusals;
mod registers;
mod retention;
mod sizes;
mod store;
mod witness;
