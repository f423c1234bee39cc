import type { KnownThing } from "../ipc";
import { KINDS } from "./jobs";
import { OUTCOMES } from "./verdict";

/** What an id leads to, in a word and in a sentence. */
export function knownWords(thing: KnownThing): { word: string; title: string } {
  switch (thing.is) {
    case "delivery": {
      const type = thing.event_type?.trim() ? `, ${thing.event_type}` : "";
      return { word: "delivery", title: `Show the delivery: ${OUTCOMES[thing.outcome].word}${type}` };
    }
    case "job": {
      const what = thing.requests ? "the batch whose requests it has" : `the ${KINDS[thing.kind].one}`;
      return { word: KINDS[thing.kind].one, title: `Show ${what} in Operations${called(thing.title)}` };
    }
    case "result":
      return { word: "result", title: `Open the result of the ${KINDS[thing.kind].one}${called(thing.title)}` };
    case "webhook":
      return { word: "webhook", title: `Show the webhook${called(thing.name)}` };
  }
}

const called = (name: string | null) => (name ? `: ${name}` : "");
