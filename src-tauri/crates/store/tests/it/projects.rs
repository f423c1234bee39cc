//! Projects: created, renamed, removed with their history kept, and restored.

use signature::Outcome;
use store::{KeyRecord, NewProject, Options, Project, Store};

use crate::sample::{attempt, file, history, integrity, plain};

fn new(name: &str, path: &str) -> NewProject {
    let key = Some(KeyRecord { hint: "…a91f".into(), stored_in: "keychain".into() });
    NewProject { name: name.into(), path: path.into(), base_url: None, api_version: "v1beta".into(), key }
}

fn names(projects: &[Project]) -> Vec<&str> {
    projects.iter().map(|project| &*project.name).collect()
}

fn code<T>(result: Result<T, store::Error>) -> &'static str {
    result.err().map_or("done", |error| error.code())
}

#[tokio::test]
async fn ensured_by_name() {
    let (_folder, store) = history().await;
    let projects = store.projects();
    assert_eq!(projects.ensure("Mine", false, "mine").await.unwrap(), 2);
    assert_eq!(projects.ensure("Mine", false, "elsewhere").await.unwrap(), 2, "it moves");
    assert_eq!(code(projects.ensure("New", false, "elsewhere").await), "path_taken");
    let list = projects.list().await.unwrap();
    let project = |id, name: &str, sandbox, path: &str| Project {
        id,
        name: name.into(),
        sandbox,
        path: path.into(),
        base_url: None,
        api_version: "v1".into(),
        key: None,
        removed_ms: None,
    };
    assert_eq!(list, [project(1, "Sandbox", true, "sandbox"), project(2, "Mine", false, "elsewhere")]);
}

#[tokio::test]
async fn the_built_in_ones_are_found_whatever_they_are_called() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&file(&folder), Options::default()).unwrap();
    let projects = store.projects();
    // The user's project came first.
    projects.add(new("Default", "mine")).await.unwrap();
    projects.add(new("Sandbox", "a")).await.unwrap();
    projects.add(new("Sandbox 2", "b")).await.unwrap();
    let default = projects.default().await.unwrap();
    assert_eq!((&*default.name, &*default.path, default.sandbox), ("Default 2", "", false));
    let sandbox = projects.sandbox("sandbox").await.unwrap();
    assert_eq!((&*sandbox.name, &*sandbox.path, sandbox.sandbox), ("Sandbox 3", "sandbox", true));
    let renamed = Project { name: "Everything else".into(), ..default.clone() };
    projects.update(&renamed).await.unwrap();
    assert_eq!(projects.default().await.unwrap(), renamed);
    assert_eq!(projects.sandbox("play").await.unwrap(), Project { path: "play".into(), ..sandbox.clone() });
    assert_eq!(code(projects.sandbox("mine").await), "path_taken");
    let listed = projects.list().await.unwrap();
    assert_eq!(names(&listed), ["Sandbox 3", "Default", "Sandbox", "Sandbox 2", "Everything else"]);
    assert_eq!(listed[0].path, "play", "what failed changed nothing");
}

#[tokio::test]
async fn names_and_paths_are_unique() {
    let (_folder, store) = history().await;
    let projects = store.projects();
    let mine = projects.add(new("Mine", "mine")).await.unwrap();
    let other = projects.add(NewProject { base_url: Some("http://x".into()), key: None, ..new("Other", "other") });
    let other = other.await.unwrap();
    assert_eq!(projects.list().await.unwrap()[1..], [mine.clone(), other.clone()], "as it was given back");
    for (name, path, expected) in [("Mine", "new", "name_taken"), ("New", "other", "path_taken"), ("mine", "n", "done")]
    {
        assert_eq!(code(projects.add(new(name, path)).await), expected, "{name} {path}");
    }
    let changed = |name: &str, path: &str| Project { name: name.into(), path: path.into(), ..mine.clone() };
    assert_eq!(code(projects.update(&changed("Other", "mine")).await), "name_taken");
    assert_eq!(code(projects.update(&changed("Mine", "sandbox")).await), "path_taken");
    assert_eq!(code(projects.update(&Project { id: 99, ..changed("Z", "z") }).await), "unknown_project");
    let changed = Project { key: None, api_version: "v1".into(), ..changed("Renamed", "moved") };
    projects.update(&changed).await.unwrap();
    projects.update(&changed).await.unwrap();
    assert_eq!(projects.list().await.unwrap()[1], changed);
    assert_eq!(projects.add(new("Mine", "mine")).await.unwrap().name, "Mine");
}

#[tokio::test]
async fn a_removed_one_keeps_its_history_and_frees_its_name_and_path() {
    let (folder, store) = history().await;
    let projects = store.projects();
    let mine = projects.add(new("Mine", "mine")).await.unwrap();
    let of = |id| {
        let mut delivery = plain("{}");
        delivery.project = id;
        delivery
    };
    store.insert(of(mine.id)).await.unwrap();
    assert!(projects.remove(mine.id, 7).await.unwrap());
    assert!(!projects.remove(mine.id, 8).await.unwrap());
    assert!(!projects.remove(99, 8).await.unwrap());
    assert_eq!(names(&projects.list().await.unwrap()), ["Sandbox"]);
    let gone = Project { removed_ms: Some(7), ..mine.clone() };
    assert_eq!(projects.all().await.unwrap()[1], gone, "it is still named");
    // What was on its way is stored, even by a writer that never heard of the project.
    store.insert(of(mine.id)).await.unwrap();
    store.close().await;
    let store = Store::open(&file(&folder), Options::default()).unwrap();
    let projects = store.projects();
    store.insert(of(mine.id)).await.unwrap();
    assert_eq!(store.ids_of(mine.id, 0).await.unwrap(), [1, 2, 3]);
    assert_eq!(store.ids_of(mine.id, 2).await.unwrap(), [3]);

    let by_name = projects.add(new("Mine", "x")).await.unwrap();
    assert_eq!(code(projects.restore(mine.id).await), "name_taken");
    projects.update(&Project { name: "Y".into(), path: "mine".into(), ..by_name.clone() }).await.unwrap();
    assert_eq!(code(projects.restore(mine.id).await), "path_taken");
    assert_eq!(projects.all().await.unwrap()[1], gone, "what failed changed nothing");
    // While it is removed, its name may even be one that is taken; whatever else is known about it can change.
    let keyless = Project { path: "y".into(), key: None, ..gone };
    projects.update(&keyless).await.unwrap();
    assert_eq!(projects.restore(mine.id).await.unwrap(), Project { removed_ms: None, ..keyless.clone() });
    assert_eq!(projects.restore(mine.id).await.unwrap(), Project { removed_ms: None, ..keyless }, "nothing to do");
    assert_eq!(code(projects.restore(99).await), "unknown_project");
    assert_eq!(names(&projects.list().await.unwrap()), ["Sandbox", "Mine", "Y"]);
    // Two removed ones with the same name do not conflict.
    for id in [mine.id, by_name.id] {
        assert!(projects.remove(id, 9).await.unwrap());
    }
    let again = projects.add(new("Mine", "y")).await.unwrap();
    assert!(projects.remove(again.id, 10).await.unwrap());
    assert_eq!(names(&projects.all().await.unwrap()), ["Sandbox", "Mine", "Y", "Mine"]);
    store.insert(attempt("a", Outcome::Verified, 200, 0)).await.unwrap();
    store.close().await;
    assert_eq!(integrity(&file(&folder)), "ok");
}
