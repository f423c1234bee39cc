//! The Sandbox's webhook for our own listener.

/// The webhook for our own listener.
#[derive(Default)]
pub(super) enum Own {
    /// To be registered.
    #[default]
    Missing,
    /// Registered for an address.
    At {
        /// Its id.
        id: String,
        /// Where it points.
        uri: String,
    },
    /// The user deleted it, or made it another's: it is left alone until the next reset.
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
