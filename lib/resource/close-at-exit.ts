/** What is to be closed when its thread ends. */
interface Closable {
  close(): void;
}

/** The part of Node's `process` that is used where there is one; nothing is imported for it. */
interface ProcessLike {
  once?(event: 'exit', listener: () => void): unknown;
}

/** How to free the readers of each open resource, which is not held by this. */
const open = new Map<WeakRef<Closable>, (exiting: boolean) => void>();
const collected = new FinalizationRegistry<WeakRef<Closable>>((ref) => {
  open.get(ref)?.(false);
  open.delete(ref);
});
let listening = false;

/**
 * Closes `resource` when this thread ends by itself: its readers hear of it, and a driver can keep partial content. One that nobody
 * holds any more cannot be closed, and nobody can write it: `freeReaders` is called for it once it is collected.
 *
 * Node's threads say that they end (`process` emits `exit`, in workers too); one that is terminated runs no code, and neither does a
 * browser's. Answers what undoes all this.
 *
 * @param freeReaders - must not hold the resource; told whether the thread ends
 */
export function closeAtExit(resource: Closable, freeReaders: (exiting: boolean) => void): () => void {
  listen();
  const ref = new WeakRef(resource);
  open.set(ref, freeReaders);
  collected.register(resource, ref, ref);
  return () => {
    open.delete(ref);
    collected.unregister(ref);
  };
}

function listen(): void {
  if (listening) return;
  listening = true;
  const { process } = globalThis as { process?: ProcessLike };
  process?.once?.('exit', () => {
    for (const [ref, freeReaders] of [...open]) {
      try {
        ref.deref()?.close();
      } catch {
        // The thread ends; the others are to be closed all the same.
      }
      freeReaders(true);
    }
  });
}
