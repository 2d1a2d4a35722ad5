//! Which failed requests are sent again, and when.
//!
//! A request is repeated only where repeating cannot do harm: when the server says that it refused
//! it unread, when it never left, or when doing it twice is the same as doing it once.

use std::time::Duration;

use http::{Request, Response, StatusCode, header};

use crate::request::{Subject, Verb};

/// How often and how patiently a transport tries again.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Retries {
    /// The most times one request is sent again. 3 unless set; 0 turns retries off.
    pub limit: u32,
    /// The wait before the first one, doubled for each that follows. 100 ms unless set.
    pub first_wait: Duration,
    /// The longest wait, also when the server asks for more: then its answer is given to the
    /// caller instead. 10 s unless set.
    pub longest_wait: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self {
            limit: 3,
            first_wait: Duration::from_millis(100),
            longest_wait: Duration::from_secs(10),
        }
    }
}

/// What sending a request twice would do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Repeatable {
    /// The same as sending it once.
    Always,
    /// Perhaps something else, unless the first one was not carried out.
    IfRefused,
    /// The answer is a stream; whoever reads it knows where to go on.
    Never,
}

/// How sending a request failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Failure {
    /// It never left this machine.
    NotSent,
    /// It may have arrived, there was no answer.
    NoAnswer,
    /// The server answered with this status and asked to wait so long.
    Answered { status: StatusCode, retry_after: Option<Duration> },
}

impl Repeatable {
    /// An apply sets the same fields to the same values however often it is sent. A delete does
    /// not: another object may have taken the name in between.
    pub(crate) fn of(subject: &Subject) -> Self {
        match subject.verb {
            Verb::Watch => Self::Never,
            Verb::Get | Verb::List | Verb::Apply => Self::Always,
            _ if subject.dry_run => Self::Always,
            _ => Self::IfRefused,
        }
    }
}

impl Failure {
    /// Reads an answer; `None` when it is one to give to the caller.
    pub(crate) fn of<B>(response: &Response<B>) -> Option<Self> {
        let status = response.status();
        let passing = [
            StatusCode::TOO_MANY_REQUESTS,
            StatusCode::BAD_GATEWAY,
            StatusCode::SERVICE_UNAVAILABLE,
            StatusCode::GATEWAY_TIMEOUT,
        ];
        let seconds = response.headers().get(header::RETRY_AFTER);
        let seconds = seconds.and_then(|value| value.to_str().ok()?.parse().ok());
        let retry_after = seconds.map(Duration::from_secs);
        passing.contains(&status).then_some(Self::Answered { status, retry_after })
    }

    fn was_refused(self) -> bool {
        match self {
            Self::NotSent => true,
            Self::NoAnswer => false,
            // Priority and fairness refuses before anything is done; a gateway may have passed the
            // request on before it failed.
            Self::Answered { status, .. } => status == StatusCode::TOO_MANY_REQUESTS,
        }
    }
}

impl Retries {
    /// How long to wait before sending the request again, or `None` to give up.
    ///
    /// `attempt` counts from 0; `dice` lies between 0 and 1 and keeps many clients from coming
    /// back together.
    pub(crate) fn wait(
        &self,
        repeatable: Repeatable,
        failure: Failure,
        attempt: u32,
        dice: f64,
    ) -> Option<Duration> {
        let allowed = match repeatable {
            Repeatable::Always => true,
            Repeatable::IfRefused => failure.was_refused(),
            Repeatable::Never => false,
        };
        if !allowed || attempt >= self.limit {
            return None;
        }
        let doubled = self.first_wait.saturating_mul(2_u32.saturating_pow(attempt));
        let own = doubled.min(self.longest_wait).mul_f64(0.5 + dice.clamp(0.0, 1.0) / 2.0);
        match failure {
            Failure::Answered { retry_after: Some(asked), .. } if asked > self.longest_wait => None,
            Failure::Answered { retry_after: Some(asked), .. } => Some(asked.max(own)),
            _ => Some(own),
        }
    }
}

/// The same request once more; `None` when its body is a stream.
pub(crate) fn copy(request: &Request<kube::client::Body>) -> Option<Request<kube::client::Body>> {
    let mut copy = Request::new(request.body().try_clone()?);
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    *copy.extensions_mut() = request.extensions().clone();
    Some(copy)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RETRIES: Retries = Retries {
        limit: 3,
        first_wait: Duration::from_millis(100),
        longest_wait: Duration::from_secs(10),
    };

    fn answered(status: u16, retry_after: Option<u64>) -> Failure {
        Failure::Answered {
            status: StatusCode::from_u16(status).unwrap(),
            retry_after: retry_after.map(Duration::from_secs),
        }
    }

    #[test]
    fn a_create_is_repeated_only_when_it_was_refused() {
        let wait = |failure| RETRIES.wait(Repeatable::IfRefused, failure, 0, 1.0);
        assert!(wait(answered(429, None)).is_some());
        assert!(wait(Failure::NotSent).is_some());
        assert_eq!(wait(answered(503, Some(1))), None);
        assert_eq!(wait(Failure::NoAnswer), None);
    }

    #[test]
    fn waits_double_and_end() {
        let wait = |attempt| RETRIES.wait(Repeatable::Always, Failure::NoAnswer, attempt, 1.0);
        let millis = |millis| Some(Duration::from_millis(millis));
        assert_eq!(
            [wait(0), wait(1), wait(2), wait(3)],
            [millis(100), millis(200), millis(400), None]
        );
        let early = RETRIES.wait(Repeatable::Always, Failure::NoAnswer, 0, 0.0);
        assert_eq!(early, millis(50), "half of a wait is chance");
    }

    #[test]
    fn the_server_says_how_long_unless_that_is_too_long() {
        let wait = |asked| RETRIES.wait(Repeatable::Always, answered(429, Some(asked)), 0, 1.0);
        assert_eq!(wait(7), Some(Duration::from_secs(7)));
        assert_eq!(wait(0), Some(Duration::from_millis(100)));
        assert_eq!(wait(60), None);
    }

    #[test]
    fn a_watch_is_left_to_its_reader() {
        assert_eq!(RETRIES.wait(Repeatable::Never, Failure::NotSent, 0, 1.0), None);
    }
}
