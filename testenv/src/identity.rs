//! Who is who: the authority, its certificates, and kubeconfigs.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kube::Config;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use serde_json::{Value, json};

use crate::Error;

/// A name and its groups, as a client certificate tells them to the API server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    name: String,
    groups: Vec<String>,
}

impl User {
    /// A user that is in no group but `system:authenticated`.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), groups: Vec::new() }
    }

    /// The same user, in one more group.
    #[must_use]
    pub fn group(mut self, group: impl Into<String>) -> Self {
        self.groups.push(group.into());
        self
    }

    /// May do everything.
    #[must_use]
    pub fn admin() -> Self {
        Self::new("gotk-testenv").group("system:masters")
    }

    /// The user's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// How somebody proves who they are.
#[derive(Debug)]
pub(crate) enum Proof {
    Certificate(Credential),
    Token(String),
}

impl Proof {
    fn to_auth_info(&self) -> Value {
        match self {
            Self::Certificate(credential) => json!({
                "client-certificate-data": STANDARD.encode(&credential.certificate),
                "client-key-data": STANDARD.encode(&credential.key),
            }),
            Self::Token(token) => json!({ "token": token }),
        }
    }
}

/// A certificate and its key, as PEM.
#[derive(Debug)]
pub(crate) struct Credential {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

/// Signs everybody's certificates. It lives in memory only, as long as its control plane.
#[derive(Debug)]
pub(crate) struct Authority {
    certificate: rcgen::Certificate,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new() -> Result<Self, Error> {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyCertSign];
        params.distinguished_name.push(DnType::CommonName, "gotk-testenv");
        let key = key("gotk-testenv")?;
        let certificate = params.self_signed(&key).map_err(failed("gotk-testenv"))?;
        Ok(Self { certificate, issuer: Issuer::new(params, key) })
    }

    pub(crate) fn pem(&self) -> String {
        self.certificate.pem()
    }

    /// For servers on the loopback interface.
    pub(crate) fn server(&self) -> Result<Credential, Error> {
        let names = ["localhost", "127.0.0.1", "kubernetes.default.svc"].map(String::from);
        let params = CertificateParams::new(names).map_err(failed("localhost"))?;
        self.sign("localhost", params, ExtendedKeyUsagePurpose::ServerAuth)
    }

    /// For a client.
    pub(crate) fn client(&self, user: &User) -> Result<Credential, Error> {
        let mut params = CertificateParams::default();
        for group in &user.groups {
            params.distinguished_name.push(DnType::OrganizationName, group.as_str());
        }
        self.sign(&user.name, params, ExtendedKeyUsagePurpose::ClientAuth)
    }

    fn sign(
        &self,
        name: &str,
        mut params: CertificateParams,
        usage: ExtendedKeyUsagePurpose,
    ) -> Result<Credential, Error> {
        params.distinguished_name.push(DnType::CommonName, name);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![usage];
        let key = key(name)?;
        let signed = params.signed_by(&key, &self.issuer).map_err(failed(name))?;
        Ok(Credential { certificate: signed.pem(), key: key.serialize_pem() })
    }

    /// How a client finds the server at this loopback port, and proves who it is.
    pub(crate) fn config(&self, port: u16, proof: &Proof) -> Result<Config, Error> {
        let url = format!("https://127.0.0.1:{port}");
        let mut config = Config::new(url.parse().map_err(Error::client("make a client"))?);
        config.root_cert = Some(vec![self.certificate.der().to_vec()]);
        config.auth_info =
            serde_json::from_value(proof.to_auth_info()).map_err(Error::client("make a client"))?;
        // A test wants to see the first answer, not the fifteenth.
        config.default_retry = false;
        Ok(config)
    }

    /// The same as a file for other programs. JSON is YAML too.
    pub(crate) fn kubeconfig(&self, port: u16, proof: &Proof) -> String {
        let config = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{ "name": "testenv", "cluster": {
                "server": format!("https://127.0.0.1:{port}"),
                "certificate-authority-data": STANDARD.encode(self.certificate.pem()),
            }}],
            "users": [{ "name": "user", "user": proof.to_auth_info() }],
            "contexts": [{ "name": "testenv", "context": { "cluster": "testenv", "user": "user" } }],
            "current-context": "testenv",
        });
        format!("{config:#}\n")
    }
}

/// A fresh key, for certificates and for signing service account tokens.
pub(crate) fn key(name: &str) -> Result<KeyPair, Error> {
    KeyPair::generate().map_err(failed(name))
}

fn failed(name: &str) -> impl FnOnce(rcgen::Error) -> Error {
    let name = name.to_owned();
    move |source| Error::Certificate { name, source: source.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kubeconfig_is_read_back_as_the_same_client() {
        let authority = Authority::new().unwrap();
        let user = User::new("jane").group("dev").group("ops");
        let proof = Proof::Certificate(authority.client(&user).unwrap());
        let text = authority.kubeconfig(20_443, &proof);
        let read: kube::config::Kubeconfig = serde_json::from_str(&text).unwrap();
        let config = authority.config(20_443, &proof).unwrap();
        let user = read.auth_infos[0].auth_info.as_ref().unwrap();
        assert_eq!(user.client_certificate_data, config.auth_info.client_certificate_data);
        assert_eq!(config.cluster_url, "https://127.0.0.1:20443/");
        assert!(!config.default_retry);
    }
}
