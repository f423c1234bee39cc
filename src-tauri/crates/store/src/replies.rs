//! Answers many callers at once. Woken one by one from the thread that writes, each would cost a lock of the runtime's
//! queue and often a system call; woken by a task of the runtime, they go into the queue of the worker that runs it.

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::job::Pending;

/// From so many on.
const MANY: usize = 4;

type Batch = Vec<Box<Pending>>;

/// Where answers go. As bounded as the queue of the writer: each belongs to a delivery that waited in it.
pub(crate) struct Replies(Option<UnboundedSender<Batch>>);

impl Replies {
    /// On the runtime that opens the history, if it has several threads; elsewhere callers are answered one by one.
    pub(crate) fn new() -> Self {
        let several = |handle: &Handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread;
        let handle = Handle::try_current().ok().filter(several);
        Self(handle.map(|handle| {
            let (sender, batches) = unbounded_channel();
            handle.spawn(run(batches));
            sender
        }))
    }

    pub(crate) fn send(&self, batch: Batch) {
        let left = match &self.0 {
            Some(sender) if batch.len() >= MANY => match sender.send(batch) {
                Ok(()) => return,
                // The runtime ends.
                Err(unsent) => unsent.0,
            },
            _ => batch,
        };
        left.into_iter().for_each(Pending::reply);
    }
}

async fn run(mut batches: UnboundedReceiver<Batch>) {
    while let Some(batch) = batches.recv().await {
        batch.into_iter().for_each(Pending::reply);
    }
}
