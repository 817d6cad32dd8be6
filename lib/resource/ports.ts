import type { ControlOwner } from '../control/control-owner.js';
import { PROTOCOL, WANTS_AT } from '../control/layout.js';
import { CELL_BYTES, type Want } from '../control/cell-layout.js';
import { PortCell } from '../control/port-cell.js';
import { wake } from '../control/wake-words.js';
import { whenWordChanges } from '../control/when-word-changes.js';
import type { Driver } from '../drivers/driver.js';
import { invalidArgument } from '../errors/invalid-argument.js';
import { StorageError } from '../errors/storage-error.js';
import type { ReaderHandle } from '../handle/reader-handle.js';
import { type IndexedWait, WaitIndex } from '../waits/wait-index.js';
import type { ReaderPort } from './reader-port.js';

/** A want of a reader in another thread, indexed for the writes that complete it. */
interface PortWait extends IndexedWait {
  readonly port: Port;
}

/**
 * The owner's ends of all readers in other threads: knows which ones a change wakes, and what they
 * want.
 */
export class Ports {
  readonly #control: ControlOwner;
  readonly #demandChanged: () => void;
  /** Those that are open. */
  readonly open = new Set<Port>();
  /** The ports whose readers watch a range. */
  readonly #watchers = new Set<Port>();
  readonly #waits: WaitIndex<PortWait>;
  #created = 0;
  #seenWants = 0;
  /** Cells have to be read again, though no reader has published. */
  #stale = false;
  #listening = false;
  #watching = false;

  /** @param demandChanged - called when what readers want may have changed */
  constructor(control: ControlOwner, demandChanged: () => void) {
    this.#control = control;
    this.#demandChanged = demandChanged;
    this.#waits = new WaitIndex(control.block);
  }

  /**
   * Makes a port. Throws `UNSUPPORTED` if memory or driver are not shared, and `CAPACITY` if there
   * is no room for the memory to share.
   */
  create(name: string | undefined, driver: Driver): ReaderPort {
    const control = this.#control;
    const { wakeWords } = control;
    const description = driver.describe?.();
    const shared = description === undefined ? undefined : control.share();
    if (shared === undefined || description === undefined) {
      throw new StorageError(
        'UNSUPPORTED',
        'Made a port of a resource that shares no memory. Open it with a driver that does, in a browser in a ' +
          'cross-origin isolated page.',
      );
    }
    this.#created += 1;
    const wakeWord = wakeWords.acquire();
    const buffer = new SharedArrayBuffer(CELL_BYTES + (driver.cold?.boxBytes ?? 0));
    const cell = new PortCell(buffer, control, wakeWord);
    const handle = {
      tidemark: PROTOCOL,
      name: name ?? `reader-${this.#created}`,
      control: shared,
      cell: buffer,
      wakeWord,
      driver: description,
    };
    const port = new Port(cell, handle, () => {
      this.#forget(port);
      wakeWords.release(wakeWord);
    });
    this.open.add(port);
    this.#listen();
    return port;
  }

  /**
   * Wakes the readers whose want a write of `[start, end)` has completed, and those that watch it.
   */
  wakeCovered(start: number, end: number): void {
    if (this.open.size === 0) return;
    this.refresh();
    const taken = this.#waits.takeCovered(start, end);
    if (taken) {
      this.#demandChanged();
      for (const { port } of taken) port.cell.ping();
    }
    this.#pingWatchers(start, end);
  }

  /**
   * Tells the readers that want or watch bytes of it of the eviction of `[start, end)`. These wants
   * are indexed anew before the next change: one that was taken out as complete is not, and its
   * reader may look only now. It then sleeps on without publishing again.
   */
  uncovered(start: number, end: number): void {
    this.refresh();
    for (const port of this.open) {
      if (!port.wants.some((want) => want.start < end && start < want.end)) continue;
      this.#renew(port);
    }
    this.#pingWatchers(start, end);
  }

  /**
   * Wakes all readers after a change of state. Their wants are indexed anew, since coverage may
   * have shrunk.
   */
  wakeAll(): void {
    for (const port of this.open) this.#renew(port);
  }

  /** Reads what has changed in the readers' cells. */
  refresh(): void {
    const { wants } = this.#control;
    if (wants === this.#seenWants && !this.#stale) return;
    this.#stale = false;
    // Loaded before the cells: what changes from here on is seen the next time.
    this.#seenWants = wants;
    for (const port of this.open) {
      const { publication } = port.cell;
      if (publication === port.publication) continue;
      if (port.cell.readerClosed) port.close();
      else this.#index(port, publication);
    }
    this.#demandChanged();
  }

  /**
   * Sets whether `demandChanged` is called as soon as a reader publishes, even if nothing else
   * happens in this thread.
   */
  watchDemand(watching: boolean): void {
    this.#watching = watching;
    if (watching) this.#listen();
    else this.#stopListening();
  }

  #index(port: Port, publication: number): void {
    const published = port.cell.read(publication);
    if (published === undefined) return;
    this.#removeFromIndex(port);
    port.publication = publication;
    port.watch = published.watch;
    port.wants = published.wants;
    if (port.watch.start < port.watch.end) this.#watchers.add(port);
    for (const want of published.wants) {
      if (!(want.start < want.end)) continue;
      if (this.#control.block.coveredUntil(want.start) >= want.end) {
        // Mostly it was published just before the write that completed it. To index it for nothing
        // would delay the wake-up (some 2 µs, measured).
        port.cell.ping();
        continue;
      }
      const wait = { start: want.start, until: want.end, port };
      port.waits.push(wait);
      this.#waits.add(wait);
    }
  }

  /** Wakes a reader, and has its cell read anew before the next change. */
  #renew(port: Port): void {
    port.publication = -1;
    port.cell.ping();
    this.#stale = true;
  }

  #pingWatchers(start: number, end: number): void {
    for (const port of this.#watchers) {
      if (port.watch.start < end && start < port.watch.end) port.cell.ping();
    }
  }

  #removeFromIndex(port: Port): void {
    for (const wait of port.waits) this.#waits.delete(wait);
    port.waits = [];
    port.wants = [];
    port.watch = NOTHING;
    this.#watchers.delete(port);
    port.publication = -1;
  }

  #forget(port: Port): void {
    this.#removeFromIndex(port);
    this.open.delete(port);
    if (this.open.size === 0) this.#stopListening();
    this.#demandChanged();
  }

  /** Waits for the next change of `WANTS`, as long as somebody watches and there is a port. */
  #listen(): void {
    while (this.#watching && !this.#listening) {
      const seen = this.#control.wants;
      this.refresh();
      if (this.open.size === 0) return;
      this.#listening = whenWordChanges(this.#control.words, WANTS_AT, seen, () => {
        this.#listening = false;
        this.#listen();
      });
    }
  }

  #stopListening(): void {
    if (this.#listening) wake(this.#control.words, WANTS_AT);
  }
}

const NOTHING = { start: 0, end: 0 };

class Port implements ReaderPort {
  readonly handle: ReaderHandle;
  readonly cell: PortCell;
  /** The publication that is indexed; -1: the cell has to be read again. */
  publication = -1;
  /** What was published. */
  wants: readonly Want[] = [];
  /** What of that was not complete when it was indexed. */
  waits: PortWait[] = [];
  watch: { readonly start: number; readonly end: number } = NOTHING;
  readonly #forget: () => void;
  #closed = false;

  constructor(cell: PortCell, handle: ReaderHandle, forget: () => void) {
    this.cell = cell;
    this.handle = handle;
    this.#forget = forget;
  }

  get name(): string {
    return this.handle.name;
  }

  interrupt(token?: number): void {
    if (token !== undefined && !Number.isFinite(token)) {
      throw invalidArgument('the token of an interrupt', 'a finite number', token);
    }
    if (!this.#closed) this.cell.interrupt(token);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.cell.close();
    this.#forget();
  }
}
