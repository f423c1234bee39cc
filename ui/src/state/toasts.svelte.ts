import type { IpcError } from "../ipc";
import { asIpcError, ruleFor, type ErrorAction, type Severity } from "../lib/errors";

export type ToastButton = { label: string; run: () => void };
export type Toast = { id: number; level: Severity; text: string; detail: string | null; button: ToastButton | null };
export type ErrorHandler = (action: Exclude<ErrorAction, null>) => ToastButton | null;

const LINGER_MS = { info: 3500, warning: 9000, error: 0 } as const;
const MOST = 4;

/** Short messages at the edge of the window. Errors stay until they are dismissed. */
export class Toasts {
  list = $state.raw<Toast[]>([]);
  /** How an error's action becomes a button; set by whoever can navigate. */
  buttonFor: ErrorHandler = () => null;
  #next = 1;
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>();

  show(
    level: Severity,
    text: string,
    extra: { detail?: string | null; button?: ToastButton | null; lingerMs?: number } = {},
  ): number {
    const toast: Toast = { id: this.#next++, level, text, detail: extra.detail ?? null, button: extra.button ?? null };
    const same = this.list.find((t) => t.level === level && t.text === text);
    if (same) this.dismiss(same.id);
    this.list = [...this.list, toast].slice(-MOST);
    const linger = extra.lingerMs ?? LINGER_MS[level];
    if (linger)
      this.#timers.set(
        toast.id,
        setTimeout(() => this.dismiss(toast.id), linger),
      );
    return toast.id;
  }

  info(text: string): void {
    this.show("info", text);
  }

  /** Shows whatever was thrown. */
  failed(thrown: unknown): IpcError {
    const error = asIpcError(thrown);
    const rule = ruleFor(error.code);
    this.show(rule.severity, error.message, {
      detail: error.detail,
      button: rule.action ? this.buttonFor(rule.action) : null,
    });
    return error;
  }

  dismiss(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    this.list = this.list.filter((t) => t.id !== id);
  }

  /** Holds the toasts while the pointer or the focus is on them. */
  hold(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }
}
