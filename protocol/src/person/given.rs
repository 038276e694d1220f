//! Given names: which forms are one name (Mohamed, Mehmet; Johannes, Jan), and reading several of them.

use alloc::string::String;
use alloc::vec::Vec;

use super::fold;
use super::given_table::FORMS;

/// Most given names of one person that are compared; the rest is not looked at.
pub const MAX_GIVEN_NAMES: usize = 6;

/// The one name that stands for all forms of a folded name; the name itself when no other form is known.
pub fn root(folded: &str) -> &str {
    found(folded).map_or(folded, |(_, name, _)| name)
}

/// The other name that a form belongs to as well: Nel is Cornelia or Petronella.
pub fn other_root(folded: &str) -> Option<&'static str> {
    found(folded).map(|(_, _, other)| other).filter(|other| !other.is_empty())
}

fn found(folded: &str) -> Option<(&'static str, &'static str, &'static str)> {
    FORMS.binary_search_by(|(form, ..)| (*form).cmp(folded)).ok().map(|at| FORMS[at])
}

/// Folded given names, first one first. Words that only begin a name (`Abd`, `Abdel`, `Abdul`) are joined with what follows.
pub fn given_names(names: &str) -> Vec<String> {
    let mut read: Vec<String> = Vec::new();
    let mut begun: Option<String> = None;
    for word in fold(names) {
        if read.len() == MAX_GIVEN_NAMES {
            break;
        }
        match begun.take() {
            Some(start) if matches!(word.as_str(), "al" | "el" | "ar" | "er" | "as" | "es" | "ul" | "ur" | "us") => {
                begun = Some(start);
            }
            Some(start) => read.push(start + &word),
            None if matches!(word.as_str(), "abd" | "abdel" | "abdul" | "abdoel" | "abdoul" | "abder" | "abdu") => {
                begun = Some(word);
            }
            None => read.push(word),
        }
    }
    read.extend(begun);
    read
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_are_sorted_and_lead_to_a_name_that_stands_for_itself() {
        assert!(FORMS.is_sorted_by(|a, b| a.0 < b.0));
        for (form, name, other) in FORMS {
            assert_eq!(root(name), *name, "{form}");
            assert!(other.is_empty() || root(other) == *other && other != name, "{form}");
        }
    }

    #[test]
    fn forms_of_one_name_have_one_root() {
        for (one, other) in [("mohamed", "mehmet"), ("jan", "johannes"), ("youssef", "joesoef"), ("aleksej", "alexey")]
        {
            assert_eq!(root(one), root(other), "{one} / {other}");
        }
        assert_ne!(root("jan"), root("piet"));
        assert_eq!((root("nel"), other_root("nel")), (root("cornelia"), Some(root("petronella"))));
    }

    #[test]
    fn a_name_in_two_words_is_one() {
        assert_eq!(given_names("Abd al-Rahman Omar"), ["abdrahman", "omar"]);
        assert_eq!(given_names("J.P."), ["j", "p"]);
    }
}
