//! Everything that touches the world: files, sockets, clocks, people. The binary is `weegnet`.

pub mod journal;
pub mod link;
pub mod register;
