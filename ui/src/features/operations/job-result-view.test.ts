import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, expect, it } from "vitest";
import { jobsFake, openOperations, plain } from "./test-window";

afterEach(cleanup);

async function open() {
  const fake = jobsFake();
  fake.resultTakes = 0;
  return { fake, app: await openOperations(fake) };
}

it("a batch's rows are opened when they are asked for, and their keys work from the list", async () => {
  const { fake, app } = await open();
  const job = fake.jobList.find((one) => one.title === "eval-judge-nov-29");
  await app.jobs.choose(job?.name ?? "");
  expect(fake.calls).not.toContain("resultOpen");
  await fireEvent.click(await screen.findByTestId("job-open-result"));
  await waitFor(() =>
    expect(plain(screen.getByTestId("rows-verdict").textContent)).toBe(
      "Succeeded, but 62 of 2,400 rows are not usable.",
    ),
  );
  await waitFor(() => screen.getAllByTestId("result-row"));
  await fireEvent.keyDown(document.body, { key: "]" });
  const rows = app.results.rowsOf(app.results.onscreen ?? -1);
  await waitFor(() => expect(rows.chosen?.state).not.toBe("good"));
  await fireEvent.keyDown(document.body, { key: "R", shiftKey: true });
  const dialog = await screen.findByTestId("resubmit-dialog");
  await waitFor(() => within(dialog).getByTestId("resubmit-send"));
  expect(within(dialog).getByTestId<HTMLInputElement>("resubmit-title").value).toBe("eval-judge-nov-29-again");
});

it("an interaction that waits is answered where it is shown", async () => {
  const { fake, app } = await open();
  const job = fake.jobList.find((one) => one.phase === "waiting");
  await app.jobs.choose(job?.name ?? "");
  const answer = await screen.findByTestId("answer");
  await fireEvent.click(within(answer).getByLabelText("approved"));
  await fireEvent.input(screen.getByTestId("answer-field-refund_id"), { target: { value: "RF-1" } });
  await fireEvent.keyDown(screen.getByTestId("answer-field-refund_id"), { key: "Enter", ctrlKey: true });
  await waitFor(() => expect(fake.calls).toContain("jobAnswer"));
  await waitFor(() => expect(screen.queryByTestId("answer")).toBeNull());
});

it("an interaction that a delivery points to is shown by its job", async () => {
  const { fake, app } = await open();
  const job = fake.jobList.find((one) => one.phase === "waiting");
  app.screen.go("deliveries");
  app.results.onjob?.(job?.project ?? 0, job?.name ?? "");
  expect(app.screen.view).toBe("operations");
  await waitFor(() => expect(screen.getByTestId("job-detail").dataset.name).toBe(job?.name));
});
