//! How long to wait before the next attempt: doubling, bounded, and jittered so that nodes do not call in step.

use std::time::Duration;

use super::limits::Limits;

/// The wait after `failures` failed attempts in a row; `chance` is uniform over all `u16`.
///
/// Between half of and the whole of `redial_first` × 2^(`failures` − 1), at most `redial_most`.
pub(super) fn delay(failures: u32, chance: u16, limits: &Limits) -> Duration {
    let doubled = limits.redial_first.saturating_mul(1 << failures.saturating_sub(1).min(20));
    let whole = doubled.min(limits.redial_most);
    whole / 2 + (whole / 2).mul_f64(f64::from(chance) / f64::from(u16::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_up_to_its_bound() {
        let most = |failures| delay(failures, u16::MAX, &Limits::STANDARD).as_millis();
        assert_eq!(
            [most(1), most(2), most(3), most(8), most(9), most(u32::MAX)],
            [200, 400, 800, 25_600, 30_000, 30_000]
        );
    }

    #[test]
    fn never_waits_less_than_half() {
        for failures in 0..40 {
            assert!(delay(failures, 0, &Limits::STANDARD) * 2 >= Limits::STANDARD.redial_first);
        }
    }
}
