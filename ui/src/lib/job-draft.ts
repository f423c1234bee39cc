import type { BatchRequests, JobKind, JobMetadata, NewJob, NewWork } from "../ipc/generated";

/** A new job as it stands in the form's fields. */
export type JobFields = {
  kind: JobKind;
  model: string;
  title: string;
  /** Where a batch's requests are from. */
  from: "file" | "lines";
  path: string;
  lines: string;
  input: string;
  agent: boolean;
  tools: string;
  prompt: string;
  /** Its own address, or the registered webhooks. */
  receivers: "own" | "registered";
  address: string;
  metadata: readonly JobMetadata[];
};

export const MODELS: Record<JobKind | "agent", string> = {
  batch: "gemini-2.5-flash",
  interaction: "gemini-3-flash-preview",
  agent: "deep-research-pro-preview-12-2025",
  video: "veo-3.1-generate-preview",
};

export const EXAMPLE_LINE = '{"key":"one","request":{"contents":[{"parts":[{"text":"Say hello."}]}]}}';

export function firstFields(): JobFields {
  return {
    kind: "batch",
    model: MODELS.batch,
    title: "",
    from: "file",
    path: "",
    lines: EXAMPLE_LINE,
    input: "",
    agent: false,
    tools: "",
    prompt: "",
    receivers: "own",
    address: "",
    metadata: [],
  };
}

/** Another kind, or an agent in place of a model: the model goes with it, unless it was typed. */
export function withKind(fields: JobFields, change: Pick<JobFields, "kind" | "agent">): JobFields {
  const usual = (one: Pick<JobFields, "kind" | "agent">) =>
    MODELS[one.kind === "interaction" && one.agent ? "agent" : one.kind];
  const typed = fields.model.trim() !== "" && fields.model !== usual(fields);
  return { ...fields, ...change, model: typed ? fields.model : usual(change) };
}

export function requestsOf(fields: JobFields): BatchRequests | null {
  if (fields.from === "file") return fields.path ? { from: "file", path: fields.path } : null;
  return fields.lines.trim() ? { from: "lines", text: fields.lines } : null;
}

export type JobErrors = Partial<
  Record<"model" | "requests" | "input" | "tools" | "prompt" | "address" | "metadata", string>
>;

/** The job to send, or what is wrong with each field. */
export function readJob(fields: JobFields): { job: NewJob } | { errors: JobErrors } {
  const errors: JobErrors = {};
  if (fields.model.trim() === "") errors.model = fields.agent ? "Name the agent." : "Name the model.";
  const work = workOf(fields, errors);
  if (fields.receivers === "own") {
    if (!/^https?:\/\/[^/\s]+/i.test(fields.address.trim()))
      errors.address = "An address starts with https:// (or http:// for the Sandbox) and names a host.";
    const keys = fields.metadata.map((one) => one.key.trim());
    if (fields.metadata.some((one) => one.key.trim() === "" && one.value.trim() !== ""))
      errors.metadata = "Each value needs a key.";
    else if (new Set(keys.filter(Boolean)).size < keys.filter(Boolean).length) errors.metadata = "Each key once.";
  }
  if (Object.keys(errors).length > 0 || !work) return { errors };
  const own = fields.receivers === "own";
  return {
    job: {
      work,
      model: fields.model.trim(),
      receivers: own ? [fields.address.trim()] : null,
      metadata: own
        ? fields.metadata.filter((one) => one.key.trim() !== "").map(({ key, value }) => ({ key: key.trim(), value }))
        : [],
    },
  };
}

function workOf(fields: JobFields, errors: JobErrors): NewWork | null {
  if (fields.kind === "batch") {
    const requests = requestsOf(fields);
    if (!requests) errors.requests = fields.from === "file" ? "Choose a file." : "Type one request a line.";
    return requests && { kind: "batch", title: fields.title.trim(), requests };
  }
  if (fields.kind === "video") {
    if (fields.prompt.trim() === "") errors.prompt = "Say what it shows.";
    return { kind: "video", prompt: fields.prompt };
  }
  if (fields.input.trim() === "") errors.input = "Say what to do.";
  const tools = fields.tools.trim();
  if (tools) {
    try {
      if (!Array.isArray(JSON.parse(tools))) errors.tools = "Tools are a JSON list: [ … ].";
    } catch {
      errors.tools = "This is no JSON.";
    }
  }
  return { kind: "interaction", input: fields.input, agent: fields.agent, tools: tools || null };
}
