import type { ApiKeyDraft, Code, EnvironmentKey, Project, ProjectDraft } from "../ipc/generated";

export const GOOGLE = "https://generativelanguage.googleapis.com";

/** Where a form takes the key from: as it is, a variable of the environment, what is typed, or nowhere. */
export type KeySource = "kept" | "typed" | "nowhere" | `env:${string}`;
/** A project as it stands in the form's fields. */
export type ProjectFields = {
  name: string;
  path: string;
  pathTyped: boolean;
  source: KeySource;
  key: string;
  service: "google" | "other";
  baseUrl: string;
  version: "v1" | "v1beta";
};

/** `Nightly eval (2)` → `nightly-eval-2`: what a path may be made of. */
export function pathOf(name: string): string {
  return name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 63)
    .replace(/-+$/, "");
}

export function fieldsOf(project: Project | null): ProjectFields {
  const other = project !== null && project.base_url !== GOOGLE;
  return {
    name: project?.name ?? "",
    path: project?.path ?? "",
    pathTyped: project !== null,
    source: project?.api_key ? "kept" : "typed",
    key: "",
    service: other ? "other" : "google",
    baseUrl: other ? project.base_url : "",
    version: project?.api_version ?? "v1",
  };
}

function keyOf(fields: ProjectFields): ApiKeyDraft {
  if (fields.source === "kept" || fields.source === "nowhere") return { from: fields.source };
  if (fields.source === "typed")
    return fields.key.trim() === "" ? { from: "nowhere" } : { from: "typed", text: fields.key.trim() };
  return { from: "environment", name: fields.source.slice(4) };
}

export type FieldErrors = Partial<Record<"name" | "path" | "baseUrl" | "key", string>>;

/** Scheme, host and port, as the back end compares them; null where it is no address. */
function originOf(address: string): string | null {
  try {
    return new URL(address.trim()).origin;
  } catch {
    return null;
  }
}

/**
 * Where the kept key was given for, when the fields name another origin: it is not sent there until it is typed again.
 */
export function keptForAnother(
  fields: ProjectFields,
  project: Project | null,
): { givenFor: string; asked: string | null } | null {
  if (!project?.api_key || fields.source !== "kept") return null;
  const givenFor = originOf(project.base_url) ?? project.base_url;
  const asked = originOf(fields.service === "other" ? fields.baseUrl : GOOGLE);
  return asked === givenFor ? null : { givenFor, asked };
}

/** The draft to send, or what is wrong with each field. */
export function readFields(
  fields: ProjectFields,
  project: Project | null,
): { draft: ProjectDraft } | { errors: FieldErrors } {
  const errors: FieldErrors = {};
  const fixed = project !== null && project.path === "";
  const path = fields.pathTyped ? fields.path.trim() : pathOf(fields.name);
  if (fields.name.trim() === "") errors.name = "Enter a name for the project.";
  else if (!fixed && !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(path))
    errors.path =
      path === ""
        ? "Enter a path: nothing in the name can be used in one."
        : "A path is made of a–z, 0–9 and single hyphens between them.";
  if (fields.service === "other" && !/^https?:\/\/[^/\s]+/i.test(fields.baseUrl.trim()))
    errors.baseUrl = "A base URL starts with https:// (or http:// on this machine) and names a host.";
  const moved = keptForAnother(fields, project);
  if (moved && !errors.baseUrl)
    errors.key = `The stored key was given for ${moved.givenFor}. Type the key for ${moved.asked ?? "the new address"}, or remove it.`;
  if (Object.keys(errors).length > 0) return { errors };
  return {
    draft: {
      name: fields.name.trim(),
      path: fixed ? null : path,
      base_url: fields.service === "other" ? fields.baseUrl.trim().replace(/\/+$/, "") : null,
      api_version: fields.version,
      api_key: keyOf(fields),
    },
  };
}

/** A draft that holds no key: nothing could be asked with it. */
export const keyless = (draft: ProjectDraft): boolean => draft.api_key.from === "nowhere";

/** Which field an error of the back end belongs to. */
export function fieldOf(code: Code): keyof FieldErrors | null {
  const fields: Partial<Record<Code, keyof FieldErrors>> = {
    name_taken: "name",
    invalid_name: "name",
    path_taken: "path",
    invalid_path: "path",
    invalid_base_url: "baseUrl",
    service_key_refused: "key",
    no_api_key: "key",
    key_of_another_address: "key",
  };
  return fields[code] ?? null;
}

/** `Use GEMINI_API_KEY from the environment (…a91f)` */
export const environmentWords = ({ name, hint }: EnvironmentKey): string =>
  `Use ${name} from the environment (${hint})`;

/** The address under which a project's deliveries come: the public one where there is one, the listener's otherwise. */
export function projectAddress(path: string, listener: string | null, publicAddress: string | null): string | null {
  const base = publicAddress ?? listener;
  return base === null ? null : `${base.replace(/\/+$/, "")}/${path}`;
}
