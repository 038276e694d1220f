//! The console's certificate: files that are read again when they change, or one that the node makes for itself.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, version};

use crate::config::ConsoleConfig;
use crate::home::Home;
use crate::keys;

/// Name in a certificate that the node makes for itself, beside its address.
const LOCAL_NAME: &str = "localhost";

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// Certificate without key, or the other way round.
    #[error("[console] in node.toml: give both 'certificaat' and 'sleutel', or neither")]
    Half,
    /// A file cannot be used.
    #[error("{path}: {message}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        message: String,
    },
    /// None could be made.
    #[error("no certificate could be made for the console: {0}")]
    Make(#[from] rcgen::Error),
    /// The TLS library refuses.
    #[error("the console's TLS cannot be set up: {0}")]
    Setup(#[from] rustls::Error),
}

/// TLS 1.3 and nothing older, HTTP/2 before HTTP/1.1.
pub fn server(home: &Home, config: &ConsoleConfig) -> Result<Arc<ServerConfig>, TlsError> {
    let files = match (&config.certificate, &config.key) {
        (Some(certificate), Some(key)) => {
            Files { certificate: home.dir().join(certificate), key: home.dir().join(key) }
        }
        (None, None) => self_made(home, config)?,
        _ => return Err(TlsError::Half),
    };
    let current = files.load()?;
    let resolver = Reloading { files, current: RwLock::new(current) };
    let mut tls = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&version::TLS13])?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(resolver));
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(tls))
}

#[derive(Debug)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

#[derive(Debug)]
struct Loaded {
    key: Arc<CertifiedKey>,
    changed: [Option<SystemTime>; 2],
}

/// Looks at each handshake whether the files are others by now. Files that cannot be used leave the former in place.
#[derive(Debug)]
struct Reloading {
    files: Files,
    current: RwLock<Loaded>,
}

impl ResolvesServerCert for Reloading {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.now())
    }
}

impl Reloading {
    fn now(&self) -> Arc<CertifiedKey> {
        let changed = self.files.changed();
        let held = self.current.read().unwrap_or_else(PoisonError::into_inner);
        if held.changed == changed {
            return Arc::clone(&held.key);
        }
        drop(held);
        let mut held = self.current.write().unwrap_or_else(PoisonError::into_inner);
        match self.files.load() {
            Ok(loaded) => {
                tracing::info!("the console has a new certificate");
                *held = loaded;
            }
            Err(error) => {
                tracing::error!(%error, "the console's new certificate cannot be used; the former one stays");
                held.changed = changed;
            }
        }
        Arc::clone(&held.key)
    }
}

impl Files {
    fn changed(&self) -> [Option<SystemTime>; 2] {
        [&self.certificate, &self.key].map(|path| std::fs::metadata(path).and_then(|file| file.modified()).ok())
    }

    fn load(&self) -> Result<Loaded, TlsError> {
        let wrong = |path: &Path, message: String| TlsError::File { path: path.into(), message };
        let changed = self.changed();
        let chain = CertificateDer::pem_file_iter(&self.certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| wrong(&self.certificate, error.to_string()))?;
        if chain.is_empty() {
            return Err(wrong(&self.certificate, "holds no certificate in PEM".into()));
        }
        let key = PrivateKeyDer::from_pem_file(&self.key).map_err(|error| wrong(&self.key, error.to_string()))?;
        let key = CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider())
            .map_err(|error| wrong(&self.key, format!("does not go with the certificate: {error}")))?;
        Ok(Loaded { key: Arc::new(key), changed })
    }
}

/// The one that was made before, or a new one.
fn self_made(home: &Home, config: &ConsoleConfig) -> Result<Files, TlsError> {
    let dir = home.console();
    let files = Files { certificate: dir.join("certificate.pem"), key: dir.join("key.pem") };
    if files.load().is_ok() {
        return Ok(files);
    }
    let made = rcgen::generate_simple_self_signed([LOCAL_NAME.to_owned(), config.listen.ip().to_string()])?;
    let wrong = |path: &Path, message: String| TlsError::File { path: path.into(), message };
    keys::create_private_dir(&dir).map_err(|error| wrong(&dir, error.to_string()))?;
    let texts = [(&files.key, made.key_pair.serialize_pem()), (&files.certificate, made.cert.pem())];
    for (path, text) in texts {
        keys::replace(path, text.as_bytes()).map_err(|error| wrong(path, error.to_string()))?;
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn config() -> ConsoleConfig {
        toml::from_str("listen = '127.0.0.1:8441'").unwrap()
    }

    /// With a time of its own, so that no clock has to go on.
    fn put(path: &Path, text: &str, seconds: u64) {
        std::fs::write(path, text).unwrap();
        let file = std::fs::File::options().write(true).open(path).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).unwrap();
    }

    #[test]
    fn a_certificate_that_the_node_made_stays_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path());
        let made = || self_made(&home, &config()).unwrap().load().unwrap().key.cert.clone();
        assert_eq!(made(), made());
    }

    #[test]
    fn a_new_certificate_is_taken_while_it_serves_and_a_broken_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let files = self_made(&Home::at(dir.path()), &config()).unwrap();
        let (certificate, key) = (files.certificate.clone(), files.key.clone());
        let current = RwLock::new(files.load().unwrap());
        let serving = Reloading { files, current };
        let first = serving.now().cert.clone();
        let other = rcgen::generate_simple_self_signed(["other.example".to_owned()]).unwrap();
        put(&certificate, &other.cert.pem(), 1);
        assert_eq!(serving.now().cert, first, "half of a pair is none");
        put(&key, &other.key_pair.serialize_pem(), 2);
        let second = serving.now().cert.clone();
        assert_ne!(second, first);
        put(&certificate, "no certificate", 3);
        assert_eq!(serving.now().cert, second);
    }

    #[test]
    fn refuses_a_certificate_without_its_key() {
        let dir = tempfile::tempdir().unwrap();
        let half = ConsoleConfig { certificate: Some("c.pem".into()), ..config() };
        assert!(matches!(server(&Home::at(dir.path()), &half), Err(TlsError::Half)));
    }
}
