//! Versions and constraints on them, as Masterminds/semver 3.5 reads them.
//!
//! Helm, Flux's image policies, and the tags of Git and OCI sources all speak this dialect. It
//! looks like npm's and is not: a comma means *and*, a pre-release needs an invitation, and `1.2`
//! means anything that starts so.
//!
//! ```
//! use gotk_expr::semver::{Constraint, Version};
//!
//! let range = Constraint::parse(">=1.0.0, <2.0.0")?;
//! assert!(range.matches(&Version::parse("v1.4")?));
//! assert!(!range.matches(&Version::parse("1.4.0-rc.1")?));
//!
//! // Tags that are no versions are skipped. The answer borrows from the tags.
//! let tags = ["latest", "1.2.0", "v1.10.0", "2.0.0", "1.11.0-rc.1"];
//! assert_eq!(range.best(tags).map(|version| version.original()), Some("v1.10.0"));
//! # Ok::<(), gotk_expr::Error>(())
//! ```
//!
//! # What a constraint may say
//!
//! | Written | Means |
//! | --- | --- |
//! | `1.2.3`, `=1.2.3` | exactly this version |
//! | `1.2`, `1.2.x`, `~1.2`, `~1.2.3`, `~>1.2` | from there up to the next minor version |
//! | `1`, `1.x`, `~1`, `^1.2.3` | from there up to the next major version |
//! | `^0.2.3`, `^0.0.3` | from there up to 0.3.0, to 0.0.4 |
//! | `>1.2`, `<=1.2.x` | beyond every 1.2, up to every 1.2 |
//! | `!=1.2.3`, `!=1.x` | anything else |
//! | `1.2 - 1.4.5` | `>=1.2, <=1.4.5` |
//! | `>=1.2 <2`, `>=1.2, <2` | both |
//! | `<1 \|\| >2` | either |
//! | `*`, `x` | every version that is not a pre-release |
//!
//! A pre-release such as `1.3.0-rc.1` satisfies a group of constraints only if one of them names a
//! pre-release itself: `>=1.2-0` is the idiom that invites them all.

mod comparator;
mod constraint;
mod grammar;
mod hyphen;
mod quote;
mod version;

pub use self::constraint::Constraint;
pub use self::version::Version;
