//! What goes wrong on purpose on the REST side: latency, 429, 5xx.

use axum::http::{StatusCode, header};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use crate::rest::{ApiError, Call, wait};
use crate::settings::Faults;
use crate::shared::Shared;

/// Seconds of `Retry-After`: the shortest that it can say.
const RETRY_AFTER: &str = "1";

/// Waits as long as the settings say, then fails where the draw of this request says so. The draws depend on the seed
/// and the request's number only, so that the same script fails in the same places.
pub(crate) async fn before(shared: &Shared, _call: &Call) -> Result<(), ApiError> {
    let (number, faults) = shared.with(|world| {
        world.requests += 1;
        (world.requests, world.settings.faults.clone())
    });
    wait(faults.latency_ms).await;
    match drawn(&faults, shared.seed, number) {
        None => Ok(()),
        Some(status @ StatusCode::TOO_MANY_REQUESTS) => {
            let message = "Resource has been exhausted (e.g. check quota).";
            Err(ApiError::status(status, message).with_header(header::RETRY_AFTER, RETRY_AFTER))
        }
        Some(StatusCode::SERVICE_UNAVAILABLE) => {
            let message = "The model is overloaded. Please try again later.";
            Err(ApiError::status(StatusCode::SERVICE_UNAVAILABLE, message))
        }
        Some(status) => Err(ApiError::status(status, "An internal error has occurred. Please retry.")),
    }
}

/// What the request with this number is answered instead; `None`: what it asked for.
fn drawn(faults: &Faults, seed: u64, number: u64) -> Option<StatusCode> {
    let mut draws = ChaCha8Rng::seed_from_u64(seed);
    draws.set_stream(number);
    // All three are always drawn: one rate does not move the faults of the other.
    let [many, failed, kind] = [(); 3].map(|()| (draws.next_u64() >> 11) as f64 / (1u64 << 53) as f64);
    if many < faults.too_many_requests {
        Some(StatusCode::TOO_MANY_REQUESTS)
    } else if failed < faults.server_errors {
        Some(if kind < 0.5 { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::SERVICE_UNAVAILABLE })
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_keep_their_rates_and_depend_on_the_seed_alone() {
        let faults = Faults { too_many_requests: 0.2, server_errors: 0.5, ..Faults::default() };
        let run = |faults: &Faults, seed| (0..4000).map(|number| drawn(faults, seed, number)).collect::<Vec<_>>();
        let one = run(&faults, 7);
        assert_eq!(one, run(&faults, 7));
        assert_ne!(one, run(&faults, 8));
        let share = |status| one.iter().filter(|drawn| **drawn == Some(status)).count() as f64 / 4000.0;
        assert!((share(StatusCode::TOO_MANY_REQUESTS) - 0.2).abs() < 0.03);
        assert!((share(StatusCode::INTERNAL_SERVER_ERROR) - 0.2).abs() < 0.03);
        assert!((share(StatusCode::SERVICE_UNAVAILABLE) - 0.2).abs() < 0.03);
        let never = run(&Faults::default(), 7);
        assert!(never.iter().all(Option::is_none));
        let always = run(&Faults { server_errors: 1.0, ..Faults::default() }, 7);
        assert!(always.iter().all(Option::is_some));
    }
}
