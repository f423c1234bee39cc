import { expect, it } from "vitest";
import { Latest } from "./latest";

/** Tasks that note when they begin, and end when they are told to. */
function tasks() {
  const begun: string[] = [];
  const ends = new Map<string, (failure?: Error) => void>();
  const task = (name: string) => () => {
    begun.push(name);
    return new Promise<void>((resolve, reject) => {
      ends.set(name, (failure) => (failure ? reject(failure) : resolve()));
    });
  };
  const end = async (name: string, failure?: Error) => {
    ends.get(name)?.(failure);
    for (let i = 0; i < 5; i++) await Promise.resolve();
  };
  return { begun, task, end };
}

it("does what was asked for last, once what is under way has ended", async () => {
  const { begun, task, end } = tasks();
  const latest = new Latest();
  const first = latest.run(task("a"));
  for (const name of ["b", "c", "d"]) void latest.run(task(name));
  expect(begun).toEqual(["a"]);
  await end("a");
  expect(begun).toEqual(["a", "d"]);
  await end("d");
  await first;
  void latest.run(task("e"));
  expect(begun).toEqual(["a", "d", "e"]);
});

it("goes on after a failure", async () => {
  const { begun, task, end } = tasks();
  const latest = new Latest();
  const first = latest.run(task("a"));
  const failed = expect(first).rejects.toThrow("no");
  await end("a", new Error("no"));
  await failed;
  void latest.run(task("b"));
  expect(begun).toEqual(["a", "b"]);
});
