/** What is to be closed when its thread ends. */
interface Closable {
  close(): void;
}

/** The part of Node's `process` that is used where there is one; nothing is imported for it. */
interface ProcessLike {
  once?(event: 'exit', listener: () => void): unknown;
}

const open = new Set<WeakRef<Closable>>();
const collected = new FinalizationRegistry<WeakRef<Closable>>((ref) => open.delete(ref));
let listening = false;

/**
 * Closes `resource` when this thread ends by itself: its readers hear of it, and a driver can keep partial content.
 *
 * Node's threads say so (`process` emits `exit`, in workers too); one that is terminated runs no code, and neither does a browser's.
 * Answers what undoes it. A resource that nobody holds any more is not held by this.
 */
export function closeAtExit(resource: Closable): () => void {
  listen();
  const ref = new WeakRef(resource);
  open.add(ref);
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
    for (const ref of [...open]) {
      try {
        ref.deref()?.close();
      } catch {
        // The thread ends; the others are to be closed all the same.
      }
    }
  });
}
