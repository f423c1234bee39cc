//! What the ids in a payload lead to, many at once: deliveries, jobs, their files, webhooks. Asks nobody.

use std::collections::HashSet;

use super::Palette;
use crate::dto::{KnownId, KnownThing};
use crate::error::Result;
use crate::jobs::named::NamedJob;
use crate::results::file_of;

/// The most ids of one question.
const MOST: usize = 200;
/// The longest id that is looked for, in bytes.
const LONGEST: usize = 512;

impl Palette {
    /// What these ids of a project lead to; those that lead nowhere are left out. At most 200 are looked for.
    ///
    /// # Errors
    /// `not_found` if there is no such project; any error of the store.
    pub async fn known(&self, project: i64, ids: Vec<String>) -> Result<Vec<KnownId>> {
        self.registry.project(project)?;
        let mut asked = HashSet::new();
        let mut left: Vec<String> = ids.into_iter().filter(|id| (1..=LONGEST).contains(&id.len())).take(MOST).collect();
        left.retain(|id| asked.insert(id.clone()));
        let mut found = Vec::new();
        let messages = self.common.store().newest_named(project, left.clone()).await?;
        take(&mut found, &mut left, messages, |row| KnownThing::Delivery {
            delivery: row.id,
            event_type: row.event_type,
            outcome: row.outcome,
        });
        let jobs = self.jobs.named(project, &left).await?;
        take(&mut found, &mut left, jobs, |NamedJob { name, kind, title }| KnownThing::Job {
            name,
            kind,
            title,
            requests: false,
        });
        let files = self.files(project, &left).await?;
        take(&mut found, &mut left, files, |thing| thing);
        for webhook in self.webhooks.known().into_iter().filter(|one| one.project == project) {
            let is_it = |id: &String| id.strip_prefix("webhooks/").unwrap_or(id) == webhook.id;
            if let Some(place) = left.iter().position(is_it) {
                let thing = KnownThing::Webhook { webhook: webhook.id, name: webhook.name };
                found.push(KnownId { id: left.swap_remove(place), thing });
            }
        }
        Ok(found)
    }

    /// The files of jobs that these texts name.
    async fn files(&self, project: i64, texts: &[String]) -> Result<Vec<(String, KnownThing)>> {
        let files = texts.iter().filter_map(|text| Some((text, file_of(text)?)));
        let files: Vec<(&String, String)> = files.collect();
        let jobs = self.jobs.with_files(project, files.iter().map(|(_, file)| file.clone()).collect()).await?;
        let mut found = Vec::new();
        for (text, file) in files {
            let thing = jobs.iter().find_map(|one| {
                let NamedJob { name, kind, title } = one.job.clone();
                if one.results.iter().any(|result| file_of(result).as_ref() == Some(&file)) {
                    return Some(KnownThing::Result { name, kind, title });
                }
                let requests = one.input.as_deref().and_then(file_of).as_ref() == Some(&file);
                requests.then_some(KnownThing::Job { name, kind, title, requests })
            });
            found.extend(thing.map(|thing| (text.clone(), thing)));
        }
        Ok(found)
    }
}

/// Takes what was found out of what is still looked for.
fn take<T>(found: &mut Vec<KnownId>, left: &mut Vec<String>, news: Vec<(String, T)>, thing: impl Fn(T) -> KnownThing) {
    for (id, news) in news {
        left.retain(|other| *other != id);
        found.push(KnownId { id, thing: thing(news) });
    }
}
