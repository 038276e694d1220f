//! The ground of a bench: an asker and a responder that answers by itself, a third core party that approves.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use weegnet_node::config::Card;
use weegnet_node::home::Home;

use crate::Failure;

/// Directories of three organisations with one convenant in force.
pub struct Ground {
    dir: TempDir,
    pub cards: Vec<Card>,
}

const NAMES: [(&str, &str, &str); 3] = [
    ("vrager", "00000099000000001000", "gemeente"),
    ("antwoorder", "00000099000000002000", "politie"),
    ("goedkeurder", "00000099000000003000", "om"),
];

/// A serving node, stopped when dropped.
pub struct Serving(Child);

impl Serving {
    pub fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Serving {
    /// Waits until it has ended by itself.
    pub fn wait(mut self) -> Result<(), Failure> {
        let status = self.0.wait()?;
        if status.success() { Ok(()) } else { Err(format!("the node ended with {status}").into()) }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Either is fine: it has ended, or it ends now.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Ground {
    /// Makes everything with the real command line.
    pub fn new() -> Result<Self, Failure> {
        let dir = tempfile::Builder::new().prefix("wb").tempdir()?;
        let mut cards = Vec::new();
        for (name, oin, role) in NAMES {
            let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
            let home = dir.path().join(name);
            weegnet(&[
                "init",
                path(&home),
                "--oin",
                oin,
                "--name",
                name,
                "--role",
                role,
                "--listen",
                &port.to_string(),
            ])?;
            cards.push(Card::load(&Home::open(&home)?)?);
        }
        let ground = Ground { dir, cards };
        let document = ground.dir.path().join("convenant.toml");
        std::fs::write(&document, convenant(&ground.cards))?;
        for (name, ..) in NAMES {
            weegnet(&["convenant", "sign", path(&ground.home(name)), path(&document), "--office", "geen"])?;
        }
        for (name, ..) in NAMES {
            weegnet(&["convenant", "adopt", path(&ground.home(name)), path(&document)])?;
        }
        Ok(ground)
    }

    /// Directory of one of them.
    pub fn home(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a register of `rows` persons and imports it at the responder; seconds that took, process included.
    pub fn import(&self, rows: u32) -> Result<f64, Failure> {
        let file = self.dir.path().join("register.csv");
        let mut text = String::from(
            "id,bronrecord,reden,bsn,voornamen,voorvoegsel,geslachtsnaam,geboortedatum,aliassen,bewaren_tot\n",
        );
        for row in 0..rows {
            let (given, surname, birth) = person(row);
            text.push_str(&format!("{row},Z{row},casus,,{given},van der,{surname},{birth},,2029-12-31\n"));
        }
        std::fs::write(&file, text)?;
        let started = std::time::Instant::now();
        weegnet(&["register", "import", path(&self.home("antwoorder")), path(&file), "--confirm-vanished"])?;
        Ok(started.elapsed().as_secs_f64())
    }

    /// Starts a node and waits until its API answers; seconds that took.
    pub fn serve(&self, name: &str) -> Result<(Serving, f64), Failure> {
        let home = self.home(name);
        let log = std::fs::File::create(self.dir.path().join(format!("{name}.log")))?;
        let started = std::time::Instant::now();
        let child = Command::new(binary()).arg("serve").arg(&home).stderr(log).stdout(Stdio::null()).spawn()?;
        let serving = Serving(child);
        let socket = Home::open(&home)?.socket()?;
        while std::os::unix::net::UnixStream::connect(&socket).is_err() {
            if started.elapsed().as_secs() > 60 {
                return Err(format!("{name} does not start: see {}", self.dir.path().display()).into());
            }
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        Ok((serving, started.elapsed().as_secs_f64()))
    }
}

/// The person in one row of the register.
pub fn person(row: u32) -> (String, String, String) {
    let syllables = ["ba", "de", "ko", "li", "mu", "na", "po", "ra", "su", "ti", "vo", "wi"];
    let mut surname = String::from("Fa");
    let mut rest = row;
    for _ in 0..5 {
        surname.push_str(syllables[(rest % 12) as usize]);
        rest /= 12;
    }
    let given = ["Jan", "Fatima", "Piet", "Yusuf", "Anna"][(row % 5) as usize];
    (given.into(), surname, format!("{:04}-{:02}-{:02}", 1950 + row % 50, 1 + row % 12, 2 + row % 27))
}

fn convenant(cards: &[Card]) -> String {
    let mut text = HEAD.replace("INFORMEERT", &cards[0].oin.to_string());
    for card in cards {
        let k = &card.keys;
        text.push_str(&format!(
            "\n[[partijen]]\noin = \"{}\"\nnaam = \"{}\"\nrol = \"{}\"\nsoort = \"kern\"\nmodus = \"automatisch\"\n\
             contact = \"Loket {}\"\nadres = \"{}\"\nprivacycontact = \"geen\"\nrijen_maximum = 1000000\n[partijen.ondertekenaar]\nfunctie = \"geen\"\nmandaat = \"geen\"\n[partijen.sleutels]\nlink = \"{}\"\n\
             statement = \"{}\"\ncheckpoint = \"{}\"\nwitness = \"{}\"\nparty = \"{}\"\n",
            card.oin,
            card.name,
            card.role,
            card.name,
            card.address,
            k.link,
            k.statement,
            k.checkpoint,
            k.witness,
            k.party
        ));
    }
    for from in cards {
        for to in cards.iter().filter(|to| to.oin != from.oin) {
            text.push_str(&format!(
                "\n[[grondslagen]]\nvan = \"{}\"\naan = \"{}\"\ncategorie = \"bekendheid\"\nartikel = \"Benchwet 1\"\n\
                 besluit = \"Benchbesluit 1\"\nbron = \"bench\"\n",
                from.oin, to.oin
            ));
        }
    }
    text
}

const HEAD: &str = r#"
id = "bench"
versie = "1"
titel = "Bench"
regeling = "convenant"
geldig_van = 2020-01-01
geldig_tot = 2099-12-31
belang = "Meten."
verwerkingsactiviteit = "https://bench.example/verwerking"
dpia = "geen"
burgercontact = "geen"
nalevering_seconden = 3600
wachttijd_seconden = 0
huis_checkpoint_seconden = 3600
[informeren]
besluit = "uitstellen"
wie = "INFORMEERT"
termijn_dagen = 1
bron = "geen"
[getuigen]
aantal = 1
elke_seconden = 600
[doel]
uri = "https://bench.example/doel"
omschrijving = "Meten."
artikel = "geen"
bron = "geen"
[antwoordtermijn]
minimum_seconden = 1
standaard_seconden = 3600
maximum_seconden = 86400
[quota]
per_opsteller_per_dag = 100000000
per_organisatie_per_dag = 100000000
[verzegeld]
slot_seconden = 0
[bsn]
toegestaan = false
[minderjarigen]
goedkeuring = "geen"
bewaartermijn_dagen = 1
[[criteria]]
code = "meting"
tekst = "Meting."
[[redenen]]
code = "meting"
tekst = "Meting."
[[register_redenen]]
code = "casus"
tekst = "Casus."
[[bewaartermijnen]]
soort = "eigen-uitvraag"
termijn_dagen = 10
bron = "geen"
[[bewaartermijnen]]
soort = "concept-niet-goedgekeurd"
termijn_dagen = 10
bron = "geen"
[[bewaartermijnen]]
soort = "goedkeuring"
termijn_dagen = 10
bron = "geen"
[[bewaartermijnen]]
soort = "vraag-verstrekt"
termijn_dagen = 10
bron = "geen"
[[bewaartermijnen]]
soort = "vraag-niet-verstrekt"
termijn_dagen = 10
bron = "geen"
[[bewaartermijnen]]
soort = "vraag-zonder-overeenkomst"
termijn_dagen = 10
bron = "geen"
[[bewaartermijnen]]
soort = "geweigerde-vraag"
termijn_dagen = 10
bron = "geen"
[[bewaartermijnen]]
soort = "pseudoniem"
termijn_dagen = 10
bron = "geen"
[[bewaartermijnen]]
soort = "inzageverzoek"
termijn_dagen = 10
bron = "geen"
[[bewaartermijnen]]
soort = "journaal"
termijn_dagen = 10
bron = "geen"
"#;

/// Runs one verb of the release binary.
pub fn weegnet(args: &[&str]) -> Result<String, Failure> {
    let output = Command::new(binary()).args(args).output()?;
    if !output.status.success() {
        return Err(format!("weegnet {}: {}", args.join(" "), String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// The binary that was built beside this one: run `cargo build --release` first.
fn binary() -> PathBuf {
    let here = std::env::current_exe().unwrap_or_default();
    here.with_file_name("weegnet")
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap_or_default()
}
