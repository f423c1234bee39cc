//! The deliveries that have ended, and how many of them stay in the log.

use std::collections::BTreeMap;

use crate::clock::Millis;
use crate::world::{Delivery, World};

/// How much of the log of ended deliveries stays, besides what the settings say. `None`: no limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// Deliveries, in place of the setting.
    pub deliveries: Option<u32>,
    /// Bytes that they take, roughly.
    pub bytes: Option<u64>,
    /// How much older than the newest one may be, in milliseconds on the emulator's clock.
    pub age_ms: Option<Millis>,
}

/// Roughly the bytes of a delivery besides its texts, and of one attempt.
const BESIDES: usize = 300;
const ATTEMPT: usize = 160;

/// Numbers of the deliveries that have ended, with their bytes and when they were made, so that the oldest can be removed.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    all: BTreeMap<u64, (u64, Millis)>,
    bytes: u64,
    pub(crate) keep: Keep,
}

impl Ended {
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn clear(&mut self) {
        self.all.clear();
        self.bytes = 0;
    }

    pub(super) fn remove(&mut self, number: u64) {
        if let Some((bytes, _)) = self.all.remove(&number) {
            self.bytes = self.bytes.saturating_sub(bytes);
        }
    }

    pub(super) fn add(&mut self, number: u64, delivery: &Delivery) {
        self.remove(number);
        let bytes = bytes(delivery);
        self.all.insert(number, (bytes, delivery.created_ms));
        self.bytes += bytes;
    }

    /// The oldest, if it has to go. `most`: deliveries that stay.
    fn too_many(&self, most: usize) -> Option<u64> {
        let (oldest, (_, created_ms)) = self.all.first_key_value()?;
        let newest = self.all.last_key_value().map_or(*created_ms, |(_, (_, newest))| *newest);
        let too_old = |age: Millis| newest.saturating_sub(*created_ms) > age;
        let goes = self.all.len() > most
            || self.keep.bytes.is_some_and(|most| self.bytes > most)
            || self.keep.age_ms.is_some_and(too_old);
        goes.then_some(*oldest)
    }
}

fn bytes(delivery: &Delivery) -> u64 {
    let attempts: usize = delivery
        .attempts
        .iter()
        .map(|one| ATTEMPT + one.answer.as_ref().map_or(0, String::len) + one.error.as_ref().map_or(0, String::len))
        .sum();
    (BESIDES + delivery.body.len() + delivery.uri.len() + attempts) as u64
}

impl World {
    /// Marks a delivery as ended: it stays in the log as long as there is room.
    pub(crate) fn end_delivery(&mut self, number: u64) {
        if let Some(delivery) = self.deliveries.at(number) {
            self.ended.add(number, delivery);
        }
        self.remove_oldest();
    }

    /// Removes the oldest ended deliveries beyond what stays.
    pub(crate) fn remove_oldest(&mut self) {
        let most = self.ended.keep.deliveries.unwrap_or(self.settings.keep_deliveries);
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        while let Some(oldest) = self.ended.too_many(most) {
            self.ended.remove(oldest);
            self.deliveries.remove_if(oldest, Delivery::has_ended);
        }
    }
}
