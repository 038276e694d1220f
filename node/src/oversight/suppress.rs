//! Small cells (H9): a count that few people make up is not shown, nor anything from which it could be worked out.

use serde::{Deserialize, Serialize};

/// Smallest count that is shown: 5.
pub const SMALLEST_SHOWN: u64 = 5;

/// A count as it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Shown {
    /// As it is.
    Count(u64),
    /// Not.
    Hidden(Hidden),
}

/// Why a count is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hidden {
    /// Below [`SMALLEST_SHOWN`], zero included.
    #[serde(rename = "minder dan 5")]
    FewerThanFive,
    /// Not itself small, but a small one could be worked out from it; or so little that nothing may be said.
    #[serde(rename = "niet getoond")]
    Withheld,
}

impl Shown {
    /// Of a count that stands alone.
    pub fn alone(count: u64) -> Self {
        if count < SMALLEST_SHOWN { FEWER } else { Shown::Count(count) }
    }
}

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Shown::Count(count) => write!(f, "{count}"),
            Shown::Hidden(Hidden::FewerThanFive) => f.write_str("minder dan 5"),
            Shown::Hidden(Hidden::Withheld) => f.write_str("niet getoond"),
        }
    }
}

const FEWER: Shown = Shown::Hidden(Hidden::FewerThanFive);
/// What is not shown although it is not small.
pub const WITHHELD: Shown = Shown::Hidden(Hidden::Withheld);

/// The cells of a table whose total is known, as they are shown.
///
/// With `P` small cells and `Q` others withheld for their sake, whose sum `S` is what the total betrays, every small one can
/// still be anything from 0 to 4: `4 ≤ S ≤ 4(P − 1)` when `Q = 0`, `S ≥ 5Q + 4` otherwise. Where that cannot be had, no cell
/// is shown, nor which of them are small.
pub fn cells(counts: &[u64]) -> Vec<Shown> {
    let small = counts.iter().filter(|count| **count < SMALLEST_SHOWN).count() as u64;
    let total: u64 = counts.iter().sum();
    if total < SMALLEST_SHOWN {
        return vec![FEWER; counts.len()];
    }
    let mut shown: Vec<Shown> = counts.iter().map(|count| Shown::alone(*count)).collect();
    if small == 0 {
        return shown;
    }
    let mut sum: u64 = counts.iter().filter(|count| **count < SMALLEST_SHOWN).sum();
    let mut others: Vec<usize> = (0..counts.len()).filter(|at| counts[*at] >= SMALLEST_SHOWN).collect();
    others.sort_by_key(|at| counts[*at]);
    let most = SMALLEST_SHOWN - 1;
    if small > 1 && (most..=most * (small - 1)).contains(&sum) {
        return shown;
    }
    for (withheld, at) in (1..).zip(others) {
        shown[at] = WITHHELD;
        sum += counts[at];
        if sum >= SMALLEST_SHOWN * withheld + most {
            return shown;
        }
    }
    vec![WITHHELD; counts.len()]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_lone_small_cell_takes_another_with_it() {
        assert_eq!(cells(&[38, 2]), [WITHHELD, FEWER]);
        assert_eq!(cells(&[20, 30, 2]), [WITHHELD, Shown::Count(30), FEWER]);
        assert_eq!(cells(&[10, 10]), [Shown::Count(10), Shown::Count(10)]);
    }

    #[test]
    fn zero_is_small_too() {
        assert_eq!(cells(&[0, 40]), [FEWER, WITHHELD]);
        assert_eq!(cells(&[0, 0, 3]), [FEWER; 3]);
        assert_eq!(cells(&[0, 6]), [WITHHELD; 2], "with a total of 6 the one could only be 0 or 1");
    }

    #[test]
    fn enough_small_cells_hide_each_other() {
        assert_eq!(cells(&[2, 3, 1, 40]), [FEWER, FEWER, FEWER, Shown::Count(40)]);
    }

    proptest! {
        /// Whoever knows the total and all that is shown can still not exclude any value of a small cell.
        #[test]
        fn nothing_of_a_small_cell_can_be_worked_out(counts in prop::collection::vec(0u64..14, 1..6)) {
            let shown = cells(&counts);
            let total: u64 = counts.iter().sum();
            let fewer: Vec<usize> = (0..counts.len()).filter(|at| shown[*at] == FEWER).collect();
            if total >= SMALLEST_SHOWN {
                let rest = total - counts.iter().zip(&shown).filter(|(_, s)| matches!(s, Shown::Count(_))).map(|(c, _)| c).sum::<u64>();
                let withheld = shown.iter().filter(|s| **s == WITHHELD).count() as u64;
                for _ in &fewer {
                    for guess in 0..SMALLEST_SHOWN {
                        // What remains must fit into the other small cells (0 to 4 each) and the withheld ones (5 or more).
                        let others = fewer.len() as u64 - 1;
                        let possible = rest >= guess + 5 * withheld && (withheld > 0 || rest - guess <= 4 * others);
                        prop_assert!(possible, "{counts:?} shown as {shown:?}: a cell is not {guess}");
                    }
                }
            }
            for (count, shown) in counts.iter().zip(&shown) {
                prop_assert!(*shown != Shown::Count(*count) || *count >= SMALLEST_SHOWN);
            }
        }
    }
}
