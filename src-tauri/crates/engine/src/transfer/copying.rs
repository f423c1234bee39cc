//! Single deliveries as text for the clipboard.

use exchange::snippet::{Form, Places, copy};

use super::Transfers;
use crate::dto::{CopyForm, Selection};
use crate::error::{Code, Error, Result};
use crate::outgoing::guard::Guard;

/// Deliveries to copy at once.
const AT_ONCE: usize = 100;
/// Bytes of bodies to copy at once: a clipboard is no place for more.
const BYTES: usize = 16 * 1024 * 1024;
/// Where tests send to while nobody has said where the handler is.
const HANDLER: &str = "http://127.0.0.1:3000/webhook";

impl Transfers {
    /// The deliveries as text in this form, in the order of their arrival. It holds no secret and no credential.
    ///
    /// # Errors
    /// `too_many`; `not_found` if one is no longer there; `holds_secret` if one holds a secret that is known here;
    /// `not_text` for the payload of a body that is not text.
    pub async fn copy_as(&self, ids: Vec<i64>, form: CopyForm) -> Result<String> {
        if ids.len() > AT_ONCE {
            let message = format!("At most {AT_ONCE} deliveries are copied at once; {} were given.", ids.len());
            return Err(Error::new(Code::TooMany, message));
        }
        let mut pages = self.pages(Selection::Ids(ids)).await?;
        let mut records = pages.next().await?;
        if records.len() as u64 != pages.total || records.is_empty() {
            return Err(Error::not_found("delivery"));
        }
        if records.iter().map(|record| record.body.len()).sum::<usize>() > BYTES {
            let message = "These bodies are too large for the clipboard. Export them into a file.";
            return Err(Error::new(Code::TooLarge, message));
        }
        let project = records.first().and_then(|record| record.project.clone());
        let credentials = self.credentials(false);
        let guard = Guard::new(&self.registry, &self.projects);
        for record in &mut records {
            credentials.strip(record);
            if let Some(what) = guard.found(&record.headers, &record.body) {
                let message = format!("This delivery holds {what}, so it was not copied.");
                return Err(Error::new(Code::HoldsSecret, message));
            }
        }
        let (listener, handler) = (self.listener(), self.handler(project.as_deref()));
        let places = Places { listener: &listener, handler: &handler };
        let form = match form {
            CopyForm::Payload => Form::Payload,
            CopyForm::Curl => Form::Curl,
            CopyForm::Httpie => Form::Httpie,
            CopyForm::Python => Form::Python,
            CopyForm::Javascript => Form::JavaScript,
            CopyForm::Rust => Form::Rust,
            CopyForm::Pytest => Form::Pytest,
            CopyForm::Vitest => Form::Vitest,
            CopyForm::Ndjson => Form::Ndjson,
        };
        copy(&records, form, &places).map_err(|refused| Error::new(Code::NotText, refused.to_string()))
    }

    /// The user's handler: where the project's deliveries are forwarded to.
    fn handler(&self, project: Option<&str>) -> String {
        let projects = self.registry.projects();
        let project = projects.iter().find(|one| Some(one.name.as_str()) == project);
        let rules = self.forwards.list().into_iter().map(|view| view.rule);
        let mut urls = rules.filter(|rule| project.is_some_and(|project| project.id == rule.project));
        urls.find(|rule| !rule.url.is_empty()).map_or_else(|| HANDLER.to_owned(), |rule| rule.url)
    }
}
