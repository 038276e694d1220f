//! A node with people who sign in, for the tests of this room and of the console.

use super::*;
use crate::config::NodeConfig;
use crate::create::create;
use crate::home::Home;
use crate::people::Credential;
use crate::people::account::InvitationCode;

/// A password that is good enough.
pub const PASSWORD: &str = "drie fietsen bij de brug";

/// A node in a directory of its own, gone with it.
pub struct House {
    /// The node.
    pub node: Arc<Node>,
    dir: tempfile::TempDir,
}

/// Somebody who signs in.
pub struct Member {
    /// Name.
    pub name: &'static str,
    /// What is in their app.
    pub app: TotpKey,
}

impl House {
    /// A new node.
    pub async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = NodeConfig {
            oin: "00000099000000001000".parse().unwrap(),
            name: "Gemeente".into(),
            role: "gemeente".parse().unwrap(),
            listen: "127.0.0.1:0".parse().unwrap(),
            retention_at: None,
            backups_kept_days: None,
            own_rules: None,
            console: None,
        };
        let home = Home::at(&dir.path().join("node"));
        create(&home, config).await.unwrap();
        House { node: Node::open(home).unwrap(), dir }
    }

    /// The same node after a start.
    pub fn start_again(self) -> Self {
        let House { node, dir } = self;
        let home = node.home.clone();
        node.ledger.close();
        drop(Arc::into_inner(node).expect("nobody else has the node"));
        House { node: Node::open(home).unwrap(), dir }
    }

    /// Somebody who shows the credential in the node's directory.
    pub fn desk(&self, name: &str) -> Desk {
        Desk::enter(&self.node, &Credential::read(&self.node.home, name).unwrap(), 0).unwrap()
    }

    /// Gives a new person a role.
    pub async fn add(&self, by: &str, name: &str, role: Role) {
        let credential = Credential::new(name.parse().unwrap());
        credential.write(&crate::people::credential_path(&self.node.home, name)).unwrap();
        let roles = [role].into();
        let add = crate::desk::operator::AddPerson {
            person: credential.person().clone(),
            roles,
            credential: credential.hash(),
            until: None,
        };
        self.desk(by).add_person(add).await.unwrap();
    }

    /// An invitation that `by` gives.
    pub async fn invitation(&self, by: &str, name: &str) -> InvitationCode {
        let code = InvitationCode::random();
        let invite = InvitePerson { person: name.parse().unwrap(), code: Some(code.hash()) };
        self.desk(by).invite(invite).await.unwrap();
        code
    }

    /// Somebody who is invited and has chosen password and app.
    pub async fn enrol(&self, by: &str, name: &'static str) -> Member {
        let code = self.invitation(by, name).await.hash();
        let password = Zeroizing::new(PASSWORD.to_owned());
        let app = begin_enrolment(&self.node, name, code, password, &visitor()).await.unwrap();
        let shown = app.shown(clock::now());
        finish_enrolment(&self.node, name, code, &shown, &visitor()).await.unwrap();
        Member { name, app }
    }

    /// What the journal says about signing in, in order.
    pub fn noted(&self) -> Vec<SignInNote> {
        use crate::exchange::bodies::Note;
        use crate::journal::Scanned;
        use weegnet_protocol::log::{LeafIndex, LogName};
        let journal = self.node.ledger.journal();
        let mut found = Vec::new();
        for scanned in journal.scan(LogName::House, LeafIndex(0)).unwrap() {
            let Scanned::Entry(stored) = scanned.unwrap() else { continue };
            if stored.leaf.kind == EntryKind::SignIn
                && let Some(body) = journal.body(&stored).unwrap()
            {
                found.push(weegnet_protocol::codec::decode::<Note<SignInNote>>(&body).unwrap().content);
            }
        }
        found
    }
}

/// Some browser somewhere.
pub fn visitor() -> Visitor {
    Visitor { client: "192.0.2.1".parse::<std::net::IpAddr>().unwrap().into(), browser: Hash::of(&[b"a browser"]) }
}

/// What somebody types.
pub fn attempt(name: &str, password: &str, code: &str) -> Attempt {
    let secret = |text: &str| Zeroizing::new(text.to_owned());
    Attempt { name: name.into(), password: secret(password), code: secret(code) }
}

impl Member {
    /// What the app shows now.
    pub fn code(&self) -> String {
        self.app.shown(clock::now())
    }

    /// What it shows half a minute later.
    pub fn next_code(&self) -> String {
        self.app.shown(clock::now() + Millis::seconds(30))
    }

    /// A session of theirs.
    pub async fn sign_in(&self, house: &House) -> SessionId {
        sign_in(&house.node, attempt(self.name, PASSWORD, &self.code()), &visitor()).await.unwrap()
    }
}
