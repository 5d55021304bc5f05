//! The quotas of the control plane, off unless asked for.
//!
//! Source: "Amazon API Gateway quotas and important notes": 10 requests a second
//! with a burst of 40 over all operations, CreateDeployment one in 5 seconds,
//! GetResources five in 2 seconds.

use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;
use std::time::{Duration, Instant};

/// Which limits the sandbox enforces.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Quota {
    /// None.
    #[default]
    Off,
    /// What AWS enforces.
    Aws,
    /// Others, for tests that should not take minutes.
    Custom {
        /// Calls a second, of all operations together.
        rate: f64,
        /// How many may come at once.
        burst: u32,
        /// At most one CreateDeployment in this time.
        deploy_interval: Duration,
    },
}

/// A text that is no quota.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no quota; write off, aws, or RATE,BURST,DEPLOY_INTERVAL (as 100,400,0.5)")]
pub struct QuotaError(String);

impl FromStr for Quota {
    type Err = QuotaError;

    fn from_str(text: &str) -> Result<Self, QuotaError> {
        let wrong = || QuotaError(text.to_owned());
        match text.trim() {
            "off" => return Ok(Self::Off),
            "aws" => return Ok(Self::Aws),
            _ => {}
        }
        let parts: Vec<&str> = text.split(',').map(str::trim).collect();
        let [rate, burst, interval] = parts.as_slice() else {
            return Err(wrong());
        };
        let rate: f64 = rate.parse().map_err(|_| wrong())?;
        let burst: u32 = burst.parse().map_err(|_| wrong())?;
        let interval: f64 = interval.parse().map_err(|_| wrong())?;
        let deploy_interval = Duration::try_from_secs_f64(interval).map_err(|_| wrong())?;
        if !rate.is_finite() || rate <= 0.0 || burst == 0 {
            return Err(wrong());
        }
        Ok(Self::Custom { rate, burst, deploy_interval })
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::Aws => f.write_str("aws"),
            Self::Custom { rate, burst, deploy_interval } => {
                write!(f, "{rate},{burst},{}", deploy_interval.as_secs_f64())
            }
        }
    }
}

/// Counts calls against a [`Quota`].
#[derive(Debug)]
pub(crate) struct Meter {
    bucket: Option<Bucket>,
    windows: Vec<Window>,
}

#[derive(Debug)]
struct Bucket {
    rate: f64,
    burst: f64,
    tokens: f64,
    at: Instant,
}

/// So many calls of one operation within a time.
#[derive(Debug)]
struct Window {
    operation: &'static str,
    calls: usize,
    within: Duration,
    taken: VecDeque<Instant>,
}

impl Window {
    fn new(operation: &'static str, calls: usize, within: Duration) -> Self {
        Self { operation, calls, within, taken: VecDeque::new() }
    }
}

impl Meter {
    pub(crate) fn new(quota: Quota, now: Instant) -> Self {
        let (rate, burst, windows) = match quota {
            Quota::Off => {
                return Self { bucket: None, windows: Vec::new() };
            }
            Quota::Aws => (
                10.0,
                40,
                vec![
                    Window::new("CreateDeployment", 1, Duration::from_secs(5)),
                    Window::new("GetResources", 5, Duration::from_secs(2)),
                ],
            ),
            Quota::Custom { rate, burst, deploy_interval } => {
                (rate, burst, vec![Window::new("CreateDeployment", 1, deploy_interval)])
            }
        };
        let burst = f64::from(burst);
        Self { bucket: Some(Bucket { rate, burst, tokens: burst, at: now }), windows }
    }

    /// Takes a turn for a call of `operation`. Without one nothing is taken.
    pub(crate) fn take(&mut self, operation: &str, now: Instant) -> Result<(), OverQuota> {
        let Some(bucket) = &mut self.bucket else {
            return Ok(());
        };
        let passed = now.saturating_duration_since(bucket.at).as_secs_f64();
        bucket.tokens = (bucket.tokens + passed * bucket.rate).min(bucket.burst);
        bucket.at = now;
        let window = self.windows.iter_mut().find(|window| window.operation == operation);
        if let Some(window) = &window
            && window.taken.len() >= window.calls
            && window
                .taken
                .front()
                .is_some_and(|first| now.saturating_duration_since(*first) < window.within)
        {
            return Err(OverQuota);
        }
        if bucket.tokens < 1.0 {
            return Err(OverQuota);
        }
        bucket.tokens -= 1.0;
        if let Some(window) = window {
            window.taken.push_back(now);
            while window.taken.len() > window.calls {
                window.taken.pop_front();
            }
        }
        Ok(())
    }
}

/// The call has no turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OverQuota;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_are_read_and_written() {
        for text in ["off", "aws", "100,400,0.5"] {
            assert_eq!(text.parse::<Quota>().expect("a quota").to_string(), text);
        }
        for text in ["", "on", "1,2", "0,1,1", "1,0,1", "1,1,-1", "1,1,1,1", "NaN,1,1"] {
            assert!(text.parse::<Quota>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_burst_of_40_then_10_a_second_and_a_deployment_in_5() {
        let start = Instant::now();
        let mut meter = Meter::new(Quota::Aws, start);
        let taken = (0..60).filter(|_| meter.take("GetStage", start).is_ok()).count();
        assert_eq!(taken, 40);
        let later = start + Duration::from_secs(1);
        let taken = (0..60).filter(|_| meter.take("GetStage", later).is_ok()).count();
        assert_eq!(taken, 10);

        let mut at = start + Duration::from_secs(100);
        assert!(meter.take("CreateDeployment", at).is_ok());
        at += Duration::from_millis(4_900);
        assert!(meter.take("CreateDeployment", at).is_err());
        at += Duration::from_millis(200);
        assert!(meter.take("CreateDeployment", at).is_ok());
        let taken = (0..9).filter(|_| meter.take("GetResources", at).is_ok()).count();
        assert_eq!(taken, 5);
    }
}
