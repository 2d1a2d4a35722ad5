//! On whose behalf a request is made.

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::Error;

/// Somebody to act as: the API server checks that we may, and then treats the request as theirs.
///
/// ```
/// use gotk_client::Identity;
///
/// let deployer = Identity::service_account("shop", "deployer")?;
/// assert_eq!(deployer.user(), "system:serviceaccount:shop:deployer");
/// # Ok::<(), gotk_client::Error>(())
/// ```
///
/// Put into a request's extensions it holds for that one request; most callers use
/// [`Transport::client_as`](crate::Transport::client_as).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Identity {
    user: String,
    headers: HeaderMap,
}

impl Identity {
    /// A user by name, without groups.
    ///
    /// # Errors
    ///
    /// [`Error::Identity`] when the name cannot stand in a header.
    pub fn user_named(user: impl Into<String>) -> Result<Self, Error> {
        let user = user.into();
        let mut headers = HeaderMap::new();
        headers.insert("impersonate-user", header_value(&user)?);
        Ok(Self { user, headers })
    }

    /// A service account, with the groups the server gives every service account.
    ///
    /// # Errors
    ///
    /// [`Error::Identity`] when a name cannot stand in a header.
    pub fn service_account(namespace: &str, name: &str) -> Result<Self, Error> {
        Self::user_named(format!("system:serviceaccount:{namespace}:{name}"))?
            .group("system:serviceaccounts")?
            .group(&format!("system:serviceaccounts:{namespace}"))?
            .group("system:authenticated")
    }

    /// The same, as a member of `group` too.
    ///
    /// # Errors
    ///
    /// [`Error::Identity`] when the name cannot stand in a header.
    pub fn group(mut self, group: &str) -> Result<Self, Error> {
        self.headers.append("impersonate-group", header_value(group)?);
        Ok(self)
    }

    /// The user's name, as audit logs and conflict messages show it.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Replaces whatever identity the headers name.
    pub(crate) fn stamp(&self, headers: &mut HeaderMap) {
        let is_impersonation = |name: &&HeaderName| name.as_str().starts_with("impersonate-");
        let old: Vec<HeaderName> = headers.keys().filter(is_impersonation).cloned().collect();
        for name in old {
            headers.remove(name);
        }
        headers.extend(self.headers.clone());
    }
}

fn header_value(text: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(text).map_err(|_| Error::Identity { name: text.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_identity_replaces_another() {
        let mut headers = HeaderMap::new();
        let jane = Identity::user_named("jane").unwrap().group("dev").unwrap();
        jane.stamp(&mut headers);
        Identity::service_account("shop", "deployer").unwrap().stamp(&mut headers);
        assert_eq!(headers["impersonate-user"], "system:serviceaccount:shop:deployer");
        let groups: Vec<_> = headers.get_all("impersonate-group").iter().collect();
        assert_eq!(
            groups,
            ["system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated"]
        );
    }

    #[test]
    fn a_name_cannot_smuggle_a_header() {
        assert!(Identity::user_named("jane\r\nimpersonate-group: system:masters").is_err());
    }
}
