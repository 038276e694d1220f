//! The console: pages for each person who has to trust it. It adds no rule: every page goes through `desk`.

pub mod signin;

use std::sync::Arc;

use crate::node::Node;

/// What every page has at hand.
pub struct Console {
    /// The node whose console it is.
    pub node: Arc<Node>,
}
