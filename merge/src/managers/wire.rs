//! Managed fields as JSON.

use jiff::Timestamp;
use serde::de::{Deserializer, Error as _};
use serde::ser::{Serialize, SerializeSeq, Serializer};
use serde::{Deserialize, Serialize as DeriveSerialize};
use serde_json::Value;

use super::{Entry, ManagedFields, Manager, Operation};
use crate::go;
use crate::set::FieldSet;

/// What an object says its managed fields are. Nothing in it is trusted yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorded {
    entries: Option<Vec<Read<Result<FieldSet, String>>>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, bound = "F: Default + Deserialize<'de>")]
struct Read<F> {
    manager: String,
    operation: String,
    api_version: String,
    time: Option<String>,
    fields_type: String,
    fields_v1: Option<F>,
    subresource: String,
}

/// The quick way, straight from text: whatever is not as an API server writes it is an error.
impl<'de> Deserialize<'de> for Recorded {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entries = Vec::<Read<FieldSet>>::deserialize(deserializer)?;
        if entries.iter().any(|entry| entry.time().is_none()) {
            return Err(D::Error::custom("an entry's time is none"));
        }
        Ok(Self { entries: Some(entries.into_iter().map(|it| it.with(Ok)).collect()) })
    }
}

impl Recorded {
    /// Reads the list from an object. What has another shape altogether counts as absent.
    pub(crate) fn read(value: &Value) -> Self {
        let entries = Vec::<Read<Value>>::deserialize(value).ok();
        let entries = entries.filter(|all| all.iter().all(|entry| entry.time().is_some()));
        let read = |value: Value| FieldSet::deserialize(&value).map_err(|error| error.to_string());
        let entries = entries.map(|all| all.into_iter().map(|it| it.with(read)).collect());
        Self { entries }
    }

    /// Whether a client asks to forget all managers: an empty list, or a list of one empty entry.
    pub(crate) fn is_reset(&self) -> bool {
        match self.entries.as_deref() {
            Some([]) => true,
            Some([only]) => only.is_empty(),
            _ => false,
        }
    }

    pub(crate) const fn is_absent(&self) -> bool {
        self.entries.is_none()
    }

    /// The managers, if every entry makes sense.
    pub(crate) fn decode(self) -> Result<ManagedFields, String> {
        let mut managed = ManagedFields::default();
        for (index, read) in self.entries.unwrap_or_default().into_iter().enumerate() {
            managed.insert(read.decode(index)?);
        }
        Ok(managed)
    }
}

impl<F> Read<F> {
    fn with<G>(self, read: impl FnOnce(F) -> G) -> Read<G> {
        let Self { manager, operation, api_version, time, fields_type, subresource, .. } = self;
        let fields_v1 = self.fields_v1.map(read);
        Read { manager, operation, api_version, time, fields_type, fields_v1, subresource }
    }

    fn is_empty(&self) -> bool {
        let texts = [
            &self.manager,
            &self.operation,
            &self.api_version,
            &self.fields_type,
            &self.subresource,
        ];
        texts.into_iter().all(String::is_empty) && self.time.is_none() && self.fields_v1.is_none()
    }

    /// The time, or none; nothing at all where it is no time.
    fn time(&self) -> Option<Option<Timestamp>> {
        let Some(text) = &self.time else { return Some(None) };
        let second = text.parse::<Timestamp>().ok()?.as_second();
        Some(Timestamp::from_second(second).ok())
    }
}

impl Read<Result<FieldSet, String>> {
    fn decode(self, index: usize) -> Result<Entry, String> {
        let operation = match self.operation.as_str() {
            "Apply" => Operation::Apply,
            "Update" => Operation::Update,
            _ => return Err("operation must be `Apply` or `Update`".to_owned()),
        };
        if self.api_version.is_empty() {
            return Err("apiVersion must not be empty".to_owned());
        }
        match self.fields_type.as_str() {
            "FieldsV1" => {}
            "" => return Err(format!("missing fieldsType in managed fields entry {index}")),
            other => {
                let other = go::quote(other);
                return Err(format!("invalid fieldsType {other} in managed fields entry {index}"));
            }
        }
        let time = self.time().flatten();
        let fields = self.fields_v1.unwrap_or_else(|| Ok(FieldSet::new()));
        let fields = fields.map_err(|error| format!("error decoding set: {error}"))?;
        let Self { manager: name, api_version, subresource, .. } = self;
        Ok(Entry { manager: Manager { name, operation, api_version, subresource }, time, fields })
    }
}

impl ManagedFields {
    /// Reads the value of `.metadata.managedFields`.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the first entry that makes no sense.
    pub fn from_value(value: &Value) -> Result<Self, crate::Error> {
        let decoded = Recorded::read(value).decode();
        decoded.map_err(|message| crate::Error::ManagedFields { message })
    }
}

#[derive(DeriveSerialize)]
#[serde(rename_all = "camelCase")]
struct Written<'e> {
    api_version: &'e str,
    fields_type: &'static str,
    fields_v1: &'e FieldSet,
    #[serde(skip_serializing_if = "str::is_empty")]
    manager: &'e str,
    operation: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    subresource: &'e str,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
}

impl Serialize for ManagedFields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.entries.len()))?;
        for entry in &self.entries {
            list.serialize_element(&Written {
                api_version: &entry.manager.api_version,
                fields_type: "FieldsV1",
                fields_v1: &entry.fields,
                manager: &entry.manager.name,
                operation: match entry.manager.operation {
                    Operation::Apply => "Apply",
                    Operation::Update => "Update",
                },
                subresource: &entry.manager.subresource,
                time: entry.time.map(|time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
            })?;
        }
        list.end()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_read_is_written_again() {
        let value = json!([{
            "manager": "m", "operation": "Update", "apiVersion": "apps/v1", "subresource": "status",
            "time": "2024-01-02T03:04:05Z", "fieldsType": "FieldsV1", "fieldsV1": {"f:a": {"f:b": {}}},
        }]);
        assert_eq!(ManagedFields::from_value(&value).unwrap().to_value(), value);
    }

    #[test]
    fn entries_that_make_no_sense_are_errors() {
        let problem = |entry| ManagedFields::from_value(&json!([entry])).unwrap_err().to_string();
        assert_eq!(
            problem(json!({})),
            "failed to decode managed fields: operation must be `Apply` or `Update`"
        );
        assert!(problem(json!({"operation": "Apply"})).ends_with("apiVersion must not be empty"));
        let no_type = json!({"operation": "Apply", "apiVersion": "v1"});
        assert!(problem(no_type).ends_with("missing fieldsType in managed fields entry 0"));
        let bad = json!({"operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": {"x": 1}});
        assert!(problem(bad).contains("error decoding set: "));
    }

    #[test]
    fn a_list_of_another_shape_counts_as_absent() {
        for other in [json!(1), json!([1]), json!([{"manager": 1}]), json!([{"time": "noon"}])] {
            assert!(Recorded::read(&other).is_absent(), "{other}");
        }
    }

    #[test]
    fn an_empty_list_or_entry_resets() {
        assert!(Recorded::read(&json!([])).is_reset());
        assert!(Recorded::read(&json!([{}])).is_reset());
        assert!(!Recorded::read(&json!([{}, {}])).is_reset());
        assert!(!Recorded::read(&json!(null)).is_reset());
    }
}
