//! (room of the link)
