import type {
  Driver,
  DriverCapabilities,
  DriverCold,
  DriverDescription,
  FinalStep,
  StoredContent,
} from '../../drivers/driver.js';
import type { ContentRecord } from '../../record/content-record.js';

/** Who is asked before bytes are stored, and told after. */
export interface Meter {
  /**
   * The bytes of `[start, end)` are about to be stored. Makes room for those that are missing, or
   * throws `NO_SPACE`: then nothing is stored.
   */
  beforeWrite(start: number, end: number): void;
  /** They were not stored after all. */
  writeFailed(): void;
  /** So many bytes that are missing are about to come. Throws `NO_SPACE` if they cannot fit. */
  announced(bytesStillMissing: number): void;
  /** Content is being made final, until {@link committed}. */
  committing(): void;
  committed(): void;
}

/** The drivers under the metered ones. */
const plain = new WeakMap<Driver, Driver>();

/** The driver that stores the bytes: that under a metered one, else the driver itself. */
export function plainDriver(driver: Driver): Driver {
  return plain.get(driver) ?? driver;
}

/**
 * A driver that asks for room before it stores. Making room is part of the write that needs it: so
 * it is no error of a disk, and what goes has gone before a byte is written.
 */
export class MeteredDriver implements Driver {
  readonly capabilities: DriverCapabilities;
  readonly evict?: (start: number, end: number) => void;
  readonly view?: (start: number, end: number) => Uint8Array;
  readonly checkpoint?: () => Promise<void>;
  readonly describe?: () => DriverDescription;
  readonly remove?: (committed: boolean) => void;
  readonly #inner: Driver;
  readonly #meter: Meter;

  constructor(inner: Driver, meter: Meter) {
    this.#inner = inner;
    this.#meter = meter;
    plain.set(this, inner);
    this.capabilities = inner.capabilities;
    // What is asked for by whether it is there.
    if (inner.evict !== undefined) this.evict = inner.evict.bind(inner);
    if (inner.view !== undefined) this.view = inner.view.bind(inner);
    if (inner.checkpoint !== undefined) this.checkpoint = inner.checkpoint.bind(inner);
    if (inner.describe !== undefined) this.describe = inner.describe.bind(inner);
    if (inner.remove !== undefined) this.remove = inner.remove.bind(inner);
  }

  get cold(): DriverCold | undefined {
    return this.#inner.cold;
  }

  get path(): string | undefined {
    return this.#inner.path;
  }

  open(record: () => ContentRecord): StoredContent {
    return this.#inner.open(record);
  }

  write(offset: number, data: Uint8Array): void {
    this.#meter.beforeWrite(offset, offset + data.length);
    try {
      this.#inner.write(offset, data);
    } catch (error) {
      this.#meter.writeFailed();
      throw error;
    }
  }

  announce(bytesStillMissing: number): void {
    this.#meter.announced(bytesStillMissing);
    this.#inner.announce?.(bytesStillMissing);
  }

  read(offset: number, target: Uint8Array): void {
    this.#inner.read(offset, target);
  }

  commit(length: number): FinalStep {
    return this.#final(() => this.#inner.commit(length));
  }

  replace(data: Uint8Array): FinalStep {
    this.#meter.beforeWrite(0, data.length);
    return this.#final(() => this.#inner.replace(data));
  }

  settle(): void {
    try {
      this.#inner.settle?.();
    } finally {
      this.#meter.committed();
    }
  }

  reopen(): void {
    this.#inner.reopen();
  }

  close(keep: boolean): void {
    this.#inner.close(keep);
  }

  #final(prepare: () => FinalStep): FinalStep {
    this.#meter.committing();
    try {
      return prepare();
    } catch (error) {
      this.#meter.writeFailed();
      throw error;
    }
  }
}
