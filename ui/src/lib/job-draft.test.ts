import { describe, expect, it } from "vitest";
import { firstFields, MODELS, readJob, withKind, type JobFields } from "./job-draft";

const fields = (rest: Partial<JobFields>): JobFields => ({
  ...firstFields(),
  from: "lines",
  address: "https://hooks.example.com/",
  ...rest,
});

describe("the form of a new job", () => {
  it("becomes a batch with its own address and metadata", () => {
    const metadata = [
      { key: " group ", value: "nightly" },
      { key: "", value: "" },
    ];
    expect(readJob(fields({ title: " eval ", metadata }))).toMatchObject({
      job: {
        work: { kind: "batch", title: "eval", requests: { from: "lines" } },
        receivers: ["https://hooks.example.com/"],
        metadata: [{ key: "group", value: "nightly" }],
      },
    });
  });

  it("sends no metadata without an address of its own", () => {
    const read = readJob(fields({ receivers: "registered", metadata: [{ key: "a", value: "b" }] }));
    expect(read).toMatchObject({ job: { receivers: null, metadata: [] } });
  });

  it("says what is wrong with each field", () => {
    const errors = (rest: Partial<JobFields>) => {
      const read = readJob(fields(rest));
      return "errors" in read ? Object.keys(read.errors) : [];
    };
    expect(errors({ model: " " })).toEqual(["model"]);
    expect(errors({ from: "file" })).toEqual(["requests"]);
    expect(errors({ lines: " \n " })).toEqual(["requests"]);
    expect(errors({ address: "hooks" })).toEqual(["address"]);
    expect(errors({ kind: "video" })).toEqual(["prompt"]);
    expect(errors({ kind: "interaction", tools: "{}" })).toEqual(["input", "tools"]);
    expect(errors({ metadata: [{ key: "", value: "x" }] })).toEqual(["metadata"]);
    expect(
      errors({
        metadata: [
          { key: "a", value: "1" },
          { key: "a", value: "2" },
        ],
      }),
    ).toEqual(["metadata"]);
  });

  it("the model goes with the kind, unless it was typed", () => {
    const video = withKind(fields({}), { kind: "video", agent: false });
    expect(video.model).toBe(MODELS.video);
    expect(withKind(video, { kind: "interaction", agent: true }).model).toBe(MODELS.agent);
    expect(withKind(fields({ model: "my-own" }), { kind: "video", agent: false }).model).toBe("my-own");
  });
});
