//! The patch types, each on the object as it is now.

use std::sync::Arc;

use gotk_merge::{Versions, patch};
use serde_json::Value;

use crate::accept::Form;
use crate::decode::{self, Strictness};
use crate::failure::Failure;
use crate::kind::Kind;
use crate::machine::{Document, Machine, Request};
use crate::meta;
use crate::object::Stored;
use crate::owning::Writer;
use crate::query::{Write, WriteOptions};
use crate::route::Target;
use crate::write::{Edit, Outcome};

/// A patch, read but not yet held against an object.
#[derive(Debug)]
enum Patch {
    Json(Value),
    Merge(Value),
    Strategic(Value),
    Apply(Value),
}

impl Machine {
    pub(crate) fn patch(
        &mut self,
        request: &Request,
        target: &Target,
        form: Form,
    ) -> Result<Document, Failure> {
        let media = request.content_type.split(';').next().unwrap_or_default().trim();
        let apply = media == "application/apply-patch+yaml";
        let options =
            WriteOptions::parse(&request.query, if apply { Write::Apply } else { Write::Patch })?;
        let writer = if apply {
            Writer::applying(&options)
        } else {
            Writer::patch(&options, &request.user_agent)
        };
        let edit = Edit::new(target, &options, writer);
        let patch = Patch::read(media, &request.body)?;
        if edit.subresource == "scale" {
            return match patch {
                Patch::Apply(_) | Patch::Strategic(_) => Err(Failure::unsupported_patch()),
                patch => self.write_scale(&edit, target, |scale| patch.on(&target.kind, scale)),
            };
        }
        let mut warnings = Vec::new();
        let (outcome, code) = match (self.find(target), patch) {
            (found, Patch::Apply(config)) => {
                if found.is_err() {
                    self.authorize_as(request, target, "create")?;
                }
                self.check_escalation(request, target, &config)?;
                self.apply(&edit, target, found.ok(), config, options.force)?
            }
            (Ok(old), patch) => {
                let mut new =
                    decode::typed(&target.kind, patch.on(&target.kind, old.value(&target.kind))?)?;
                let strictness = Strictness { validation: options.field_validation, text: &[] };
                warnings = decode::fit(&target.kind, &mut new, &strictness)?;
                decode::check_identity(target, &new)?;
                self.check_escalation(request, target, &new)?;
                (self.replace(&edit, &old, new)?, 200)
            }
            (Err(missing), _) => return Err(missing),
        };
        self.settle();
        Ok(edit.document(&outcome, form, code).warning(warnings))
    }

    fn apply(
        &mut self,
        edit: &Edit,
        target: &Target,
        old: Option<Arc<Stored>>,
        config: Value,
        force: bool,
    ) -> Result<(Outcome, u16), Failure> {
        check_applied_kind(edit, &config)?;
        decode::check_identity(target, &config)?;
        if let Some(old) = &old {
            self.check_version(edit, old, &config)?;
        }
        let before = old.as_ref().map(|old| old.value(&edit.kind));
        let now = self.clock.now();
        let mut merged = edit.writer.apply(
            &edit.kind,
            &edit.subresource,
            before.as_ref(),
            &config,
            force,
            now,
        )?;
        decode::settle(&edit.kind, &mut merged)?;
        let Some(old) = old else {
            if !edit.subresource.is_empty() {
                return Err(Failure::not_found(&edit.kind, meta::name(&config)));
            }
            let uid = config["metadata"]["uid"].as_str().unwrap_or_default();
            if !uid.is_empty() {
                let why = format!(
                    "uid mismatch: the provided object specified uid {uid}, and no existing object was found"
                );
                return Err(Failure::conflict(&edit.kind, meta::name(&config), &why));
            }
            return Ok((self.insert(edit, merged)?, 201));
        };
        Ok((self.replace(edit, &old, merged)?, 200))
    }
}

impl Patch {
    fn read(media: &str, body: &[u8]) -> Result<Self, Failure> {
        match media {
            "application/json-patch+json" => Self::read_json(body),
            "application/merge-patch+json" => Self::read_object(body).map(Self::Merge),
            "application/strategic-merge-patch+json" => {
                Self::read_object(body).map(Self::Strategic)
            }
            "application/apply-patch+yaml" => Self::read_apply(body),
            _ => Err(Failure::unsupported_patch()),
        }
    }

    fn read_json(body: &[u8]) -> Result<Self, Failure> {
        let document = serde_json::from_slice(body);
        document
            .map(Self::Json)
            .map_err(|error| Failure::bad_request(format!("error decoding patch: {error}")))
    }

    fn read_object(body: &[u8]) -> Result<Value, Failure> {
        match serde_json::from_slice(body) {
            Ok(patch @ Value::Object(_)) => Ok(patch),
            Ok(other) => {
                let found = if other.is_array() { "array" } else { "value" };
                Err(Failure::bad_request(format!(
                    "error decoding patch: json: cannot unmarshal {found} into Go value of type map[string]interface {{}}"
                )))
            }
            Err(_) => Err(Failure::bad_request("invalid JSON patch")),
        }
    }

    /// YAML, of which JSON is the part that clients send.
    fn read_apply(body: &[u8]) -> Result<Self, Failure> {
        let read = match serde_json::from_slice(body) {
            Ok(config) => config,
            Err(_) => gotk_yaml::from_slice(body, &gotk_yaml::Options::default())
                .map_err(|error| Failure::bad_request(format!("error decoding YAML: {error}")))?,
        };
        decode::check_depth(&read)?;
        match read {
            config @ Value::Object(_) => Ok(Self::Apply(config)),
            Value::Null => Ok(Self::Apply(Value::Object(serde_json::Map::new()))),
            _ => Err(Failure::bad_request("error decoding YAML: expected an object")),
        }
    }

    fn on(self, kind: &Kind, object: Value) -> Result<Value, Failure> {
        let patched = match self {
            Self::Json(patch) => patch::json(object, &patch),
            Self::Merge(patch) => Ok(patch::merge(object, &patch)),
            Self::Strategic(patch) => {
                let of = kind.versions.type_in(&kind.api_version()).filter(|_| kind.built_in);
                patch::strategic(object, &patch, &of.ok_or_else(Failure::unsupported_custom_patch)?)
            }
            Self::Apply(_) => Ok(object),
        };
        patched.map_err(refused)
    }
}

/// A patch that is none, or that does not fit the object.
fn refused(error: gotk_merge::Error) -> Failure {
    let message = error.to_string();
    match error.code() {
        413 => Failure::too_many_operations(message),
        422 => Failure::patch_does_not_fit(),
        _ => Failure::bad_request(format!("error decoding patch: {message}")),
    }
}

fn check_applied_kind(edit: &Edit, config: &Value) -> Result<(), Failure> {
    let text = |field: &str| config[field].as_str().unwrap_or_default();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    if api_version == edit.kind.api_version() && *kind == *edit.kind.kind {
        return Ok(());
    }
    let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
    Err(Failure::bad_request(format!("invalid object type: {group}/{version}, Kind={kind}")))
}
