//! The history in SQLite: what was acknowledged is never lost.
//!
//! One thread owns the only connection that writes. It drains a bounded queue, commits up to [`Options::batch`]
//! deliveries in one transaction (WAL, `synchronous=FULL`) and answers every caller after its COMMIT. Reads go through
//! a small pool of read-only connections, each read in its own snapshot.
//!
//! The narrow table `delivery` holds what a row of the list needs. Headers, body and verdict are in `delivery_content`,
//! so a list of a million rows never touches a body. SQL is next to the accessor of its table, in `table`.

mod checkpointer;
mod compared;
mod complaints;
mod delivery;
mod duplicate;
mod encode;
mod error;
mod events;
mod firsts;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod health;
mod import;
mod job;
mod judging;
mod migration;
mod named;
mod open;
mod phrases;
mod placing;
mod readers;
mod recent;
mod replies;
mod retention;
mod retries;
mod search;
mod signers;
mod space;
mod store;
mod table;
mod told;
mod verdict_blob;
mod writer;

pub use complaints::Complaints;
pub use delivery::{
    Answer, AnsweredBy, Arrived, Change, Counts, Delivery, Inserted, NewDelivery, RequestLine, Row, Tried,
};
pub use error::{Error, InsertError, SqliteFault};
pub use health::{Began, Damage, FoundFile, Health, Missing, Recovered, look_at, recover};
pub use import::{Imported, Importer, NewImported};
pub use judging::{DOUBTFUL_BYTES, Doubtful, DoubtfulRange};
pub use open::is_history;
pub use recent::{SignedBin, Unverified};
pub use retention::{
    Deleted, Keep, Limits, Preview, RebuildNeed, RebuildProgress, Share, Sizes, Span, Waiting, Which, WhichWait,
};
pub use search::{
    Bin, Day, DayCause, DayShare, Explained, Found, Hit, HitPlace, Names, Rest, Search, Spans, Values, Wanted,
};
pub use space::{Shortage, Space, SpaceOf};
pub use store::{Options, Store};
pub use table::action::{Action, Actions, NewAction};
pub use table::address::{Address, Addresses};
pub use table::kept_result::{KeptResult, KeptResults};
pub use table::known_job::{
    JobCounts, JobEnd, JobKind, JobRank, JobRecord, JobsWanted, KnownBy, KnownJobs, Settled, bare,
};
pub use table::outbound::{
    After, Left, NewOutbound, Outbound, OutboundAnswer, OutboundKind, OutboundRow, Outbounds, Sendable,
};
pub use table::place::{Place, Places};
pub use table::project::{KeyRecord, NewProject, Project, Projects};
pub use table::secret::{SecretRecord, Secrets};
pub use table::setting::Settings;
pub use table::signer::Signer;
pub use table::target::{Target, Targets};
pub use table::told::{NewTold, ToldOf, ToldRow};
pub use table::tunnel_state::{TunnelState, TunnelStates};
pub use table::uptime::{Uptime, Uptimes};
pub use table::webhook_state::{GONE, WebhookSeen, WebhookStates};
pub use told::Body;
