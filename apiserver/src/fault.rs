//! What a test can make go wrong, for which requests, and how often.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::asked::Asked;
use crate::failure::Failure;

/// What goes wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Harm {
    /// It is served so much later, or when the rule is lifted.
    Delay(Duration),
    /// It is served once the rule is lifted: what happens meanwhile is up to the test, however slow
    /// the machine.
    Hold,
    /// It is refused with `429` and `Retry-After`.
    TooManyRequests {
        /// The seconds to wait.
        retry_after: u32,
    },
    /// It is refused with the `409` of an object that was modified meanwhile.
    Conflict,
    /// It is refused with this code: 500, 503, 504, 410 …
    Status(u16),
    /// It is never answered. The connection stays.
    Hang,
    /// It is not served, and the connection it came by ends.
    Cut,
    /// It is served, and the connection ends where the answer should be.
    CutAnswer,
    /// A watch ends with its connection after so many events.
    CutAfter(usize),
    /// A watch falls silent after so many events. Its connection stays.
    FreezeAfter(usize),
    /// A watch is told after so many events that its version has expired: `410` in the stream.
    ExpireAfter(usize),
}

impl Harm {
    /// Whether only watches can meet it, once they run.
    fn is_of_watches(&self) -> bool {
        matches!(self, Self::CutAfter(_) | Self::FreezeAfter(_) | Self::ExpireAfter(_))
    }
}

/// A rule: which requests meet which [`Harm`]. Without conditions, all of them do.
#[derive(Clone, Debug)]
#[must_use]
pub struct Fault {
    harm: Harm,
    verb: Option<String>,
    resource: Option<String>,
    namespace: Option<String>,
    name: Option<String>,
    user: Option<String>,
    after: u64,
    times: Option<u64>,
}

impl Fault {
    /// A rule that holds for every request.
    pub fn new(harm: Harm) -> Self {
        Self {
            harm,
            verb: None,
            resource: None,
            namespace: None,
            name: None,
            user: None,
            after: 0,
            times: None,
        }
    }

    /// Only requests of this verb, as in audit logs: `get`, `list`, `watch`, `create`, `update`,
    /// `patch`, `delete`, `deletecollection`.
    pub fn verb(mut self, verb: impl Into<String>) -> Self {
        self.verb = Some(verb.into());
        self
    }

    /// Only requests about this resource: `deployments.apps`, `pods/status`, `/version`.
    pub fn resource(mut self, resource: impl Into<String>) -> Self {
        self.resource = Some(resource.into());
        self
    }

    /// Only requests in this namespace.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// Only requests about the object of this name. A create names it in its body, and is no match.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Only requests of this user, or of those who act as that user.
    pub fn user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// So many matching requests are let through first.
    pub fn after(mut self, requests: u64) -> Self {
        self.after = requests;
        self
    }

    /// No more requests than this are harmed.
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    fn matches(&self, asked: &Asked) -> bool {
        let fits = |wanted: &Option<String>, is: &str| wanted.as_ref().is_none_or(|w| w == is);
        fits(&self.verb, &asked.verb)
            && fits(&self.resource, &asked.resource)
            && fits(&self.namespace, &asked.namespace)
            && fits(&self.name, &asked.name)
            && fits(&self.user, &asked.user)
            && (asked.verb == "watch" || !self.harm.is_of_watches())
    }
}

/// A rule in force, made by [`ApiServer::inject`](crate::ApiServer::inject). Dropping it changes
/// nothing: the rule stays until it is lifted or has struck as often as it may.
#[derive(Clone, Debug)]
pub struct Injected {
    rule: Arc<Rule>,
    rules: Weak<Rules>,
}

impl Injected {
    /// How many requests it has harmed.
    #[must_use]
    pub fn struck(&self) -> u64 {
        self.rule.struck.load(Ordering::SeqCst)
    }

    /// Ends the rule, and the delays it has caused.
    pub fn lift(&self) {
        if let Some(rules) = self.rules.upgrade() {
            rules.all().retain(|rule| !Arc::ptr_eq(rule, &self.rule));
        }
        self.rule.lifted.close();
    }
}

#[derive(Debug)]
struct Rule {
    fault: Fault,
    met: AtomicU64,
    struck: AtomicU64,
    /// Closed when the rule ends; it never has anything to acquire.
    lifted: Semaphore,
}

/// What one rule does to one request.
#[derive(Debug)]
pub(crate) struct Strike {
    pub(crate) harm: Harm,
    rule: Arc<Rule>,
}

impl Strike {
    /// Waits so long, or until the rule is lifted.
    pub(crate) async fn delay(&self, time: Duration) {
        let _ = tokio::time::timeout(time, self.lifted()).await;
    }

    /// Waits until the rule is lifted.
    pub(crate) async fn lifted(&self) {
        let _ = self.rule.lifted.acquire().await;
    }
}

/// The rules in force, in the order in which they were made.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    rules: Mutex<Vec<Arc<Rule>>>,
}

impl Rules {
    pub(crate) fn add(self: &Arc<Self>, fault: Fault) -> Injected {
        let (met, struck, lifted) = (AtomicU64::new(0), AtomicU64::new(0), Semaphore::new(0));
        let rule = Arc::new(Rule { fault, met, struck, lifted });
        self.all().push(Arc::clone(&rule));
        Injected { rule, rules: Arc::downgrade(self) }
    }

    pub(crate) fn lift(&self) {
        self.all().drain(..).for_each(|rule| rule.lifted.close());
    }

    /// What a request meets: what makes it late, and after that at most one other harm.
    pub(crate) fn strike(&self, asked: &Asked) -> Vec<Strike> {
        let mut harms = Vec::new();
        for rule in self.all().iter().filter(|rule| rule.fault.matches(asked)) {
            let met = rule.met.fetch_add(1, Ordering::SeqCst);
            let struck = rule.struck.load(Ordering::SeqCst);
            if met < rule.fault.after || rule.fault.times.is_some_and(|times| struck >= times) {
                continue;
            }
            rule.struck.fetch_add(1, Ordering::SeqCst);
            harms.push(Strike { harm: rule.fault.harm.clone(), rule: Arc::clone(rule) });
            if !matches!(rule.fault.harm, Harm::Delay(_) | Harm::Hold) {
                break;
            }
        }
        harms
    }

    fn all(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Rule>>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The refusal a harm is, if it is one.
pub(crate) fn refusal(harm: &Harm, asked: &Asked) -> Option<Failure> {
    match harm {
        Harm::TooManyRequests { retry_after } => Some(Failure::too_many_requests(*retry_after)),
        Harm::Conflict => {
            let resource = asked.resource.split('/').next().unwrap_or_default();
            let (plural, group) = resource.split_once('.').unwrap_or((resource, ""));
            Some(Failure::modified(group, plural, resource, &asked.name))
        }
        Harm::Status(code) => Some(Failure::injected(*code)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn harms(rules: &Rules, asked: &Asked) -> Vec<Harm> {
        rules.strike(asked).into_iter().map(|strike| strike.harm).collect()
    }

    #[tokio::test]
    async fn what_is_held_goes_on_when_the_rule_is_lifted() {
        let rules = Arc::new(Rules::default());
        let rule = rules.add(Fault::new(Harm::Hold));
        let strikes = rules.strike(&asked("get", "a"));
        let (held, again) = (strikes[0].lifted(), strikes[0].lifted());
        rule.lift();
        held.await;
        again.await;
        rules.add(Fault::new(Harm::Hold));
        let strikes = rules.strike(&asked("get", "a"));
        rules.lift();
        strikes[0].lifted().await;
    }

    fn asked(verb: &str, name: &str) -> Asked {
        Asked {
            user: "jane".into(),
            verb: verb.into(),
            resource: "deployments.apps".into(),
            namespace: "x".into(),
            name: name.into(),
            dry_run: false,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_delay_ends_with_its_time_or_with_its_rule() {
        let rules = Arc::new(Rules::default());
        let (minute, begin) = (Duration::from_secs(60), tokio::time::Instant::now());
        let rule = rules.add(Fault::new(Harm::Delay(minute)));
        let struck = rules.strike(&asked("get", "a"));
        struck[0].delay(minute).await;
        assert_eq!(begin.elapsed(), minute);
        rule.lift();
        struck[0].delay(minute).await;
        assert_eq!(begin.elapsed(), minute, "nothing is waited for any more");
    }

    #[test]
    fn a_rule_lets_some_through_and_ends_after_its_times() {
        let rules = Arc::new(Rules::default());
        let rule = rules.add(Fault::new(Harm::Conflict).verb("patch").after(1).times(2));
        let harmed: Vec<bool> =
            (0..5).map(|_| !rules.strike(&asked("patch", "a")).is_empty()).collect();
        assert_eq!(harmed, [false, true, true, false, false]);
        assert!(rules.strike(&asked("get", "a")).is_empty());
        assert_eq!(rule.struck(), 2);
    }

    #[test]
    fn every_condition_has_to_hold() {
        let rules = Arc::new(Rules::default());
        let fault = Fault::new(Harm::Hang).resource("deployments.apps").namespace("x");
        rules.add(fault.name("a").user("jane"));
        assert_eq!(harms(&rules, &asked("get", "a")), [Harm::Hang]);
        assert!(rules.strike(&asked("get", "b")).is_empty());
        let joe = Asked { user: "joe".into(), ..asked("get", "a") };
        assert!(rules.strike(&joe).is_empty());
    }

    #[test]
    fn delays_add_up_and_one_harm_ends_the_list() {
        let rules = Arc::new(Rules::default());
        let delay = Harm::Delay(Duration::from_millis(1));
        rules.add(Fault::new(delay.clone()));
        let lifted = rules.add(Fault::new(Harm::Status(503)));
        rules.add(Fault::new(Harm::Hang));
        assert_eq!(harms(&rules, &asked("get", "a")), [delay.clone(), Harm::Status(503)]);
        lifted.lift();
        assert_eq!(harms(&rules, &asked("get", "a")), [delay, Harm::Hang]);
    }

    #[test]
    fn what_happens_to_watches_happens_to_no_list() {
        let rules = Arc::new(Rules::default());
        rules.add(Fault::new(Harm::ExpireAfter(0)));
        assert!(rules.strike(&asked("list", "")).is_empty());
        assert_eq!(rules.strike(&asked("watch", "")).len(), 1);
    }
}
