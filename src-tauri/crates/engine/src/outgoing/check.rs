//! The window's handler check: one at a time, with a stored secret and the Sandbox's keys.

use std::sync::Arc;
use std::time::{Duration, Instant};

use outbound::check::{Asked, Named, Plan};
use parking_lot::Mutex;
use samples::{Profile, SigningKeys};
use signature::{KeyState, Scheme};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::sending::Sending;
use super::targets::Targets;
use crate::common::Common;
use crate::dto::{CheckPlan, CheckProgress, CheckReport, Live};
use crate::error::{Code, Error, Result};
use crate::registry::Registry;
use crate::sandbox::Sandbox;

/// How often, at most, to report to the window.
const TELL: Duration = Duration::from_millis(100);
/// How long a handler that has ended may take to come back, if something restarts it.
const RESTART: Duration = Duration::from_secs(10);
/// Deliveries in the burst.
const BURST: u32 = 50;

/// The room of the handler check. Cloning shares it.
#[derive(Clone)]
pub struct Checks {
    common: Common,
    registry: Arc<Registry>,
    targets: Targets,
    sending: Sending,
    sandbox: Sandbox,
    /// The version of Pollux, for the user agent.
    version: Arc<str>,
    /// The check that runs, or the last one.
    slot: Arc<Mutex<Option<Check>>>,
}

struct Check {
    report: CheckReport,
    stop: CancellationToken,
    over: watch::Receiver<bool>,
}

impl Checks {
    pub(crate) fn new(
        common: Common,
        registry: Arc<Registry>,
        targets: Targets,
        sending: Sending,
        sandbox: Sandbox,
        version: &str,
    ) -> Self {
        Self { common, registry, targets, sending, sandbox, version: version.into(), slot: Arc::default() }
    }

    fn put(&self, report: CheckReport) {
        if let Some(check) = self.slot.lock().as_mut() {
            check.report = report;
        }
    }
}

impl Checks {
    /// Begins a check.
    ///
    /// # Errors
    /// What is wrong with the plan; `confirm_target`; `check_running`.
    pub async fn start(&self, plan: CheckPlan) -> Result<CheckReport> {
        let allowed = self.targets.allowed(&plan.url).await?;
        let plan = self.battery(plan, allowed.target.clone(), allowed.any_certificate).await?;
        self.targets.note_use(&allowed.target).await?;
        let waiting = CheckReport {
            url: allowed.target.url().to_owned(),
            progress: CheckProgress::Running,
            problem: None,
            started_ms: self.common.now_ms(),
            took_ms: 0,
            keys: Vec::new(),
            causes: Vec::new(),
            lines: outbound::check::lines(&plan),
            passed: 0,
            failed: 0,
            open: 0,
            skipped: 0,
            latency: None,
        };
        let stop = self.common.stop().child_token();
        let (over, watched) = watch::channel(false);
        {
            let mut slot = self.slot.lock();
            if slot.as_ref().is_some_and(|check| check.report.progress == CheckProgress::Running) {
                let message = "A check is running. Wait for its end, or stop it.";
                return Err(Error::new(Code::CheckRunning, message));
            }
            *slot = Some(Check { report: waiting.clone(), stop: stop.clone(), over: watched });
        }
        let room = self.clone();
        self.common.spawn_to_the_end(async move {
            let told = Mutex::new(Instant::now());
            let progress = |report: &CheckReport| room.checked(report, &told);
            let report = outbound::check::run(Arc::new(plan), stop, progress).await;
            room.put(report.clone());
            room.common.tell(Live::Check { report: Box::new(report) });
            over.send_replace(true);
        });
        Ok(waiting)
    }

    /// Keeps the progress, and sends it to the window unless that was done a moment ago.
    fn checked(&self, report: &CheckReport, told: &Mutex<Instant>) {
        self.put(report.clone());
        let mut told = told.lock();
        if told.elapsed() >= TELL {
            *told = Instant::now();
            self.common.tell(Live::Check { report: Box::new(report.clone()) });
        }
    }

    /// Stops the check that runs. Returns the last report, if there is one.
    pub async fn stop(&self) -> Option<CheckReport> {
        let (stop, mut over) = {
            let slot = self.slot.lock();
            let check = slot.as_ref()?;
            (check.stop.clone(), check.over.clone())
        };
        stop.cancel();
        // If the sender is gone, the check is over, too.
        let _ = over.wait_for(|over| *over).await;
        self.report()
    }

    /// The check that runs, or the last one.
    pub fn report(&self) -> Option<CheckReport> {
        self.slot.lock().as_ref().map(|check| check.report.clone())
    }

    /// The report as a file: its extension and text.
    ///
    /// # Errors
    /// `no_report` before the first check, `invalid_format` for any format but `json` and `junit`.
    pub fn export(&self, format: &str) -> Result<(&'static str, String)> {
        let report = self.report().ok_or_else(|| Error::new(Code::NoReport, "No check has been run yet."))?;
        match format {
            "json" => Ok(("json", format!("{:#}\n", outbound::check::to_json(&report)))),
            "junit" => Ok(("xml", outbound::check::junit(&report))),
            other => Err(Error::new(
                Code::InvalidFormat,
                format!("A report can be exported as json or junit, not as {other:?}."),
            )),
        }
    }

    async fn battery(&self, plan: CheckPlan, target: outbound::Target, any_certificate: bool) -> Result<Plan> {
        let invalid = |message: &str| Error::new(Code::InvalidCheck, message);
        if plan.schemes.is_empty() {
            return Err(invalid("Choose what the handler verifies: v1, v1a or JWT."));
        }
        if !(500..=60_000).contains(&plan.timeout_ms) {
            return Err(invalid("The time to wait for an answer must be 500 to 60,000 ms."));
        }
        let (mut secret, mut old_secret) = (None, None);
        if plan.schemes.contains(&Scheme::V1) {
            let id =
                plan.secret.as_deref().ok_or_else(|| invalid("For v1, choose the secret that the handler uses."))?;
            let (chosen, hint) = self.sending.secret_to_sign(id)?;
            secret = Some(Named { secret: chosen, hint });
            old_secret = self.in_grace(id);
        }
        let dynamic = plan.schemes.iter().any(|scheme| *scheme != Scheme::V1);
        let (mut keys, mut jwks, mut jwks_asked) = (SigningKeys::default(), None, None);
        if dynamic {
            let sandbox = self.sandbox.running()?;
            keys = sandbox.signing_keys().await?;
            jwks = Some(sandbox.jwks_url(&plan.schemes));
            let asked: Asked = Arc::new(sandbox.asked_from_now_on());
            jwks_asked = Some(asked);
        }
        let clock = self.common.clock().clone();
        Ok(Plan {
            target,
            any_certificate,
            secret,
            old_secret,
            schemes: plan.schemes,
            keys,
            jwks,
            jwks_asked,
            profile: Profile { user_agent: format!("Pollux/{} (handler check)", self.version), ..Profile::default() },
            timeout: Duration::from_millis(plan.timeout_ms.into()),
            restart: RESTART,
            handled: None,
            burst: BURST,
            now: Arc::new(move || {
                let since = clock().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
                i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
            }),
            random: self.sending.random(),
        })
    }

    /// The secret before this one, if it is still in its grace period: a handler has to accept it, too.
    fn in_grace(&self, id: &str) -> Option<Named> {
        let all = self.registry.all();
        let keys = all.iter().find(|keys| keys.secrets.iter().any(|key| key.id == id))?;
        let old = keys.secrets.iter().find(|key| key.id != id && matches!(key.state, KeyState::Grace { .. }))?;
        let hmac = matches!(old.secret, signature::Secret::Hmac(_));
        hmac.then(|| Named { secret: old.secret.clone(), hint: old.secret.hint() })
    }
}
