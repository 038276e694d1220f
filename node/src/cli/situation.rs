//! The situation that `weegnet convenant explain --template` prints, to be filled in.

use weegnet_policy::convenant::{Party, Terms};

/// A situation that is permitted, with the parties and codes of this document.
pub(super) fn template(terms: &Terms) -> String {
    let list = |line: &dyn Fn(&Party) -> String| terms.parties.iter().map(line).collect::<String>();
    let parties = list(&|party| format!("#   {}  {} ({}, {})\n", party.oin, party.name, party.kind, party.mode));
    let core: Vec<_> = terms.parties.iter().filter(|party| party.is_core()).collect();
    let (asker, other) = (core[0].oin, core[1].oin);
    let codes = |coded: &[weegnet_policy::convenant::Coded]| {
        coded.iter().map(|coded| format!("#   {}: {}\n", coded.code, coded.text)).collect::<String>()
    };
    let criterion = &terms.criteria[0].code;
    let (criteria, reasons) = (codes(&terms.criteria), codes(&terms.reasons));
    let day = terms.valid_from;
    format!(
        r#"# Een situatie: wat zou het convenant beslissen? Vul in en vraag het met
#   weegnet convenant explain BESTAND --situation DEZE.toml
# Er wordt niets gedaan. Schrijf hier niets over een echt persoon: geen enkele regel kijkt daarnaar.
#
# De partijen:
{parties}
# Wat er wordt geprobeerd: vragen, concept-ontvangen, goedkeuren, antwoorden, zoeken, verstrekken, automatisch-verstrekken,
# intrekken, wegen of besluiten; en in het eigen huis logboek-inzien, verzoek-behandelen of beheren.
handeling = "vragen"
# Wie het doet: opsteller, goedkeurder, beoordelaar, privacyfunctionaris, beheerder, toezichthouder.
rollen = ["opsteller"]
# De organisatie waar het gebeurt.
organisatie = "{asker}"
# Wie vraagt; bij vragen is dat de organisatie zelf.
# vrager = "{asker}"
# Wie gevraagd worden; buiten de kern met een reden. De redenen:
{reasons}gevraagden = [{{ oin = "{other}" }}]
# Bij antwoorden: wie precies deze vraag aan precies deze organisatie geldig heeft goedgekeurd.
# goedkeurder = "{other}"
# Waarop de vraag rust. De criteria:
{criteria}criteria = ["{criterion}"]
# Een ander doel dan dat van het convenant.
# doel = "https://doelen.voorbeeld.example/iets-anders"

# Momenten, in UTC. Zonder ondertekend: nu. Zonder antwoord_voor: na de standaardtermijn.
moment = {day}T12:00:00Z
# ondertekend = {day}T11:00:00Z
# antwoord_voor = {day}T18:00:00Z
spoed = false
# Bij verstrekken: of de beoordelaar de vraag zelf schreef.
eigen_vraag = false
# Bij goedkeuren en verstrekken: of iemand anders hier al voorging. Bij verstrekken onder geheimhouding: de grond.
# een_ander_ging_voor = true
# grond = "..."
# Bij zoeken: of het knooppunt zelf zoekt, en geen beoordelaar.
# door_het_knooppunt = true
# Bij wegen: of elk criterium een reden heeft. Bij besluiten: wiens weging vastligt.
# gemotiveerd = true
# gewogen_door = ["{asker}", "{other}"]
# Bij logboek-inzien en verzoek-behandelen: of losse zaken of personen te zien zijn, en of dat op mandaat en vermoeden is.
# losse_zaken = true
# mandaat_en_vermoeden = true
# Bij beheren: of het een zaak van toezicht is, alleen kijken is, de eigen rol raakt, of de laatste met een rol raakt.
# zaak_van_toezicht = true
# alleen_kijken = true
# eigen_rol = true
# laatste_met_rol = true

# Over wie, voor zover een regel ernaar kijkt.
[persoon]
bsn = false
kan_minderjarig_zijn = false
# gemerkt_minderjarig = false
wijst_een_persoon_aan = true

# Wat vandaag al gevraagd is, en wanneer dezelfde organisatie het laatst naar dezelfde persoon vroeg.
[eerder]
door_opsteller_vandaag = 0
door_organisatie_vandaag = 0
# zelfde_persoon = {day}T08:00:00Z
"#
    )
}
