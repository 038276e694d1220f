//! One of something for each of the two logs.

use weegnet_protocol::log::LogName;

/// A value per log.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct PerLog<T> {
    pub(super) exchange: T,
    pub(super) house: T,
}

impl<T> PerLog<T> {
    pub(super) fn try_each<E>(mut make: impl FnMut(LogName) -> Result<T, E>) -> Result<Self, E> {
        Ok(PerLog { exchange: make(LogName::Exchange)?, house: make(LogName::House)? })
    }

    pub(super) fn get(&self, log: LogName) -> &T {
        match log {
            LogName::Exchange => &self.exchange,
            LogName::House => &self.house,
        }
    }

    pub(super) fn get_mut(&mut self, log: LogName) -> &mut T {
        match log {
            LogName::Exchange => &mut self.exchange,
            LogName::House => &mut self.house,
        }
    }

    pub(super) fn try_map<U, E>(self, mut make: impl FnMut(LogName, T) -> Result<U, E>) -> Result<PerLog<U>, E> {
        Ok(PerLog { exchange: make(LogName::Exchange, self.exchange)?, house: make(LogName::House, self.house)? })
    }

    pub(super) fn map<U>(self, mut make: impl FnMut(LogName, T) -> U) -> PerLog<U> {
        PerLog { exchange: make(LogName::Exchange, self.exchange), house: make(LogName::House, self.house) }
    }
}

impl<A, B> PerLog<(A, B)> {
    pub(super) fn unzip(self) -> (PerLog<A>, PerLog<B>) {
        let (exchange, house) = (self.exchange, self.house);
        (PerLog { exchange: exchange.0, house: house.0 }, PerLog { exchange: exchange.1, house: house.1 })
    }
}
