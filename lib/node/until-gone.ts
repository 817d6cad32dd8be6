/**
 * Settles as `start` says, or rejects with the reason of `gone` when that fires; then what `start`
 * has returned is called. Nothing stays on the signal, however often it is waited for.
 */
export function untilGone(
  gone: AbortSignal,
  start: (resolve: () => void, reject: (error: Error) => void) => (() => void) | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    gone.throwIfAborted();
    const state = { settled: false };
    const settle = (): void => {
      state.settled = true;
      gone.removeEventListener('abort', leave);
    };
    const stop = start(
      () => {
        settle();
        resolve();
      },
      (error) => {
        settle();
        reject(error);
      },
    );
    function leave(): void {
      stop?.();
      reject(gone.reason as Error);
    }
    if (state.settled) return;
    if (gone.aborted) leave();
    else gone.addEventListener('abort', leave, { once: true });
  });
}
