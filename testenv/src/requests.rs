//! Who asked the server what, how often.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The requests a server has answered, counted by what they were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requests {
    counts: BTreeMap<Request, u64>,
}

/// What one request was.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Request {
    /// Who asked; the user acted as, where somebody impersonates.
    pub user: String,
    /// `get`, `list`, `watch`, `create`, `update`, `patch` (every apply is one), `delete`, …
    pub verb: String,
    /// `deployments.apps`, `pods/status`, or the path of what is no resource: `/version`.
    pub resource: String,
    /// Whether nothing was to be stored.
    pub dry_run: bool,
}

impl Requests {
    /// How many there were.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    /// Those answered after the earlier count was taken.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let later = |(request, count): (&Request, &u64)| {
            let new = count.saturating_sub(earlier.counts.get(request).copied().unwrap_or(0));
            (new > 0).then(|| (request.clone(), new))
        };
        Self { counts: self.counts.iter().filter_map(later).collect() }
    }

    /// Those that are of interest.
    #[must_use]
    pub fn filter(&self, wanted: impl Fn(&Request) -> bool) -> Self {
        let counts = self.counts.iter().filter(|(request, _)| wanted(request));
        Self { counts: counts.map(|(request, &count)| (request.clone(), count)).collect() }
    }

    /// Those of one user.
    #[must_use]
    pub fn by(&self, user: &str) -> Self {
        self.filter(|request| request.user == user)
    }

    /// Each kind of request with its count, in order of user, verb and resource.
    pub fn iter(&self) -> impl Iterator<Item = (&Request, u64)> {
        self.counts.iter().map(|(request, &count)| (request, count))
    }

    fn add(&mut self, request: Request) {
        *self.counts.entry(request).or_default() += 1;
    }
}

impl fmt::Display for Requests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (request, count) in self.iter() {
            writeln!(f, "{count:>6}  {request}")?;
        }
        write!(f, "{:>6}  in all", self.total())
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dry = if self.dry_run { " (dry-run)" } else { "" };
        write!(f, "{} {} by {}{dry}", self.verb, self.resource, self.user)
    }
}

/// In the query of a request that only asks whether the log has come so far. It is not counted.
pub(crate) const MARKER: &str = "gotk-testenv-marker";

/// Follows the API server's audit log.
#[derive(Debug)]
pub(crate) struct AuditLog {
    path: PathBuf,
    read: u64,
    started: HashSet<String>,
    counted: Requests,
    /// The markers that were handed out, and those of them that were found.
    markers: u64,
    found: HashSet<u64>,
}

impl AuditLog {
    pub(crate) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            read: 0,
            started: HashSet::new(),
            counted: Requests::default(),
            markers: 0,
            found: HashSet::new(),
        }
    }

    /// Reads what was added to the log since the last time.
    pub(crate) fn follow(&mut self) -> io::Result<()> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.read))?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        // The last line may be half written.
        let whole = text.iter().rposition(|&b| b == b'\n').map_or(0, |end| end + 1);
        for line in text[..whole].split(|&b| b == b'\n') {
            if let Ok(event) = serde_json::from_slice(line) {
                self.note(&event);
            }
        }
        self.read += whole as u64;
        Ok(())
    }

    /// A number that no other marker has: who waits for their own is not misled by another's.
    pub(crate) fn marker(&mut self) -> u64 {
        self.markers += 1;
        self.markers
    }

    /// All that was counted, once the marker was found.
    pub(crate) fn counted_to(&mut self, marker: u64) -> Option<Requests> {
        self.found.remove(&marker).then(|| self.counted.clone())
    }

    fn note(&mut self, event: &Value) {
        let text = |path: &str| event.pointer(path).and_then(Value::as_str).unwrap_or_default();
        let uri = text("/requestURI");
        if let Some((_, number)) = uri.split_once(MARKER).map(|(_, n)| n.split_at(1)) {
            self.found.extend(number.parse::<u64>());
            return;
        }
        // A watch is logged twice: when it starts, and when it ends.
        let id = text("/auditID");
        if text("/stage") == "ResponseStarted" {
            self.started.insert(id.to_owned());
        } else if self.started.remove(id) {
            return;
        }
        let acted_as = text("/impersonatedUser/username");
        let user = if acted_as.is_empty() { text("/user/username") } else { acted_as };
        self.counted.add(Request {
            user: user.to_owned(),
            verb: text("/verb").to_owned(),
            resource: resource(event).unwrap_or_else(|| path(uri).to_owned()),
            dry_run: uri.contains("dryRun="),
        });
    }
}

fn resource(event: &Value) -> Option<String> {
    let part = |name: &str| event["objectRef"][name].as_str().filter(|s| !s.is_empty());
    let mut name = part("resource")?.to_owned();
    for (sign, part) in [('.', part("apiGroup")), ('/', part("subresource"))] {
        if let Some(part) = part {
            name.push(sign);
            name.push_str(part);
        }
    }
    Some(name)
}

fn path(uri: &str) -> &str {
    uri.split_once('?').map_or(uri, |(path, _)| path)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::json;

    use super::*;

    fn event(id: &str, stage: &str, verb: &str, uri: &str) -> String {
        let event = json!({
            "auditID": id, "stage": stage, "verb": verb, "requestURI": uri,
            "user": { "username": "jane" },
            "objectRef": { "resource": "deployments", "apiGroup": "apps", "subresource": "status" },
        });
        format!("{event}\n")
    }

    #[test]
    fn a_watch_counts_once_and_half_a_line_not_yet() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        let started = event("a", "ResponseStarted", "watch", "/apis/apps/v1/deployments");
        let (half, rest) = started.split_at(20);
        let mut log = AuditLog::new(&path);
        fs::write(&path, half).unwrap();
        log.follow().unwrap();
        assert_eq!(log.counted.total(), 0);
        fs::write(&path, [half, rest].concat()).unwrap();
        log.follow().unwrap();
        assert_eq!(log.counted.total(), 1);
        let ended = event("a", "ResponseComplete", "watch", "/apis/apps/v1/deployments");
        fs::write(&path, [half, rest, &ended].concat()).unwrap();
        log.follow().unwrap();
        assert_eq!(
            log.counted.to_string(),
            "     1  watch deployments.apps/status by jane\n     1  in all"
        );
    }

    #[test]
    fn counts_are_compared_by_what_was_asked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        let uri = "/apis/apps/v1/namespaces/x/deployments/y/status?dryRun=All";
        fs::write(&path, event("a", "ResponseComplete", "patch", uri)).unwrap();
        let mut log = AuditLog::new(&path);
        log.follow().unwrap();
        let before = log.counted.clone();
        let more = [
            event("a", "ResponseComplete", "patch", uri),
            event("b", "ResponseComplete", "patch", uri),
            event("c", "ResponseComplete", "get", &format!("/version?{MARKER}=7")),
        ];
        fs::write(&path, more.concat()).unwrap();
        log.follow().unwrap();
        assert_eq!(log.counted_to(6), None);
        let after = log.counted_to(7).unwrap();
        assert_eq!(
            after.since(&before).to_string(),
            "     1  patch deployments.apps/status by jane (dry-run)\n     1  in all"
        );
        assert_eq!(after.by("joe").total(), 0);
    }
}
