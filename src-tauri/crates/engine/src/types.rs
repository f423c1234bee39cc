//! The TypeScript of everything that crosses to the window: one file, committed, checked to be fresh.
//! `POLLUX_WRITE_TYPES=1 cargo test -p engine types` writes it.

use std::path::Path;

use serde_json::json;
use ts_rs::{Config, TS};

use crate::dto;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../ui/src/ipc/generated.ts");

fn declared() -> String {
    let config = Config::new().with_large_int("number");
    let mut text = String::from(
        "// Generated from the Rust types by `make types`. Do not edit.\n// Numbers that name times, sizes and ids stay below 2^53.\n",
    );
    macro_rules! declare {
        ($($type:ty),* $(,)?) => { $( text.push_str(&format!("\nexport {}\n", <$type as TS>::decl(&config))); )* };
    }
    declare!(
        signature::Outcome,
        signature::Scheme,
        signature::KeyState,
        signature::MatchedKey,
        signature::StepStatus,
        signature::Step,
        signature::Warning,
        signature::Diagnosis,
        signature::Verdict,
        gemini::EventType,
        gemini::Extent,
        gemini::EventView,
        gemini::PointerKind,
        gemini::Pointer,
        samples::SampleVariant,
        samples::SampleType,
        samples::BrokenKind,
        samples::SampleRequest,
        emulator::SampleSent,
        emulator::DynamicScheme,
        samples::TokenForm,
        emulator::Retry,
        emulator::Disabling,
        emulator::JobTimes,
        emulator::MetadataPlace,
        samples::VideoFields,
        emulator::PayloadForm,
        emulator::RestForm,
        emulator::Faults,
        emulator::Settings,
        crate::VaultKind,
        crate::Code,
        crate::Fix,
        crate::Error,
        dto::Row,
        dto::Selection,
        dto::KeepLimits,
        dto::SizePartName,
        dto::SizePart,
        dto::ProjectKeep,
        dto::Rebuild,
        dto::HistorySizes,
        dto::PreviewBucket,
        dto::KeepPreview,
        dto::Deletion,
        dto::PingBy,
        dto::RequestLine,
        dto::Filter,
        dto::ViewOpened,
        dto::Counts,
        dto::VerifiedAgain,
        dto::VerifyRun,
        dto::Refusal,
        dto::TurnedAway,
        dto::TurnedAwayKind,
        dto::TurnedAwayRequest,
        dto::Live,
        dto::DiskShortage,
        dto::Notice,
        dto::Level,
        dto::ListenerState,
        dto::ApiVersion,
        dto::ApiKey,
        dto::Project,
        dto::ApiKeyDraft,
        dto::ProjectDraft,
        dto::EnvironmentKey,
        dto::ProjectCheck,
        dto::UriPlace,
        dto::SecretLife,
        dto::SeenDelivery,
        dto::WebhookEvent,
        dto::WebhookSecret,
        dto::WebhookView,
        dto::WebhookBoard,
        dto::WebhookDraft,
        dto::WebhookEdit,
        dto::NewSecret,
        dto::WebhookCreation,
        dto::PingResult,
        dto::WebhookRepair,
        dto::WebhookAlarms,
        dto::RotationTick,
        dto::RotationLane,
        dto::RotationCounts,
        dto::Place,
        dto::Rotation,
        dto::Rotated,
        dto::Action,
        dto::ActionPage,
        dto::SecretStore,
        dto::Theme,
        dto::TunnelProvider,
        dto::TunnelSettings,
        dto::TunnelState,
        dto::ProbeView,
        dto::AuthtokenFrom,
        dto::Authtoken,
        dto::TunnelView,
        dto::Settings,
        dto::Target,
        dto::TargetDraft,
        dto::HeaderLine,
        dto::ReplayBody,
        dto::ReplayId,
        dto::ReplayTime,
        dto::ReplaySign,
        dto::ReplayChanges,
        dto::ReplayTwist,
        dto::ReplayPlan,
        dto::ReplayDraft,
        dto::ReplaySigner,
        dto::Altered,
        dto::ReplayPreview,
        dto::OutboundKind,
        dto::OutboundProblem,
        dto::Outbound,
        dto::OutboundDetail,
        dto::AnswerDiff,
        dto::DiffLine,
        dto::DiffSide,
        dto::RunState,
        dto::ReplayRun,
        dto::ReplayTally,
        dto::ForwardWhich,
        dto::ForwardAnswer,
        dto::ForwardRule,
        dto::ForwardStart,
        dto::ForwardOffer,
        dto::ForwardState,
        dto::ForwardView,
        dto::FaultWhen,
        dto::FaultDrop,
        dto::FaultRule,
        dto::FaultLab,
        dto::AnsweredBy,
        dto::CheckPlan,
        dto::CheckState,
        dto::CheckCause,
        dto::CheckLine,
        dto::CheckLatency,
        dto::CheckProgress,
        dto::CheckReport,
        dto::AppState,
        dto::Database,
        dto::SecretView,
        dto::HeaderView,
        dto::TimestampView,
        dto::DecodedSignature,
        dto::SignatureEntry,
        dto::JwtView,
        dto::BodyKind,
        dto::BodyView,
        dto::Answer,
        dto::AnswerHeader,
        dto::Detail,
        dto::SandboxClock,
        dto::SandboxCounts,
        dto::SandboxSecret,
        dto::SandboxWebhook,
        dto::JobKind,
        dto::JobOutcome,
        dto::SandboxJobError,
        dto::SandboxJob,
        dto::SandboxOverview,
        dto::SandboxRun,
        dto::SandboxAdvance,
        dto::SandboxAttempt,
        dto::SandboxDelivery,
        dto::SandboxDeliveries,
        dto::StartFailure,
        dto::Selection,
        dto::TransferFormat,
        dto::TransferKind,
        dto::TransferState,
        dto::TransferProblem,
        dto::Transfer,
        dto::CopyForm,
    );
    text.push_str("\n/** How bad each code is, and where it is fixed. */\n");
    text.push_str("export const CODES: Readonly<Record<Code, { severity: Level; fix: Fix | null }>> = {\n");
    for code in crate::Code::ALL {
        let (severity, fix) = (json!(code.severity()), json!(code.fix()));
        text.push_str(&format!("  {code}: {{ severity: {severity}, fix: {fix} }},\n"));
    }
    text.push_str("};\n");
    let defaults = serde_json::to_string_pretty(&emulator::Settings::default()).unwrap();
    text.push_str(&format!(
        "\n/** What an emulator starts with. */\nexport const SANDBOX_DEFAULTS: SandboxSettings = {defaults};\n"
    ));
    text
}

#[test]
fn types_are_fresh() {
    let declared = declared();
    if std::env::var_os("POLLUX_WRITE_TYPES").is_some() {
        std::fs::write(FILE, &declared).unwrap();
    }
    let committed = std::fs::read_to_string(Path::new(FILE)).unwrap();
    assert!(committed == declared, "ui/src/ipc/generated.ts is stale: run `make types` and commit it");
}
