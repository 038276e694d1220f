//! Letters of other scripts in Latin ones: look-alikes inside a Latin word, transliteration of a whole word.

/// Writes a word in Latin letters. A word that has Latin letters already is disguised rather than Cyrillic or Greek: there
/// a letter stands for the one that it looks like.
pub(super) fn latin(word: &str, out: &mut alloc::string::String) {
    let disguised = word.bytes().any(|c| c.is_ascii_alphabetic());
    for c in word.chars() {
        // What has no transliteration stands for what it looks like, so that folding again changes nothing.
        let as_shown = if disguised { look_alike(c) } else { transliterated(c).or_else(|| look_alike(c)) };
        match as_shown {
            Some(text) => out.push_str(text),
            None => out.push(c),
        }
    }
}

fn look_alike(c: char) -> Option<&'static str> {
    Some(match c {
        'а' | 'α' => "a",
        'в' | 'β' => "b",
        'с' | 'ϲ' => "c",
        'ԁ' => "d",
        'е' | 'ε' => "e",
        'һ' | 'н' => "h",
        'і' | 'ι' => "i",
        'ј' => "j",
        'к' | 'κ' => "k",
        'ӏ' => "l",
        'м' | 'μ' => "m",
        'η' | 'п' => "n",
        'о' | 'ο' => "o",
        'р' | 'ρ' => "p",
        'ԛ' => "q",
        'г' => "r",
        'ѕ' => "s",
        'т' | 'τ' => "t",
        'υ' => "u",
        'ν' => "v",
        'ԝ' | 'ω' => "w",
        'х' | 'χ' => "x",
        'у' | 'γ' => "y",
        _ => return transliterated(c),
    })
}

/// Cyrillic (Russian, Ukrainian, Bulgarian, Serbian) in English spelling, Greek in the usual one.
fn transliterated(c: char) -> Option<&'static str> {
    Some(match c {
        'а' | 'α' => "a",
        'б' => "b",
        'в' | 'β' => "v",
        'г' | 'ґ' | 'γ' => "g",
        'д' | 'δ' => "d",
        'е' | 'э' | 'є' | 'ε' | 'η' => "e",
        'ж' => "zh",
        'з' | 'ζ' => "z",
        'и' | 'і' | 'ї' | 'ι' => "i",
        'ы' | 'υ' => "y",
        'ј' => "j",
        'к' | 'κ' => "k",
        'л' | 'λ' => "l",
        'м' | 'μ' => "m",
        'н' | 'ν' => "n",
        'о' | 'ο' | 'ω' => "o",
        'п' | 'π' => "p",
        'р' | 'ρ' => "r",
        'с' | 'σ' | 'ς' => "s",
        'т' | 'τ' => "t",
        'у' => "u",
        'ф' | 'φ' => "f",
        'х' | 'χ' => "kh",
        'ц' => "ts",
        'ч' => "tsch",
        'ш' => "sh",
        'щ' => "shch",
        'ъ' | 'ь' => "",
        'ю' => "yu",
        'я' => "ya",
        'ђ' => "dj",
        'љ' => "lj",
        'њ' => "nj",
        'ћ' => "c",
        'џ' => "dzh",
        'θ' => "th",
        'ξ' => "x",
        'ψ' => "ps",
        _ => return None,
    })
}
