import { cleanup, fireEvent, screen, waitFor } from "@testing-library/svelte";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FakeBackend } from "../../fake/backend";
import { clean, click, jobsFake, key, openOperations, plain, rows, type } from "./test-window";

let fake: FakeBackend;

beforeEach(() => {
  fake = jobsFake();
});
afterEach(cleanup);

describe("a finding", () => {
  async function found(): Promise<void> {
    await openOperations(fake);
    await rows();
    await key("w");
    await screen.findByTestId("finding");
  }

  it("says why, from what, and that a guess is one; only the row that explains it is red", async () => {
    await found();
    expect(screen.getByTestId("finding").dataset.cause).toBe("tunnel_down");
    expect(plain(screen.getByTestId("finding-next").textContent)).toContain("a guess from 31 retried events");
    const marks = [...screen.getByTestId("finding-evidence").querySelectorAll("tr")];
    expect(marks.filter((one) => one.querySelector(".words.tone-no")).map((one) => one.dataset.kind)).toEqual([
      "tunnel",
    ]);
    expect(screen.getByTestId("finding-axis").getAttribute("aria-label")).toContain("the tunnel was down");
    await clean();
    await key("w");
    await waitFor(() => expect(screen.getByTestId("finding").dataset.cause).toBe("unexplained"));
    expect(screen.queryByTestId("finding-next")).toBeNull();
  });

  it("is collected, reported and set aside, by keys and buttons", async () => {
    await found();
    await key("g");
    await waitFor(() => expect(screen.getByTestId("job-result").dataset.collecting).toBe("true"));
    await key("c");
    await waitFor(() => expect(fake.copied.at(-1)).toContain("ended and never called"));
    await click("finding-aside");
    await waitFor(() => expect(screen.getByTestId("jobs-missed").textContent).toContain("Missed 1"));
    expect(screen.getByTestId("operations-badge").textContent).toContain("1 missed");
    expect(screen.getByTestId("finding-aside").textContent).toBe("Take it up again");
  });

  it("makes the event that never came, signed with what was chosen", async () => {
    fake.replayScene(null);
    await found();
    await key("m");
    const dialog = await screen.findByTestId("make-event-dialog");
    expect(dialog.textContent).toContain("made here");
    await waitFor(() => expect(screen.getByTestId<HTMLButtonElement>("make-event-send").disabled).toBe(false));
    await waitFor(() =>
      expect(screen.getByTestId("make-event-secret").querySelectorAll("option").length).toBeGreaterThan(1),
    );
    await clean();
    await fireEvent.change(screen.getByTestId("make-event-secret"), { target: { value: "s1" } });
    fake.failures.set("findingMakeEvent", { code: "confirm_target", message: "Agree to it first.", detail: null });
    await click("make-event-send");
    await waitFor(() => expect(screen.getByTestId("make-event-error").textContent).toContain("Agree to it first."));
    expect(screen.getByTestId("make-event-agree").textContent).toContain("Agree");
    fake.failures.clear();
    await click("make-event-send");
    await waitFor(() => expect(fake.madeEvents.at(-1)?.secret).toBe("s1"));
    await waitFor(() => expect(screen.queryByTestId("make-event-dialog")).toBeNull());
  });
});

describe("a new job", () => {
  async function form(): Promise<void> {
    await openOperations(fake);
    await rows();
    await key("n");
    await screen.findByTestId("new-job-dialog");
  }
  const project = (value: string) => fireEvent.change(screen.getByTestId("new-job-project"), { target: { value } });

  it("goes to the Sandbox by itself, and tells before it is sent what is wrong with its requests", async () => {
    await form();
    expect(screen.getByTestId<HTMLSelectElement>("new-job-project").value).toBe("3");
    expect(screen.queryByTestId("new-job-money")).toBeNull();
    await click("new-job-from-lines");
    await type("new-job-lines", '{"key":"a"}\n{oops');
    await waitFor(() => expect(screen.getByTestId("new-job-problems").textContent).toContain("line 2: not JSON"));
    await click("new-job-send");
    expect(fake.sentJobs).toHaveLength(0);
    await type("new-job-lines", '{"key":"a"}\n{"key":"b"}');
    await waitFor(() => expect(plain(screen.getByTestId("new-job-preview").textContent)).toContain("Keys: a, b"));
    await waitFor(() =>
      expect(screen.getByTestId<HTMLInputElement>("new-job-address").value).toBe("http://127.0.0.1:4710/sandbox"),
    );
    await clean();
    await click("new-job-meta-add");
    await type("new-job-meta-key", "group");
    await type("new-job-meta-value", "nightly");
    await click("new-job-send");
    await waitFor(() => expect(fake.sentJobs[0]).toMatchObject({ project: 3, job: { metadata: [{ key: "group" }] } }));
    await waitFor(() => expect(screen.getByTestId("operations").dataset.project).toBe("3"));
  });

  it("a real project is billed only after a tick; an error stays, with what was typed", async () => {
    await form();
    await project("1");
    await click("new-job-kind-interaction");
    await type("new-job-input", "Find it out.");
    await type("new-job-model", "nowhere-1");
    expect(screen.getByTestId("new-job-money").textContent).toContain("costs money");
    expect(screen.getByTestId<HTMLButtonElement>("new-job-send").disabled).toBe(true);
    await click("new-job-agree");
    await waitFor(() => expect(screen.getByTestId<HTMLButtonElement>("new-job-send").disabled).toBe(false));
    await click("new-job-send");
    await waitFor(() => expect(screen.getByTestId("new-job-error").textContent).toContain("models/nowhere-1"));
    expect(screen.getByTestId<HTMLTextAreaElement>("new-job-input").value).toBe("Find it out.");
    await type("new-job-model", "gemini-3-flash-preview");
    await click("new-job-send");
    await waitFor(() =>
      expect(fake.sentJobs[0]?.job.work).toMatchObject({ kind: "interaction", input: "Find it out." }),
    );
    // What was agreed to once is not asked again.
    await key("n");
    await screen.findByTestId("new-job-dialog");
    expect(screen.queryByTestId("new-job-agree")).toBeNull();
    // But where the answer was lost, a second one may be billed beside the first.
    await type("new-job-input", "Once more.");
    fake.failures.set("jobDispatch", { code: "outcome_unknown", message: "Its answer never came.", detail: null });
    await click("new-job-send");
    await waitFor(() => expect(screen.getByTestId("new-job-error").dataset.code).toBe("outcome_unknown"));
    expect(screen.getByTestId("new-job-money").textContent).toContain("both are billed");
    expect(screen.getByTestId<HTMLButtonElement>("new-job-send").disabled).toBe(true);
  });
});
