//! Stories: what organisations can rely on, told between real `weegnet` processes on real files. One file per story.

mod amendments;
mod approval;
mod corrections;
mod crashes;
mod directory;
mod disk_full;
mod hostile;
mod kills;
mod node_kills;
mod one_uitvraag;
mod order;
mod outages;
mod oversight;
mod people;
mod privacy;
mod races;
mod reconcile;
mod recovery;
mod refusals;
mod registers;
mod retention;
mod sizes;
mod store;
mod witness;
