//! A provider whose states come from the test, and what the window is told of it.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use engine::{Engine, Live, Notice, TunnelFactory, TunnelSettings, TunnelView};
use inbound::tunnel::{Site, State, Tunnel};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::parts::{Parts, soon};

/// One start of a provider.
#[derive(Clone)]
pub(crate) struct Started {
    pub(crate) settings: TunnelSettings,
    pub(crate) own_address: Option<String>,
    pub(crate) authtoken: Option<String>,
    /// Weak: the tunnel owns its end.
    pub(crate) states: mpsc::WeakSender<State>,
    pub(crate) stop: CancellationToken,
    pub(crate) local: watch::Receiver<Option<SocketAddr>>,
    /// Ends the provider on its own, with the last state that it reported.
    pub(crate) end: CancellationToken,
}

impl Started {
    pub(crate) async fn say(&self, state: State) {
        self.states.upgrade().expect("it runs").send(state).await.unwrap();
    }

    pub(crate) async fn online(&self, public: &str) {
        self.say(State::Online { public: public.into(), latency: Some(Duration::from_millis(38)) }).await;
    }
}

#[derive(Clone, Default)]
pub(crate) struct Scripted {
    pub(crate) starts: Arc<Mutex<Vec<Started>>>,
}

#[derive(Debug)]
pub(crate) struct Fake(Scripted, TunnelSettings, Option<String>, Option<String>);

impl std::fmt::Debug for Scripted {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Scripted")
    }
}

impl Tunnel for Fake {
    fn run(self: Box<Self>, site: Site) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move {
            let end = CancellationToken::new();
            let Self(scripted, settings, own_address, authtoken) = *self;
            scripted.starts.lock().unwrap().push(Started {
                settings,
                own_address,
                authtoken,
                states: site.states.downgrade(),
                stop: site.stop.clone(),
                local: site.local.clone(),
                end: end.clone(),
            });
            tokio::select! {
                () = site.stop.cancelled() => site.states.send(State::Stopped).await.unwrap(),
                () = end.cancelled() => {}
            }
        })
    }
}

impl Scripted {
    pub(crate) fn factory(&self) -> TunnelFactory {
        let scripted = self.clone();
        Arc::new(move |plan| {
            let authtoken = plan.authtoken.as_ref().map(|token| token.to_string());
            assert!(authtoken.as_ref().is_none_or(|token| !format!("{plan:?}").contains(token)));
            Ok(Box::new(Fake(scripted.clone(), plan.settings, plan.own_address, authtoken)))
        })
    }

    pub(crate) fn count(&self) -> usize {
        self.starts.lock().unwrap().len()
    }

    /// The start of this number, from 1.
    pub(crate) async fn started(&self, number: usize) -> Started {
        soon("the provider starts", async || self.count() >= number).await;
        assert_eq!(self.count(), number, "no start too many");
        self.starts.lock().unwrap()[number - 1].clone()
    }
}

/// What the window is told.
#[derive(Clone, Default)]
pub(crate) struct Told {
    pub(crate) tunnels: Arc<Mutex<Vec<TunnelView>>>,
    pub(crate) notices: Arc<Mutex<Vec<Notice>>>,
}

impl Told {
    pub(crate) fn of(engine: &Engine) -> Self {
        let told = Self::default();
        let to = told.clone();
        engine.attach(Box::new(move |message| {
            match message {
                Live::Tunnel { tunnel } => to.tunnels.lock().unwrap().push(*tunnel),
                Live::Notice { notice } => to.notices.lock().unwrap().push(notice),
                _ => {}
            }
            true
        }));
        told
    }

    pub(crate) fn states(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self.tunnels.lock().unwrap().iter().map(|view| view.state.as_str()).collect();
        names.dedup();
        names
    }
}

pub(crate) fn scripted() -> (Parts, Scripted) {
    let scripted = Scripted::default();
    (Parts { tunnels: Some(scripted.factory()), ..Parts::default() }, scripted)
}
