//! `--resign`: which secret signs.

use engine::{ReplaySign, ReplaySigner};

/// Finds the secret whose text ends like this, or that has this id; if nothing is given, the only one of the delivery's
/// own project. If none or several match, refuses and lists them: a wrong signature would look like a wrong handler.
pub(super) fn find(signers: &[ReplaySigner], named: &str) -> Result<ReplaySign, String> {
    // As it is shown, `whsec_…a91f`, or only its end.
    let end = named.rsplit('…').next().unwrap_or(named);
    let fits = |signer: &&ReplaySigner| {
        let ReplaySign::Secret { id } = &signer.sign else { return false };
        if named.is_empty() { signer.own } else { id == named || !end.is_empty() && tail(&signer.label).ends_with(end) }
    };
    let found: Vec<&ReplaySigner> = signers.iter().filter(fits).collect();
    if let [only] = found.as_slice() {
        return Ok(only.sign.clone());
    }
    let (what, known) = match (found.is_empty(), named.is_empty()) {
        (true, true) => ("the delivery's project has no secret to sign with".to_owned(), list(signers.iter())),
        (true, false) => (format!("there is no secret {named:?} to sign with"), list(signers.iter())),
        (false, true) => ("the delivery's project has several secrets: say which one".to_owned(), list(found)),
        (false, false) => (format!("{named:?} matches several secrets: give the id of one"), list(found)),
    };
    Err(format!("{what}: {known}"))
}

/// Gives the visible end of a secret's text: `a91f` of `v1 with whsec_…a91f, nightly results`.
fn tail(label: &str) -> &str {
    let hint = label.strip_prefix("v1 with ").and_then(|rest| rest.split_once(", ")).map_or("", |(hint, _)| hint);
    hint.split_once('…').map_or("", |(_, tail)| tail)
}

fn list<'a>(signers: impl IntoIterator<Item = &'a ReplaySigner>) -> String {
    let shown = signers.into_iter().filter_map(|signer| match &signer.sign {
        ReplaySign::Secret { id } => Some(format!("{} (id {id})", signer.label)),
        _ => None,
    });
    let shown: Vec<String> = shown.collect();
    if shown.is_empty() { "there is none".to_owned() } else { shown.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(id: &str, label: &str, own: bool) -> ReplaySigner {
        ReplaySigner { sign: ReplaySign::Secret { id: id.into() }, label: label.into(), own }
    }

    #[test]
    fn one_secret_is_meant_or_none_signs() {
        let one = signer("id-1", "v1 with whsec_…a91f, nightly results", true);
        let other = signer("id-2", "v1 with whsec_…b22c, a91f and …a91f, whsec_", false);
        let rsa = ReplaySigner { sign: ReplaySign::SandboxJwt, label: "JWT with the Sandbox's a91f".into(), own: true };
        let all = [one.clone(), other.clone(), rsa];
        for named in ["a91f", "…a91f", "whsec_…a91f", "id-1", ""] {
            assert_eq!(find(&all, named), Ok(one.sign.clone()), "{named}");
        }
        assert_eq!(find(&all, "b22c"), Ok(other.sign.clone()));
        // Parts of a label that are not the end of a secret.
        for named in ["whsec_", "nightly", "v1", "a91", "id", "Sandbox", "…", "e"] {
            let refused = find(&all, named).unwrap_err();
            assert!(refused.contains("there is no secret") && refused.contains("(id id-2)"), "{refused}");
        }
        let twin = signer("id-3", "v1 with whsec_…a91f, nightly results", true);
        let refused = find(&[one, other.clone(), twin], "a91f").unwrap_err();
        assert!(refused.contains("id-1") && refused.contains("id-3") && !refused.contains("id-2"), "{refused}");
        let refused =
            find(&[signer("a", "v1 with whsec_…1111, P", true), signer("b", "v1 with whsec_…2222, P", true)], "");
        assert!(refused.unwrap_err().contains("several secrets: say which one"));
        assert!(find(&[other], "").unwrap_err().contains("no secret to sign with"));
        assert!(find(&[], "").unwrap_err().contains("there is none"));
    }
}
