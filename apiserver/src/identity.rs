//! Who sends a request.
//!
//! Nobody has to prove anything: a request without credentials is the administrator's. Impersonation
//! headers and tokens that this server gave out make it somebody else's, and then roles decide.

use serde_json::{Value, json};

/// A user and the groups they are in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) groups: Vec<String>,
}

const MASTERS: &str = "system:masters";
const AUTHENTICATED: &str = "system:authenticated";

impl User {
    pub(crate) fn admin() -> Self {
        let groups = [MASTERS, AUTHENTICATED].map(str::to_owned).into();
        Self { name: "system:admin".to_owned(), groups }
    }

    /// A user as an administrator impersonates them.
    pub(crate) fn impersonated(name: &str, groups: Vec<String>) -> Self {
        if let Some(account) =
            name.strip_prefix("system:serviceaccount:").filter(|_| groups.is_empty())
            && let Some((namespace, account)) = account.split_once(':')
        {
            return Self::service_account(namespace, account);
        }
        let mut user = Self { name: name.to_owned(), groups };
        let everybody =
            if name == "system:anonymous" { "system:unauthenticated" } else { AUTHENTICATED };
        if !user.groups.iter().any(|group| group == everybody) {
            user.groups.push(everybody.to_owned());
        }
        user
    }

    pub(crate) fn service_account(namespace: &str, name: &str) -> Self {
        let groups = vec![
            "system:serviceaccounts".to_owned(),
            format!("system:serviceaccounts:{namespace}"),
            AUTHENTICATED.to_owned(),
        ];
        Self { name: format!("system:serviceaccount:{namespace}:{name}"), groups }
    }

    /// Whether no role is needed.
    pub(crate) fn is_master(&self) -> bool {
        self.groups.iter().any(|group| group == MASTERS)
    }

    pub(crate) fn info(&self) -> Value {
        json!({ "username": self.name, "groups": self.groups })
    }

    /// Whether a subject of a binding in `namespace` means this user.
    pub(crate) fn is_subject(&self, subject: &Value, namespace: Option<&str>) -> bool {
        let text = |field: &str| subject[field].as_str().unwrap_or_default();
        match text("kind") {
            "User" => self.name == text("name"),
            "Group" => self.groups.iter().any(|group| group == text("name")),
            "ServiceAccount" => {
                let own = text("namespace");
                let namespace = if own.is_empty() { namespace.unwrap_or_default() } else { own };
                self.name == format!("system:serviceaccount:{namespace}:{}", text("name"))
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_account_is_in_the_groups_of_its_kind() {
        let user = User::impersonated("system:serviceaccount:apps:deployer", Vec::new());
        assert_eq!(user.groups[1], "system:serviceaccounts:apps");
        let account = json!({ "kind": "ServiceAccount", "name": "deployer", "namespace": "apps" });
        assert!(user.is_subject(&account, None));
        let here = json!({ "kind": "ServiceAccount", "name": "deployer" });
        assert!(user.is_subject(&here, Some("apps")) && !user.is_subject(&here, Some("b")));
        assert!(!user.is_master() && User::admin().is_master());
    }

    #[test]
    fn everybody_but_anonymous_is_authenticated() {
        let jane = User::impersonated("jane", vec!["devs".to_owned()]);
        assert_eq!(jane.groups, ["devs", AUTHENTICATED]);
        let group = json!({ "kind": "Group", "name": "devs" });
        assert!(jane.is_subject(&group, None));
        let nobody = User::impersonated("system:anonymous", Vec::new());
        assert_eq!(nobody.groups, ["system:unauthenticated"]);
    }
}
