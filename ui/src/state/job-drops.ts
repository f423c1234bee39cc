import type { JobForm } from "./job-form.svelte";
import type { Toasts } from "./toasts.svelte";
import type { DropTarget } from "./transfers.svelte";

/** Takes a file that is dropped on Operations: the requests of a new batch. `show`: shows the form. */
export const jobDrops = (form: JobForm, toasts: Toasts, show: () => void): DropTarget => ({
  title: "Drop to make a batch",
  text: "A JSONL file with its requests. You see what would be sent before it is.",
  take: ([path, ...more]) => {
    if (path === undefined || more.length > 0) {
      toasts.info("A batch has one file of requests: drop one alone. Nothing was sent.");
      return;
    }
    show();
    form.file(path);
  },
});
