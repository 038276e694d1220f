//! What is decided at home: by the rules of the own house, and before the own register is searched.

use weegnet_policy::decide::{House, Matching, Permit, PolicyError, Searcher};
use weegnet_protocol::statement::Subject;

use super::Convenants;
use crate::clock;

impl Convenants {
    /// The rules of this organisation's own house, of which no convenant speaks.
    pub fn house(&self) -> Result<&House, PolicyError> {
        if let Some(house) = self.house.get() {
            return Ok(house);
        }
        let made = House::new(&self.local)?;
        Ok(self.house.get_or_init(|| made))
    }

    /// Whether a sealed question may be about who it turned out to be about; else by which rules not.
    pub fn may_open(&self, permit: &Permit, subject: &Subject) -> Result<(), String> {
        let policy = self.policy(&permit.question().header().convenant);
        match policy.map(|policy| policy.may_open(permit, subject, None)) {
            Some(Ok(())) => Ok(()),
            Some(Err(denial)) => Err(denial.policy_ids.join(", ")),
            None => Err("no convenant".into()),
        }
    }

    /// Whether our node may search its register for a question that was permitted: the convenant may have changed since.
    pub fn may_search(&self, permit: &Permit) -> bool {
        let question = permit.question();
        let matching = Matching {
            by: Searcher::Node,
            us: self.us,
            asker: question.header().issuer,
            person_is_author_of_question: false,
            now: clock::now(),
            answer_by: question.content().core.answer_by,
        };
        self.policy(&question.header().convenant).is_some_and(|policy| policy.may_match(&matching).is_ok())
    }
}
