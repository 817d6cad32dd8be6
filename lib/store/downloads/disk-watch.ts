/** How often it is looked whether others have given space back, in milliseconds. */
const EVERY = 1000;

/**
 * Looks at the space of the file system every now and then, while something waits for it: nobody
 * tells when others give some back. It keeps no process alive.
 */
export class DiskWatch {
  readonly #look: () => void;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(look: () => void) {
    this.#look = look;
  }

  /** Something waits, or nothing does any more. */
  set isWatching(isWatching: boolean) {
    if (isWatching === (this.#timer !== undefined)) return;
    if (!isWatching) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    const timer: unknown = setInterval(this.#look, EVERY);
    (timer as { unref?: () => void }).unref?.();
    this.#timer = timer as ReturnType<typeof setInterval>;
  }
}
