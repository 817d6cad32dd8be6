import type { ControlOwner } from '../control/control-owner.js';
import { PROTOCOL, WANTS_AT } from '../control/layout.js';
import type { Want } from '../control/cell-layout.js';
import { PortCell } from '../control/port-cell.js';
import { wake } from '../control/wake-words.js';
import { whenWordChanges } from '../control/word-change.js';
import type { Driver, DriverDescription } from '../drivers/driver.js';
import { invalidArgument } from '../errors/invalid-argument.js';
import { StorageError } from '../errors/storage-error.js';
import type { ReaderHandle } from '../handle/reader-handle.js';
import { type PendingWait, PendingWaits } from '../waits/pending-waits.js';
import type { ReaderPort } from './reader-port.js';

/** A want of a reader in another thread, filed where writes look for whom to wake. */
interface RemoteWait extends PendingWait {
  readonly port: Port;
  readonly want: Want;
}

/** The owner's ends of all readers in other threads: whom to wake, and what they want. */
export class Ports {
  readonly #control: ControlOwner;
  readonly #demandChanged: () => void;
  readonly #ports = new Set<Port>();
  readonly #waits = new PendingWaits<RemoteWait>();
  #created = 0;
  #seenWants = 0;
  #listening = false;
  #watching = false;

  /** @param demandChanged - told when what readers want may have changed */
  constructor(control: ControlOwner, demandChanged: () => void) {
    this.#control = control;
    this.#demandChanged = demandChanged;
  }

  /** Throws `UNSUPPORTED` if memory or driver are not shared. */
  create(name: string | undefined, driver: Driver): ReaderPort {
    const { shared } = this.#control;
    const description = driver.describe?.();
    if (shared === undefined || description === undefined) {
      throw new StorageError(
        'UNSUPPORTED',
        'Other threads can only read shared memory, and this resource has none. Open it with a driver that shares (MemDriver does, ' +
          'unless `shared` is false); in a browser that takes a page that is cross-origin isolated (headers COOP and COEP).',
      );
    }
    this.#created += 1;
    const port = new Port(this.#control, name ?? `reader-${this.#created}`, description, shared, () => {
      this.#forget(port);
    });
    this.#ports.add(port);
    this.#listen();
    return port;
  }

  /** Wakes the readers whose want a write of `[start, end)` has completed, and those that watch it. */
  wakeCovered(start: number, end: number): void {
    if (this.#ports.size === 0) return;
    this.refresh();
    if (this.#waits.touches(start, end)) {
      this.#demandChanged();
      for (const { port } of this.#waits.takeCovered(start, end, (from) => this.#control.coveredUntil(from)))
        port.ping();
    }
    for (const port of this.#ports) {
      if (port.watch.start < end && start < port.watch.end) port.ping();
    }
  }

  /** Wakes all readers: the state has changed. Their wants are filed anew, since coverage may have shrunk. */
  wakeAll(): void {
    for (const port of this.#ports) {
      port.publication = -1;
      port.ping();
    }
    this.#seenWants -= 1;
  }

  /** What the readers want now. */
  *wants(): Iterable<{ readonly name: string; readonly want: Want }> {
    this.refresh();
    for (const port of this.#ports) {
      for (const { want } of port.waits) yield { name: port.name, want };
    }
  }

  /** Reads what has changed in the readers' cells. */
  refresh(): void {
    const { wants } = this.#control;
    if (wants === this.#seenWants) return;
    // Loaded before the cells: what changes from here on is seen the next time.
    this.#seenWants = wants;
    for (const port of this.#ports) {
      const { publication } = port.cell;
      if (publication === port.publication) continue;
      if (port.cell.readerClosed) port.close();
      else this.#file(port, publication);
    }
    this.#demandChanged();
  }

  /** Whether `demandChanged` is to be called while nothing else happens in this thread. */
  watchDemand(watching: boolean): void {
    this.#watching = watching;
    if (watching) this.#listen();
    else this.#stopListening();
  }

  #file(port: Port, publication: number): void {
    this.#unfile(port);
    const published = port.cell.read(publication);
    if (published === undefined) return;
    port.publication = publication;
    port.watch = published.watch;
    for (const want of published.wants) {
      if (!(want.start < want.end)) continue;
      if (this.#control.coveredUntil(want.start) >= want.end) {
        // Published just before the write that completed it, mostly: filed for nothing, it would wake later (some 2 µs, measured).
        port.ping();
        continue;
      }
      const wait = { start: want.start, until: want.end, port, want };
      port.waits.push(wait);
      this.#waits.add(wait);
    }
  }

  #unfile(port: Port): void {
    for (const wait of port.waits) this.#waits.delete(wait);
    port.waits = [];
    port.watch = NOTHING;
    port.publication = -1;
  }

  #forget(port: Port): void {
    this.#unfile(port);
    this.#ports.delete(port);
    if (this.#ports.size === 0) this.#stopListening();
    this.#demandChanged();
  }

  /** Waits for the next change of `WANTS`, as long as somebody watches and there is a port. */
  #listen(): void {
    while (this.#watching && !this.#listening) {
      const seen = this.#control.wants;
      this.refresh();
      if (this.#ports.size === 0) return;
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
  readonly name: string;
  readonly cell = new PortCell();
  /** What of the cell is filed; -1: it has to be read again. */
  publication = -1;
  waits: RemoteWait[] = [];
  watch: { readonly start: number; readonly end: number } = NOTHING;
  readonly #control: ControlOwner;
  readonly #wakeWord: number;
  readonly #forget: () => void;
  #closed = false;

  constructor(
    control: ControlOwner,
    name: string,
    driver: DriverDescription,
    shared: SharedArrayBuffer,
    forget: () => void,
  ) {
    this.#control = control;
    this.#wakeWord = control.wakeWords.acquire();
    this.#forget = forget;
    this.name = name;
    this.handle = {
      tidemark: PROTOCOL,
      name,
      control: shared,
      cell: this.cell.buffer,
      wakeWord: this.#wakeWord,
      driver,
    };
  }

  ping(): void {
    this.cell.ping(this.#control.words, this.#wakeWord);
  }

  interrupt(token?: number): void {
    if (token !== undefined && !Number.isFinite(token)) {
      throw invalidArgument('the token of an interrupt', 'a finite number', token);
    }
    if (this.#closed) return;
    this.cell.interrupt(token);
    this.ping();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.cell.close();
    this.ping();
    this.#forget();
    this.#control.wakeWords.release(this.#wakeWord);
  }
}
