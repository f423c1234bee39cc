import type { ApiKey, ApiKeyDraft, EnvironmentKey, Live, Project, ProjectDraft, SecretView } from "../ipc";
import { refused } from "./refused";
import { FakeStart } from "./start";

const GOOGLE = "https://generativelanguage.googleapis.com";

/** Projects in memory, with the rules of the real ones. */
export abstract class FakeProjects extends FakeStart {
  abstract secretList: SecretView[];
  abstract tell(message: Live): void;
  protected abstract note(what: string, target: string, detail: string, project?: number | null, result?: string): void;

  environment: EnvironmentKey[] = [{ name: "GEMINI_API_KEY", hint: "…a91f" }];
  readonly #removed = new Map<number, Project>();

  protected project(id: number): Project {
    const found = this.state.projects.find((one) => one.id === id);
    if (!found) throw refused("unknown_project", "This project is no longer there.");
    return found;
  }

  #setProjects(projects: Project[]): void {
    this.state.projects = projects;
    this.tell({ kind: "projects", projects });
  }

  #key(draft: ApiKeyDraft, kept: ApiKey | null): ApiKey | null {
    if (draft.from === "kept") return kept;
    if (draft.from === "nowhere") return null;
    const hint =
      draft.from === "typed"
        ? `…${draft.text.slice(-4)}`
        : (this.environment.find((one) => one.name === draft.name)?.hint ?? "…");
    return { hint, stored_in: this.state.secret_store.kind, available: true };
  }

  #read(id: number | null, draft: ProjectDraft): Omit<Project, "id"> {
    const others = this.state.projects.filter((one) => one.id !== id);
    const before = this.state.projects.find((one) => one.id === id);
    const name = draft.name.trim();
    const path =
      before?.path === ""
        ? ""
        : (draft.path ??
          before?.path ??
          name
            .toLowerCase()
            .replace(/[^a-z0-9]+/g, "-")
            .replace(/^-|-$/g, ""));
    if (name === "") throw refused("invalid_name", "A project needs a name.");
    if (others.some((one) => one.name.toLowerCase() === name.toLowerCase()))
      throw refused("name_taken", `Another project is called ${name}. Choose another name.`);
    if (before?.path !== "" && !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(path))
      throw refused("invalid_path", "A path is made of a-z, 0-9 and -.");
    if (others.some((one) => one.path === path))
      throw refused("path_taken", `Another project has the path ${path}. Choose another one.`);
    if (draft.base_url !== null && !/^https?:\/\/[^/]+/.test(draft.base_url))
      throw refused("invalid_base_url", "A base URL starts with https:// and names a host.");
    const base_url = draft.base_url ?? GOOGLE;
    if (
      before?.api_key &&
      draft.api_key.from === "kept" &&
      new URL(base_url).origin !== new URL(before.base_url).origin
    ) {
      throw refused(
        "key_of_another_address",
        `The API key of ${before.name} (${before.api_key.hint}) was given for ${new URL(before.base_url).origin}, so it is not sent to ${new URL(base_url).origin}. Type the key for the new address, or take it away.`,
      );
    }
    return {
      name,
      path,
      sandbox: false,
      base_url,
      api_version: draft.api_version,
      api_key: this.#key(draft.api_key, before?.api_key ?? null),
    };
  }

  projectAdd = (draft: ProjectDraft) =>
    this.answer("projectAdd", () => {
      const id = Math.max(0, ...this.state.projects.map((one) => one.id), ...this.#removed.keys()) + 1;
      const project: Project = { id, ...this.#read(null, draft) };
      this.#setProjects([...this.state.projects, project]);
      this.note(
        "project.add",
        project.name,
        project.api_key ? `With a key ending in ${project.api_key.hint.slice(-4)}.` : "Without a key.",
        id,
      );
      return project;
    });

  projectUpdate = (id: number, draft: ProjectDraft) =>
    this.answer("projectUpdate", () => {
      if (this.project(id).sandbox) throw refused("builtin_project", "The Sandbox is built in and cannot be changed.");
      const project: Project = { id, ...this.#read(id, draft) };
      this.#setProjects(this.state.projects.map((one) => (one.id === id ? project : one)));
      this.note("project.update", project.name, "Saved.", id);
      return project;
    });

  projectCheck = (id: number | null, draft: ProjectDraft) =>
    this.answer("projectCheck", () => {
      const { api_key, base_url } = this.#read(id, draft);
      if (api_key === null) throw refused("no_api_key", "There is no key to check. Give the project's API key.");
      if (base_url.includes("nowhere"))
        throw refused(
          "service_unreachable",
          "The service could not be reached: check the base URL and the network.",
          "dns error: failed to lookup address information",
        );
      if (draft.api_key.from === "typed" && draft.api_key.text.includes("wrong"))
        throw refused(
          "service_key_refused",
          "The service does not take this key. Check that it was copied whole and belongs to this service.",
          "API key not valid. Please pass a valid API key.",
        );
      return { webhooks: 3, took_ms: 212 };
    });

  projectRemove = (id: number) =>
    this.answer("projectRemove", () => {
      const project = this.project(id);
      if (project.sandbox || project.path === "")
        throw refused("builtin_project", "This project is built in and cannot be removed.");
      this.#removed.set(id, project);
      this.#setProjects(this.state.projects.filter((one) => one.id !== id));
      this.note("project.remove", project.name, "Its deliveries stay.");
    });

  projectRestore = (id: number) =>
    this.answer("projectRestore", () => {
      const project = this.#removed.get(id);
      if (!project) throw refused("unknown_project", "This project is no longer there.");
      this.#removed.delete(id);
      this.#setProjects([...this.state.projects, project].sort((a, b) => a.id - b.id));
      this.note("project.restore", project.name, "Back as it was.", id);
      return project;
    });

  environmentKeys = () => this.answer("environmentKeys", () => this.environment);
}
