//! Turns the codes and errors of the crates below into ours. Exhaustive, so that a new one cannot be forgotten.

use super::{Code, Error};

impl From<query::Problems> for Error {
    /// The sentence is of the first problem, the detail has all of them.
    fn from(problems: query::Problems) -> Self {
        let message = problems.0.first().map_or_else(String::new, |problem| problem.message.clone());
        let error = Self::new(Code::QueryInvalid, message);
        if problems.0.len() > 1 { error.with_detail(problems) } else { error }
    }
}

impl From<outbound::ProblemCode> for Code {
    fn from(code: outbound::ProblemCode) -> Self {
        use outbound::ProblemCode as Theirs;
        match code {
            Theirs::ConnectionRefused => Self::ConnectionRefused,
            Theirs::ConnectTimedOut => Self::ConnectTimedOut,
            Theirs::ConnectionReset => Self::ConnectionReset,
            Theirs::ConnectionCut => Self::ConnectionCut,
            Theirs::Unreachable => Self::Unreachable,
            Theirs::NameNotFound => Self::NameNotFound,
            Theirs::NotHttp => Self::NotHttp,
            Theirs::HeadTooLong => Self::HeadTooLong,
            Theirs::NoAnswer => Self::NoAnswer,
            Theirs::TimedOut => Self::TimedOut,
            Theirs::BodyTooLong => Self::BodyTooLong,
            Theirs::BodyTooSlow => Self::BodyTooSlow,
            Theirs::BodyCutShort => Self::BodyCutShort,
            Theirs::NotSendable => Self::NotSendable,
            Theirs::EndedHandler => Self::EndedHandler,
            Theirs::HandlerGone => Self::HandlerGone,
            Theirs::TlsFailed => Self::TlsFailed,
            Theirs::TlsExpired => Self::TlsExpired,
            Theirs::TlsNotYetValid => Self::TlsNotYetValid,
            Theirs::TlsOtherName => Self::TlsOtherName,
            Theirs::TlsUntrusted => Self::TlsUntrusted,
            Theirs::TlsRevoked => Self::TlsRevoked,
            Theirs::TlsUnknownName => Self::TlsUnknownName,
            Theirs::TlsVersion => Self::TlsVersion,
            Theirs::TlsClientCertificate => Self::TlsClientCertificate,
            Theirs::TlsNotSpoken => Self::TlsNotSpoken,
            Theirs::HoldsSecret => Self::HoldsSecret,
            Theirs::BodyIncomplete => Self::BodyIncomplete,
            Theirs::Stopped => Self::Stopped,
        }
    }
}

impl From<inbound::tunnel::FailureCode> for Code {
    fn from(code: inbound::tunnel::FailureCode) -> Self {
        use inbound::tunnel::FailureCode as Theirs;
        match code {
            Theirs::OwnAddressMissing => Self::OwnAddressMissing,
            Theirs::OwnAddressInvalid => Self::OwnAddressInvalid,
            Theirs::CloudflaredMissing => Self::CloudflaredMissing,
            Theirs::CloudflaredNotExecutable => Self::CloudflaredNotExecutable,
            Theirs::CloudflaredUnknownFlag => Self::CloudflaredUnknownFlag,
            Theirs::CloudflaredNotStarted => Self::CloudflaredNotStarted,
            Theirs::CloudflaredRateLimited => Self::CloudflaredRateLimited,
            Theirs::CloudflaredNoNetwork => Self::CloudflaredNoNetwork,
            Theirs::CloudflaredUnreachable => Self::CloudflaredUnreachable,
            Theirs::CloudflaredServiceError => Self::CloudflaredServiceError,
            Theirs::CloudflaredExited => Self::CloudflaredExited,
            Theirs::CloudflaredCrashed => Self::CloudflaredCrashed,
            Theirs::CloudflaredStuck => Self::CloudflaredStuck,
            Theirs::CloudflaredExpired => Self::CloudflaredExpired,
            Theirs::CloudflaredUdpBlocked => Self::CloudflaredUdpBlocked,
            Theirs::CloudflaredNoConnection => Self::CloudflaredNoConnection,
            Theirs::CloudflaredLost => Self::CloudflaredLost,
            Theirs::NgrokAuthtokenWrong => Self::NgrokAuthtokenWrong,
            Theirs::NgrokAuthtokenMissing => Self::NgrokAuthtokenMissing,
            Theirs::NgrokAccountUnverified => Self::NgrokAccountUnverified,
            Theirs::NgrokAccountSuspended => Self::NgrokAccountSuspended,
            Theirs::NgrokTooOld => Self::NgrokTooOld,
            Theirs::NgrokProtocol => Self::NgrokProtocol,
            Theirs::NgrokSessions => Self::NgrokSessions,
            Theirs::NgrokEndpointTaken => Self::NgrokEndpointTaken,
            Theirs::NgrokEndpoints => Self::NgrokEndpoints,
            Theirs::NgrokDomain => Self::NgrokDomain,
            Theirs::NgrokAddress => Self::NgrokAddress,
            Theirs::NgrokQuota => Self::NgrokQuota,
            Theirs::NgrokRate => Self::NgrokRate,
            Theirs::NgrokOffline => Self::NgrokOffline,
            Theirs::NgrokUpstream => Self::NgrokUpstream,
            Theirs::NgrokServer => Self::NgrokServer,
            Theirs::NgrokUnreachable => Self::NgrokUnreachable,
            Theirs::NgrokHeartbeat => Self::NgrokHeartbeat,
            Theirs::NgrokSlept => Self::NgrokSlept,
            Theirs::NgrokCommand => Self::NgrokCommand,
            Theirs::NgrokLost => Self::NgrokLost,
            Theirs::NgrokTls => Self::NgrokTls,
            Theirs::NgrokStopped => Self::NgrokStopped,
            Theirs::NgrokRefused => Self::NgrokRefused,
        }
    }
}
impl From<inbound::tunnel::Failure> for Error {
    fn from(failure: inbound::tunnel::Failure) -> Self {
        Self { code: failure.code.into(), message: failure.message, detail: failure.detail }
    }
}

impl From<&store::Error> for Code {
    fn from(error: &store::Error) -> Self {
        use store::{Error as Theirs, SqliteFault};
        match error {
            Theirs::DatabaseTooNew { .. } => Self::DatabaseTooNew,
            Theirs::NotAHistory(_) => Self::NotAHistory,
            Theirs::Unreachable { .. } | Theirs::NotAFile { .. } => Self::HistoryUnreachable,
            Theirs::Sqlite(error) => match SqliteFault::of(error) {
                SqliteFault::DiskFull => Self::DiskFull,
                SqliteFault::ReadOnly => Self::HistoryReadOnly,
                SqliteFault::Busy => Self::HistoryBusy,
                SqliteFault::Damaged => Self::HistoryDamaged,
                SqliteFault::Disk => Self::DiskError,
                SqliteFault::TooLarge => Self::TooLarge,
                SqliteFault::Other => Self::DatabaseError,
            },
            Theirs::Migration(_) => Self::MigrationFailed,
            Theirs::Damaged(_) => Self::HistoryDamaged,
            Theirs::ShortOfSpace => Self::DiskNearlyFull,
            Theirs::NoRoom(_) => Self::NotRebuilt,
            Theirs::Rebuilding => Self::Rebuilding,
            Theirs::UnknownProject(_) => Self::UnknownProject,
            Theirs::NameTaken(_) => Self::NameTaken,
            Theirs::PathTaken(_) => Self::PathTaken,
            Theirs::Closed => Self::HistoryClosed,
            Theirs::NoThread(_) => Self::NoThread,
        }
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        Self::new(Code::from(&error), error.to_string())
    }
}

impl From<signature::SecretError> for Error {
    fn from(error: signature::SecretError) -> Self {
        use signature::SecretError as Theirs;
        let code = match &error {
            Theirs::Empty => Code::EmptySecret,
            Theirs::Base64 { .. } => Code::InvalidSecretBase64,
            Theirs::Prefix => Code::WrongSecretPrefix,
            Theirs::Private => Code::PrivateKeyGiven,
            Theirs::PublicKey => Code::InvalidPublicKey,
        };
        Self::new(code, error.to_string())
    }
}

impl From<&inbound::BindError> for Code {
    fn from(error: &inbound::BindError) -> Self {
        match error {
            inbound::BindError::InUse { .. } => Self::PortInUse,
            inbound::BindError::Refused { .. } => Self::BindRefused,
        }
    }
}

impl From<inbound::BindError> for Error {
    fn from(error: inbound::BindError) -> Self {
        Self::new(Code::from(&error), error.to_string())
    }
}
