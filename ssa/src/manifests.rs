//! From texts to objects that are ready to be planned.
//!
//! [`read`] takes a stream apart, [`normalize`] says an object in the words the server will say it
//! in, and the others add what all objects of a set have. Everything here works on values: no
//! network, no disk.
//!
//! ```
//! use gotk_ssa::manifests;
//!
//! let text = "\
//! apiVersion: v1
//! kind: Secret
//! metadata: { name: login }
//! stringData: { password: hush }
//! ---
//! apiVersion: v1
//! kind: ConfigMap
//! metadata: { name: settings }
//! ";
//! let mut objects = manifests::read(text)?;
//! for object in &mut objects {
//!     manifests::normalize(object);
//!     manifests::set_namespace(object, "shop");
//! }
//! assert_eq!(objects[0]["data"]["password"], "aHVzaA==");
//! assert_eq!(objects[1]["metadata"]["namespace"], "shop");
//!
//! let error = manifests::read("kind: Secret\nmetadata: { name: login }\n").unwrap_err();
//! assert_eq!(error.to_string(), "document 1, line 1, column 1: Secret/login has no apiVersion");
//! # Ok::<(), gotk_ssa::Error>(())
//! ```

mod metadata;
mod normalize;
mod read;

pub use self::metadata::{add_annotations, add_labels, set_namespace};
pub use self::normalize::normalize;
pub use self::read::{read, read_with};
