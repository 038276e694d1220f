//! The exchange as state machines: (state, input, now) → effects.
