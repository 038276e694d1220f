//! The registers of this node, one per convenant: a record is matched only under the purpose it is kept for.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use weegnet_policy::decide::Permit;
use weegnet_protocol::Timestamp;
use weegnet_protocol::id::ConvenantId;
use weegnet_protocol::sealed::open::Opened;
use zeroize::Zeroizing;

use crate::home::Home;
use crate::journal::Recorded;
use crate::register::{Register, RegisterError, RegisterKey, Searched};
use crate::store::mac;

/// All registers; opened when first used.
pub struct Registers {
    home: Home,
    key: Zeroizing<[u8; 32]>,
    open: RwLock<BTreeMap<ConvenantId, Arc<Register>>>,
}

impl Registers {
    /// Under this node's directory, under this key.
    pub fn new(home: Home, key: &[u8; 32]) -> Self {
        let key = Zeroizing::new(mac(key, &[b"weegnet registers"]).0);
        Registers { home, key, open: RwLock::new(BTreeMap::new()) }
    }

    /// The register of one convenant.
    pub fn of(&self, convenant: &ConvenantId) -> Result<Arc<Register>, RegisterError> {
        if let Some(register) = self.open.read().unwrap_or_else(PoisonError::into_inner).get(convenant) {
            return Ok(Arc::clone(register));
        }
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(register) = open.get(convenant) {
            return Ok(Arc::clone(register));
        }
        let key = RegisterKey::new(Zeroizing::new(mac(&self.key, &[convenant.as_str().as_bytes()]).0));
        let register = Arc::new(Register::open(&self.home.register(convenant), key)?);
        open.insert(convenant.clone(), Arc::clone(&register));
        Ok(register)
    }

    /// Possible matches for a recorded, permitted question, in the register of its own convenant.
    pub fn find(
        &self,
        permit: &Recorded<Permit>,
        opened: Option<&Opened>,
        now: Timestamp,
    ) -> Result<Searched, RegisterError> {
        let convenant = permit.get().question().header().convenant.id().clone();
        self.of(&convenant)?.find(permit, opened, now.day())
    }
}
