//! How far two folded names are apart: single slips of the pen, and a measure for longer ones.

/// Letters of a name that are compared; what comes behind is not looked at, so that no name costs more.
const MAX_LETTERS: usize = 48;

/// Slips between two names, up to `limit`: one letter more, fewer or other, or two neighbours exchanged. `None` beyond.
pub(super) fn slips(a: &str, b: &str, limit: usize) -> Option<usize> {
    let (a, b) = (letters(a), letters(b));
    let (a, b) = (a.as_slice(), b.as_slice());
    if a.len().abs_diff(b.len()) > limit {
        return None;
    }
    let mut before = [0u8; MAX_LETTERS + 1];
    let mut above = [0u8; MAX_LETTERS + 1];
    let mut row = [0u8; MAX_LETTERS + 1];
    for (at, cell) in above.iter_mut().enumerate() {
        *cell = at as u8;
    }
    for i in 0..a.len() {
        row[0] = i as u8 + 1;
        for j in 0..b.len() {
            let other = u8::from(a[i] != b[j]);
            let mut least = (above[j] + other).min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                least = least.min(before[j - 1] + 1);
            }
            row[j + 1] = least;
        }
        (before, above) = (above, row);
    }
    let found = usize::from(above[b.len()]);
    (found <= limit).then_some(found)
}

/// Jaro–Winkler likeness, 0 to 1: shared letters near the same place, and a shared beginning.
pub(super) fn likeness(a: &str, b: &str) -> f64 {
    let (a, b) = (letters(a), letters(b));
    let (a, b) = (a.as_slice(), b.as_slice());
    if a.is_empty() || b.is_empty() {
        return 0.0;
    }
    let reach = (a.len().max(b.len()) / 2).saturating_sub(1);
    let (mut taken, mut matched) = ([false; MAX_LETTERS], [false; MAX_LETTERS]);
    let mut shared = 0usize;
    for (i, c) in a.iter().enumerate() {
        let window = i.saturating_sub(reach)..(i + reach + 1).min(b.len());
        if let Some(j) = window.into_iter().find(|j| !taken[*j] && b[*j] == *c) {
            (taken[j], matched[i]) = (true, true);
            shared += 1;
        }
    }
    if shared == 0 {
        return 0.0;
    }
    let ours = a.iter().enumerate().filter(|(i, _)| matched[*i]).map(|(_, c)| c);
    let theirs = b.iter().enumerate().filter(|(j, _)| taken[*j]).map(|(_, c)| c);
    let crossed = ours.zip(theirs).filter(|(a, b)| a != b).count() / 2;
    let shared = shared as f64;
    let jaro = (shared / a.len() as f64 + shared / b.len() as f64 + (shared - crossed as f64) / shared) / 3.0;
    let begin = a.iter().zip(b).take(4).take_while(|(a, b)| a == b).count() as f64;
    jaro + begin * 0.1 * (1.0 - jaro)
}

struct Letters {
    letters: [char; MAX_LETTERS],
    len: usize,
}

impl Letters {
    fn as_slice(&self) -> &[char] {
        &self.letters[..self.len]
    }
}

fn letters(name: &str) -> Letters {
    let mut all = Letters { letters: ['\0'; MAX_LETTERS], len: 0 };
    for (place, c) in all.letters.iter_mut().zip(name.chars()) {
        *place = c;
        all.len += 1;
    }
    all
}
