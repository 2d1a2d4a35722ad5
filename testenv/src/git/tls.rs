//! An authority of our own, and what it vouches for.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

use crate::Error;

/// Certificates in PEM form.
#[derive(Debug)]
pub(crate) struct Certificates {
    pub(crate) ca: String,
    /// A client's certificate and its key.
    pub(crate) client: (String, String),
    pub(crate) server: Arc<ServerConfig>,
}

impl Certificates {
    /// Makes an authority, a server's certificate and a client's.
    pub(crate) fn make(ask_clients: bool) -> Result<Self, Error> {
        let failed = |error: rcgen::Error| failed("gotk-testenv", error);
        let mut params = CertificateParams::new(Vec::new()).map_err(failed)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().map_err(failed)?;
        let ca = params.self_signed(&key).map_err(failed)?;
        let issuer = Issuer::new(params, key);
        let (server, key) =
            sign(&issuer, &["localhost", "127.0.0.1"], ExtendedKeyUsagePurpose::ServerAuth)?;
        let (client, client_key) = sign(&issuer, &["client"], ExtendedKeyUsagePurpose::ClientAuth)?;
        let mut roots = RootCertStore::empty();
        roots.add(ca.der().clone()).map_err(|error| self::failed("localhost", error))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| self::failed("localhost", error))?;
        let builder = match ask_clients {
            false => builder.with_no_client_auth(),
            true => builder.with_client_cert_verifier(
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                    .build()
                    .map_err(|error| self::failed("localhost", error))?,
            ),
        };
        let key = PrivateKeyDer::try_from(key.serialize_der())
            .map_err(|error| self::failed("localhost", error))?;
        let config = builder
            .with_single_cert(vec![server.der().clone()], key)
            .map_err(|error| self::failed("localhost", error))?;
        let client = (client.pem(), client_key.serialize_pem());
        Ok(Self { ca: ca.pem(), client, server: Arc::new(config) })
    }
}

fn sign(
    issuer: &Issuer<'_, KeyPair>,
    names: &[&str],
    purpose: ExtendedKeyUsagePurpose,
) -> Result<(rcgen::Certificate, KeyPair), Error> {
    let failed = |error| failed(names[0], error);
    let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).map_err(failed)?;
    params.extended_key_usages = vec![purpose];
    let key = KeyPair::generate().map_err(failed)?;
    Ok((params.signed_by(&key, issuer).map_err(failed)?, key))
}

fn failed<E: Into<Box<dyn std::error::Error + Send + Sync>>>(name: &str, error: E) -> Error {
    Error::Certificate { name: name.to_owned(), source: error.into() }
}
