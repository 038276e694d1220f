//! The only set-up code of the end-to-end stories: real `weegnet` processes, real files, the real command line.
//!
//! | file | what it is for |
//! |---|---|
//! | [`binary`] | the `weegnet` that is tested: built once, found beside the test |
//! | [`terms`] | the convenant of a story, from options |
//! | [`federation`] | organisations that signed it, in a temporary directory |
//! | [`organisation`] | one of them: its process and its directory |
//! | [`verbs`] | what its people do, through the command line |
//! | [`people`] | invented persons who are asked about, and the registers that know them |
//! | [`forger`], [`impostor`] | what somebody with stolen keys signs, and says on the link |
//! | [`archive`] | cases that lie in a journal since days |
//! | [`faults`] | what goes wrong: seeded chance, damaged files |
//! | [`checker`] | what must hold at the end of every story |
//! | [`wait`] | waiting for an event, never for a time |
//!
//! A story ends with [`federation::Federation::finish`], which stops every node and checks every journal; a federation
//! that is dropped without it fails its story.

pub mod archive;
pub mod binary;
pub mod checker;
pub mod faults;
pub mod federation;
pub mod forger;
pub mod impostor;
pub mod organisation;
pub mod people;
pub mod terms;
pub mod verbs;
pub mod wait;

pub use federation::Federation;
pub use organisation::Organisation;
pub use people::Person;
pub use terms::Terms;
pub use verbs::{Ask, Refused};
