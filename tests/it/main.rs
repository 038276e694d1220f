//! Stories: what organisations can rely on, told between real `weegnet` processes on real files. One file per story.

mod approval;
mod crashes;
mod directory;
mod disk_full;
mod hostile;
mod one_uitvraag;
mod outages;
mod oversight;
mod people;
mod privacy;
mod races;
mod refusals;
mod registers;
mod store;
