import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { keepFocus } from "./keep-focus";

let stop: () => void;
beforeEach(() => {
  document.body.innerHTML = `<div id="app"><div class="app"><nav><button id="rail">Rail</button></nav>
    <main><section><ul>${["a", "b", "c"]
      .map(
        (id) => `<li><button id="edit-${id}">Edit</button><button id="${id}" data-testid="remove">Remove</button></li>`,
      )
      .join("")}</ul><button id="add">Add</button></section></main></div></div>`;
  stop = keepFocus(document);
});
afterEach(() => {
  stop();
  document.body.innerHTML = "";
});

const at = (id: string) => document.getElementById(id) as HTMLElement;
const settled = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));

async function removed(id: string, what = "li"): Promise<string> {
  at(id).focus();
  at(id).closest(what)?.remove();
  await settled();
  return document.activeElement?.id ?? "";
}

describe("the focus of what is taken away goes to", () => {
  it("the same control of the row that took its place", async () => {
    expect(await removed("b")).toBe("c");
  });

  it("that of the row before, if it was the last", async () => {
    expect(await removed("c")).toBe("b");
  });

  it("something else in the same part, if there is no row left", async () => {
    for (const id of ["a", "b"]) at(id).closest("li")?.remove();
    expect(await removed("c")).toBe("add");
  });

  it("what a dialog was opened from, or its neighbour, if that went with it", async () => {
    at("b").focus();
    document.body.insertAdjacentHTML("beforeend", `<div role="dialog"><button id="yes">Yes</button></div>`);
    at("yes").focus();
    at("b").closest("li")?.remove();
    at("yes").parentElement?.remove();
    await settled();
    expect(document.activeElement?.id).toBe("c");
  });
});

it("whoever took it away may have a better place", async () => {
  at("b").focus();
  at("b").closest("li")?.remove();
  at("add").focus();
  await settled();
  expect(document.activeElement?.id).toBe("add");
});

it("nothing happens where the focus was given up and nothing went", async () => {
  at("b").focus();
  at("b").blur();
  at("a").closest("li")?.remove();
  await settled();
  expect(document.activeElement).toBe(document.body);
});

it("a view that is left takes it along", async () => {
  at("b").focus();
  at("b").closest("section")?.remove();
  await settled();
  expect(document.activeElement).toBe(document.body);
});

it("what is disabled or hidden is passed over", async () => {
  (at("c") as HTMLButtonElement).disabled = true;
  expect(await removed("b")).toBe("a");
});
