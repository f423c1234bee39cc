//! What has to be done about known webhooks after the user changed the Sandbox.

use super::Webhooks;
use crate::sandbox::follow_up::{Follow, Request};

impl Webhooks {
    /// Begins to do what the Sandbox asks for.
    pub(crate) fn begin(&self) {
        let Some(mut requests) = self.sandbox.take_follow_ups() else { return };
        let room = self.clone();
        self.common.spawn(async move {
            while let Some(request) = requests.recv().await {
                let one = room.clone();
                // Handle each on its own: a service that is slow on purpose must not hold up the next one.
                room.common.spawn(async move { one.follow_sandbox(request).await });
            }
        });
    }

    async fn follow_sandbox(&self, Request { follow, done }: Request) {
        let Ok(sandbox) = self.sandbox.running() else { return };
        let project = sandbox.project();
        match follow {
            Follow::Reset => self.boards.forget(project),
            Follow::Clock if self.boards.asked(project) => {
                if let Err(error) = self.read_webhooks(project).await {
                    tracing::warn!(code = %error.code, "the Sandbox's webhooks could not be read");
                }
            }
            Follow::Clock => {}
        }
        let _ = done.send(()); // the Sandbox may have stopped waiting
    }
}
