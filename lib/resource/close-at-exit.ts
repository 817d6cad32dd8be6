import type { ControlOwner } from '../control/control-owner.js';

/** What has to be closed when its thread ends. */
interface ClosedAtExit {
  closeAtExit(): void;
}

/** The part of Node's `process` that is used. Where there is none, it is done without. */
interface ProcessLike {
  once?(event: 'exit', listener: () => void): unknown;
  getBuiltinModule?(id: string): { readonly isMainThread?: boolean } | undefined;
}

/** The open resources, held weakly, and the control block of each. */
const open = new Map<WeakRef<ClosedAtExit>, ControlOwner>();
const collected = new FinalizationRegistry<WeakRef<ClosedAtExit>>((ref) => {
  open.get(ref)?.abandon(false);
  open.delete(ref);
});
let listening = false;

/**
 * Closes `resource` when this thread ends by itself, so that its driver keeps partial content, and
 * frees its readers in other threads. A resource that is garbage collected can be closed no more,
 * and nobody can write it: then its readers are freed. Returns a function that undoes all this.
 *
 * Node emits `exit` when a thread ends, in workers too. A thread that is terminated runs no code,
 * and a browser's neither. All threads end with the main thread, so at its end no readers are
 * freed.
 *
 * @param control - frees the readers, and must not hold the resource
 */
export function closeAtExit(resource: ClosedAtExit, control: ControlOwner): () => void {
  listen();
  const ref = new WeakRef(resource);
  open.set(ref, control);
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
    const isLast = process.getBuiltinModule?.('worker_threads')?.isMainThread === true;
    for (const [ref, control] of [...open]) {
      try {
        ref.deref()?.closeAtExit();
      } catch {
        // The thread ends; the others are to be closed all the same.
      }
      if (!isLast) control.abandon(true);
    }
  });
}
