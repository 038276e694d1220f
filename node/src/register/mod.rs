//! (room of the register)
