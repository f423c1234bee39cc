//! A second process on the history: one that reads, one that writes, one that receives too, and some that are killed.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;
use tokio::task::block_in_place;
use tokio::time::{sleep, timeout};

use super::draws::Draws;
use super::listener::Setup;
use super::message::{Key, Kind, Maker, Message};
use super::senders::Courier;
use super::wire::{Manner, Sent};

/// What it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Second {
    /// `pollux history`
    History,
    /// `pollux search`
    Search,
    /// `pollux export`, and what it wrote is imported: nothing of it is new.
    Transfer,
    /// `pollux listen`
    Listener,
}

/// In their turns: those that write come first, since a short run has only some.
pub(super) const ALL: [Second; 4] = [Second::Transfer, Second::Listener, Second::History, Second::Search];

/// Far more than any of them takes.
const PATIENCE: Duration = Duration::from_secs(60);
/// Their senders have numbers from here on.
const SENDER: u16 = 20_000;
/// Deliveries of one.
const DELIVERIES: u32 = 30;

/// Runs one. Returns what went wrong, which it should not have.
pub(super) async fn run(
    second: Second,
    setup: &Setup,
    (courier, to): (&mut Courier, SocketAddr),
    draws: &mut Draws,
    number: u16,
) -> Result<(), String> {
    match second {
        Second::History => {
            let told = pollux(setup, &["history", "--json"], killed_after(draws)).await?;
            let Some(told) = told else { return Ok(()) };
            let sizes: Value = serde_json::from_slice(&told.stdout).unwrap_or_default();
            done(&told, &[0])?;
            match sizes["deliveries"].as_u64() {
                Some(_) => Ok(()),
                None => Err(format!("pollux history told {sizes}")),
            }
        }
        Second::Search => {
            let told = pollux(setup, &["search", "verdict:rejected", "--count"], killed_after(draws)).await?;
            // 1: there is none.
            told.map_or(Ok(()), |told| done(&told, &[0, 1]))
        }
        Second::Transfer => transfer(setup, (courier, to), draws, number).await,
        Second::Listener => listen(setup, courier, draws, number).await,
    }
}

/// Deliveries of its own, taken out and put in again.
async fn transfer(
    setup: &Setup,
    (courier, to): (&mut Courier, SocketAddr),
    draws: &mut Draws,
    number: u16,
) -> Result<(), String> {
    if send(courier, to, number).await == 0 {
        return Ok(());
    }
    let file = setup.database.with_file_name("newest.ndjson");
    let name = file.display().to_string();
    let query = format!("id:\"soak-{}-\"", SENDER + number);
    let Some(told) = pollux(setup, &["export", &query, "--to", &name], None).await? else { return Ok(()) };
    done(&told, &[0])?;
    let [secret, public] = Maker::keys();
    let import = ["import", "--json", "--secret", &secret, "--secret", &public, &name];
    let told = pollux(setup, &import, killed_after(draws)).await?;
    let removed = std::fs::remove_file(PathBuf::from(&name));
    let Some(told) = told else { return Ok(()) };
    done(&told, &[0])?;
    removed.map_err(|error| format!("{name}: {error}"))?;
    let sums: Value = serde_json::from_slice(&told.stdout).unwrap_or_default();
    match (sums["new"].as_u64(), sums["known"].as_u64()) {
        (Some(0), Some(1..)) => Ok(()),
        _ => Err(format!("what was exported and imported again was not all there already: {sums}")),
    }
}

/// A second listener, which takes some deliveries and ends, in order or not.
async fn listen(setup: &Setup, courier: &mut Courier, draws: &mut Draws, number: u16) -> Result<(), String> {
    let listener = block_in_place(|| setup.start(false))?;
    let address = listener.address;
    if draws.percent(50) {
        send(courier, address, number).await;
        return block_in_place(|| listener.interrupt(PATIENCE));
    }
    // In the middle of them.
    let after = draws.millis((20, 400));
    tokio::join!(send(courier, address, number), async {
        sleep(after).await;
        block_in_place(|| listener.kill())
    })
    .1
}

/// Sends some; how many were taken.
async fn send(courier: &mut Courier, to: SocketAddr, number: u16) -> usize {
    let mut taken = 0;
    for one in 0..DELIVERIES {
        let kind = if one % 3 == 2 { Kind::V1a } else { Kind::V1 };
        let message = Message { key: Key { sender: SENDER + number, number: one }, kind, filler: 200 };
        match courier.send(&message, to, false, Manner::Patient).await {
            Sent::Answered(200) => taken += 1,
            Sent::Answered(_) => {}
            Sent::Lost | Sent::Unreached => break,
        }
    }
    taken
}

/// One in four is killed.
fn killed_after(draws: &mut Draws) -> Option<Duration> {
    let after = draws.millis((5, 300));
    draws.percent(25).then_some(after)
}

/// What it told, and its exit code; `None` where it was killed before its end.
async fn pollux(setup: &Setup, arguments: &[&str], killed_after: Option<Duration>) -> Result<Option<Output>, String> {
    let mut command = Command::from(setup.command());
    command.args(arguments).arg("--db").arg(&setup.database);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let child = command.spawn().map_err(|error| format!("{arguments:?}: {error}"))?;
    // Dropped at the end of its time, it is killed.
    match timeout(killed_after.unwrap_or(PATIENCE), child.wait_with_output()).await {
        Ok(output) => output.map(Some).map_err(|error| format!("{arguments:?}: {error}")),
        Err(_) if killed_after.is_some() => Ok(None),
        Err(_) => Err(format!("{arguments:?} did not end within {} s", PATIENCE.as_secs())),
    }
}

fn done(output: &Output, codes: &[i32]) -> Result<(), String> {
    let code = output.status.code();
    match code.is_some_and(|code| codes.contains(&code)) {
        true => Ok(()),
        false => {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(format!("it ended with {}: {}", output.status, said.trim()))
        }
    }
}
