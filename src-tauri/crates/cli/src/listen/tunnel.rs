//! `pollux listen --tunnel`: the listener made public, its states on standard output.

use std::time::Instant;

use clap::{Args, ValueEnum};
use engine::{Engine, TunnelProvider, TunnelSettings, TunnelState, TunnelStates, TunnelView};
use serde_json::{Value, json};

use crate::print::{Written, printable};
use crate::printer::{Printer, Text};

/// How the listener is reached from the internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Provider {
    /// ngrok; its authtoken is in NGROK_AUTHTOKEN
    Ngrok,
    /// A cloudflared quick tunnel; cloudflared must be installed
    Cloudflared,
    /// No tunnel
    None,
}

/// The secret first segment of the public path.
#[derive(Args, Default)]
pub(crate) struct PathToken {
    /// With --tunnel: the secret first segment of the public path, instead of a random one: 8 to 64 letters, digits, -
    /// or _.
    #[arg(long, value_name = "TOKEN", conflicts_with = "no_path_token")]
    path_token: Option<String>,
    /// With --tunnel: no secret in the public path, so that anyone who finds the address can send requests.
    #[arg(long)]
    no_path_token: bool,
}

/// The settings to start with; `None` without a tunnel. The error is one of usage.
pub(super) fn settings(
    provider: Provider,
    domain: Option<&str>,
    path_token: &PathToken,
) -> Result<Option<TunnelSettings>, String> {
    if provider == Provider::None && (path_token.path_token.is_some() || path_token.no_path_token) {
        return Err("--path-token and --no-path-token are for a listener with --tunnel".to_owned());
    }
    if domain.is_some() && provider != Provider::Ngrok {
        return Err("--domain is for --tunnel ngrok: the other providers have no domains".to_owned());
    }
    let provider = match provider {
        Provider::None => return Ok(None),
        Provider::Cloudflared => TunnelProvider::Cloudflared,
        Provider::Ngrok => {
            let token = std::env::var("NGROK_AUTHTOKEN").unwrap_or_default();
            if token.trim().is_empty() {
                return Err("ngrok needs an authtoken: set NGROK_AUTHTOKEN to yours (dashboard.ngrok.com, Your \
                            Authtoken)"
                    .to_owned());
            }
            TunnelProvider::Ngrok
        }
    };
    let mut settings = TunnelSettings::set_up(provider);
    settings.ngrok_domain = domain.map(str::to_owned);
    match &path_token.path_token {
        Some(token) => settings.path_token = Some(token.clone()),
        None if path_token.no_path_token => settings.path_token = None,
        None => {}
    }
    Ok(Some(settings))
}

/// Why `pollux listen` ends.
pub(super) enum Ended {
    /// It was asked to, or standard output is gone.
    Written(Written),
    /// The tunnel failed before it was ever online.
    NeverOnline(String),
}

/// Shows the states as they come.
pub(super) struct Following {
    states: TunnelStates,
    as_json: bool,
    /// What is being shown; it may wait for room and be interrupted there.
    showing: Option<TunnelView>,
    /// What was shown last.
    shown: Option<(TunnelState, Option<String>)>,
    /// Whether it was online at least once.
    online: bool,
}

impl Following {
    pub(super) fn new(engine: &Engine, as_json: bool) -> Self {
        Self { states: engine.tunnel().states(), as_json, showing: None, shown: None, online: false }
    }

    /// Runs until stopped, unless the tunnel fails before it was ever online.
    pub(super) async fn run(&mut self, printer: &Printer) -> Ended {
        while let Some(view) = self.states.next().await {
            self.showing = Some(view.clone());
            for text in self.texts(&view) {
                if let Err(unwritten) = printer.print(&text).await {
                    return Ended::Written(Err(unwritten));
                }
            }
            self.is_shown(&view);
            match view.state {
                TunnelState::Online => self.online = true,
                TunnelState::Failed { message, detail, .. } if !self.online => {
                    let detail = detail.map(|detail| format!(" ({detail})")).unwrap_or_default();
                    return Ended::NeverOnline(format!("{message}{detail}"));
                }
                _ => {}
            }
        }
        std::future::pending().await
    }

    /// Shows what came until the end and was not shown yet.
    pub(super) async fn rest(&mut self, printer: &Printer, until: Instant) -> Written {
        while let Some(view) = self.showing.take().or_else(|| self.states.already()) {
            for text in self.texts(&view) {
                printer.by(until, &text).await?;
            }
            self.is_shown(&view);
        }
        Ok(())
    }

    fn is_shown(&mut self, view: &TunnelView) {
        self.showing = None;
        self.shown = Some((view.state.clone(), view.public.clone()));
    }

    /// Gives nothing for a change of only a count, the latency or a probe.
    fn texts(&self, view: &TunnelView) -> Vec<Text> {
        if self.shown.as_ref().is_some_and(|(state, public)| *state == view.state && *public == view.public) {
            return Vec::new();
        }
        let public = view.public.as_deref().filter(|_| view.state == TunnelState::Online);
        match self.as_json {
            true => {
                let state = Text::Json(json!({ "tunnel": as_json(view) }));
                std::iter::once(state).chain(public.map(|public| Text::Json(json!({ "public": public })))).collect()
            }
            false => vec![Text::Human(format!("{}\n", printable(&words(view, public))))],
        }
    }
}

/// Gives the state with its provider and public address.
fn as_json(view: &TunnelView) -> Value {
    let mut state = json!(view.state);
    if let Some(fields) = state.as_object_mut() {
        fields.insert("provider".to_owned(), json!(view.provider));
        fields.insert("public".to_owned(), json!(view.public));
    }
    state
}

fn words(view: &TunnelView, public: Option<&str>) -> String {
    let provider = view.provider.as_str();
    match &view.state {
        TunnelState::Off => format!("Tunnel ({provider}): off"),
        TunnelState::Starting => format!("Tunnel ({provider}): starting"),
        TunnelState::Online => format!("Tunnel ({provider}): online. Public: {}", public.unwrap_or_default()),
        TunnelState::Reconnecting { why, attempt, .. } => {
            format!("Tunnel ({provider}): lost, reconnecting (attempt {attempt}): {why}")
        }
        TunnelState::Failed { message, .. } => format!("Tunnel ({provider}): failed. {message}"),
    }
}
