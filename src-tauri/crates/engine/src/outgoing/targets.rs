//! Addresses that deliveries are sent on to: stored, agreed to before anything leaves this machine, and guarded.

use crate::common::Common;
use crate::dto::{Target, TargetDraft};
use crate::error::{Code, Error, Result};

/// Most characters in a target's name.
const LONGEST_NAME: usize = 100;

/// An address that the user allows to be sent to.
#[derive(Clone, Debug)]
pub(crate) struct Allowed {
    pub(crate) target: outbound::Target,
    pub(crate) any_certificate: bool,
}

impl From<outbound::TargetError> for Error {
    fn from(error: outbound::TargetError) -> Self {
        Self::new(Code::InvalidTarget, error.to_string())
    }
}

/// The room of the addresses that deliveries are sent on to. Cloning shares it.
#[derive(Clone)]
pub struct Targets {
    common: Common,
}

impl Targets {
    pub(crate) fn new(common: Common) -> Self {
        Self { common }
    }

    /// The named targets of this project and those of no project, then those remembered from use, the latest first.
    pub async fn list(&self, project: Option<i64>) -> Result<Vec<Target>> {
        let all = self.common.store().targets().list().await?;
        let ours = |target: &store::Target| target.project.is_none() || project.is_none() || target.project == project;
        Ok(all.into_iter().filter(ours).map(view).collect())
    }

    /// Stores a target under a name, or changes it. A changed address has to be agreed to again.
    pub async fn save(&self, draft: TargetDraft) -> Result<Target> {
        let target = outbound::Target::parse(&draft.url)?;
        let name = draft.name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
        if name.as_ref().is_some_and(|name| name.chars().count() > LONGEST_NAME) {
            let message = format!("The name of a target can have at most {LONGEST_NAME} characters.");
            return Err(Error::new(Code::InvalidTarget, message));
        }
        if draft.any_certificate && !target.url().starts_with("https://") {
            let message = "Only an https address has a certificate. Untick the box, or correct the address.";
            return Err(Error::new(Code::InvalidTarget, message));
        }
        let before = match draft.id {
            Some(id) => Some(self.common.store().targets().get(id).await?.ok_or_else(|| Error::not_found("target"))?),
            None => self.common.store().targets().find(target.url()).await?,
        };
        let twin = self.common.store().targets().find(target.url()).await?;
        if twin.is_some_and(|twin| draft.id.is_some_and(|id| id != twin.id)) {
            let message = format!("There is already a target with the address {target}.");
            return Err(Error::new(Code::InvalidTarget, message));
        }
        let same = before.as_ref().filter(|before| before.url == target.url());
        let kept = store::Target {
            id: before.as_ref().map_or(0, |before| before.id),
            project: draft.project,
            name,
            url: target.url().to_owned(),
            confirmed_ms: same.and_then(|before| before.confirmed_ms),
            any_certificate: draft.any_certificate,
            used_ms: same.and_then(|before| before.used_ms),
        };
        Ok(view(self.common.store().targets().put(kept).await?))
    }

    /// Forgets a target.
    pub async fn remove(&self, id: i64) -> Result<()> {
        match self.common.store().targets().remove(id).await? {
            true => Ok(()),
            false => Err(Error::not_found("target")),
        }
    }

    /// Notes that the user agrees to deliveries leaving this machine for this address.
    pub async fn confirm(&self, url: &str) -> Result<Target> {
        let target = outbound::Target::parse(url)?;
        let known = self.common.store().targets().find(target.url()).await?.unwrap_or_default();
        let confirmed_ms = Some(self.common.now_ms());
        let kept = store::Target { url: target.url().to_owned(), confirmed_ms, ..known };
        Ok(view(self.common.store().targets().put(kept).await?))
    }

    /// The address, if it may be sent to.
    ///
    /// # Errors
    /// `invalid_target`; `confirm_target` with the address in the detail, if it is not on this machine and was never
    /// agreed to.
    pub(crate) async fn allowed(&self, url: &str) -> Result<Allowed> {
        let target = outbound::Target::parse(url)?;
        let known = self.common.store().targets().find(target.url()).await?.unwrap_or_default();
        if !target.is_local() && known.confirmed_ms.is_none() {
            let message = format!(
                "{} is not on this machine: the headers and bodies of deliveries would leave it. Agree to that first.",
                target.authority()
            );
            return Err(Error::new(Code::ConfirmTarget, message).with_detail(target.url()));
        }
        Ok(Allowed { any_certificate: known.any_certificate, target })
    }

    /// Notes that a target was used.
    pub(crate) async fn note_use(&self, target: &outbound::Target) -> Result<()> {
        let targets = self.common.store().targets();
        let known = targets.find(target.url()).await?.unwrap_or_default();
        let used_ms = Some(self.common.now_ms());
        targets.put(store::Target { url: target.url().to_owned(), used_ms, ..known }).await?;
        Ok(())
    }
}

fn view(target: store::Target) -> Target {
    let local = outbound::Target::parse(&target.url).is_ok_and(|parsed| parsed.is_local());
    Target {
        id: target.id,
        project: target.project,
        name: target.name,
        url: target.url,
        local,
        confirmed: local || target.confirmed_ms.is_some(),
        any_certificate: target.any_certificate,
        used_ms: target.used_ms,
    }
}
