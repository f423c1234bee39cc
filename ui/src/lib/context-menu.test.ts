import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { suppressMenu } from "./context-menu";

describe("the engine's menu", () => {
  beforeEach(() => document.addEventListener("contextmenu", suppressMenu));
  afterEach(() => {
    document.removeEventListener("contextmenu", suppressMenu);
    document.body.replaceChildren();
  });

  /** Whether it is kept from opening on the first element of `html`, or on the one marked with `data-at`. */
  function suppressed(html: string): boolean {
    document.body.innerHTML = html;
    const at = document.querySelector("[data-at]") ?? document.body.firstElementChild ?? document.body;
    return !at.dispatchEvent(new MouseEvent("contextmenu", { bubbles: true, cancelable: true }));
  }

  it.each([
    "<p>text</p>",
    "<button>press</button>",
    "<a href='#'>link</a>",
    "<div role='row'>row</div>",
    "<select><option>one</option></select>",
    "<input type='checkbox'>",
    "<input type='radio'>",
    "<input type='range'>",
    "<input type='file'>",
    "<input type='submit'>",
    "<svg></svg>",
    "<img>",
    "<div contenteditable='false'>fixed</div>",
    "<div contenteditable='false'><span data-at>fixed</span></div>",
  ])("does not open on %s", (html) => expect(suppressed(html)).toBe(true));

  it.each([
    "<input>",
    "<input type='text'>",
    "<input type='password'>",
    "<input type='search'>",
    "<input type='number'>",
    "<input readonly value='copied'>",
    "<textarea></textarea>",
    "<div contenteditable='true'>code</div>",
    "<div contenteditable>code</div>",
    "<div contenteditable='plaintext-only'>code</div>",
    "<div contenteditable='true'><div class='cm-line'><span data-at>code</span></div></div>",
  ])("opens on %s", (html) => expect(suppressed(html)).toBe(false));

  it("does not open where text outside of fields is selected", () => {
    document.body.innerHTML = "<p>selected</p>";
    const at = document.querySelector("p") as HTMLElement;
    getSelection()?.selectAllChildren(at);
    expect(at.dispatchEvent(new MouseEvent("contextmenu", { bubbles: true, cancelable: true }))).toBe(false);
  });
});
