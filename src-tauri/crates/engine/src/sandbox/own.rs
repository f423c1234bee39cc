//! The Sandbox's webhook for Pollux's own listener.

/// The state of the webhook for our own listener.
#[derive(Default)]
pub(super) enum Own {
    /// It is not registered yet.
    #[default]
    Missing,
    /// It is registered for an address.
    At {
        /// Its id.
        id: String,
        /// Where it points.
        uri: String,
    },
    /// The user deleted it, or pointed it elsewhere: it is left alone until the next reset.
    LeftAlone,
}

impl Own {
    pub(super) fn id(&self) -> Option<&str> {
        match self {
            Self::At { id, .. } => Some(id),
            _ => None,
        }
    }
}
