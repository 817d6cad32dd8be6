import type { Driver } from '../drivers/driver.js';
import { MemDriver } from '../drivers/memory/mem-driver.js';
import { lenderOf, type Lender, type LentPiece } from '../drivers/mmap/mapping/lent-piece.js';
import { AttachedReader } from '../handle/attached-reader.js';
import type { ViewParts } from '../bytes/bytes-view.js';
import { ResourceReader } from '../reader/resource-reader.js';
import { Content } from '../resource/content.js';
import { Resource } from '../resource/resource.js';
import { LeaseParts } from '../store/leases/lease-parts.js';
import { StoreLease } from '../store/leases/store-lease.js';
import { plainDriver } from '../store/quota/metered-driver.js';
import { INSIDE } from '../view/own-view.js';
import type { ResourceView } from '../view/resource-view.js';

const NOTHING = new Uint8Array(0);

/**
 * The bytes of committed content where its driver has them: mapped, or in memory.
 *
 * Each call is of one generation, as a read is: of one that changes meanwhile nothing is returned,
 * and the caller copies instead, which knows how to start over. A piece that was lent shows what
 * its owner makes of the bytes if he reactivates the content later: look at the version once more
 * when it is written.
 */
export class CommittedBytes {
  readonly #parts: ViewParts;
  readonly #lender: () => Lender | undefined;

  private constructor(parts: ViewParts, lender: () => Lender | undefined) {
    this.#parts = parts;
    this.#lender = lender;
  }

  /** Undefined for views that are not ours, and for drivers of which nothing is known. */
  static of(view: ResourceView): CommittedBytes | undefined {
    if (!(view instanceof Resource || view instanceof ResourceReader || view instanceof StoreLease)) return undefined;
    const { parts } = view[INSIDE];
    if (parts instanceof LeaseParts) return CommittedBytes.#ofDriver(parts, plainDriver(parts.resource.driver));
    if (parts instanceof AttachedReader) return new CommittedBytes(parts, () => lenderOf(parts.attachment));
    if (!(parts instanceof Content)) return undefined;
    return CommittedBytes.#ofDriver(parts, plainDriver(parts.driver as Driver));
  }

  static #ofDriver(parts: ViewParts, driver: Driver): CommittedBytes {
    const inMemory = memoryOf(driver);
    return new CommittedBytes(parts, inMemory ? () => inMemory : () => lenderOf(driver));
  }

  /**
   * Lends bytes of `[offset, end)` as {@link Lender} does; `within` says how many of those that
   * are.
   */
  lend(offset: number, end: number, within: (there: number) => number): LentPiece | undefined {
    return this.#ofOneGeneration(
      offset,
      end,
      (lender, there) => {
        const length = within(there);
        return length > 0 ? lender.lend(offset, length) : undefined;
      },
      (piece) => piece.release(),
    );
  }

  /** Fills what `room` makes with bytes of `[offset, end)`, without touching a mapping. */
  read<T extends Uint8Array>(offset: number, end: number, room: (there: number) => T): T | undefined {
    return this.#ofOneGeneration(offset, end, (lender, there) => {
      const target = room(there);
      lender.readUnmapped(offset, target);
      return target;
    });
  }

  #ofOneGeneration<T>(
    offset: number,
    end: number,
    take: (lender: Lender, there: number) => T | undefined,
    drop?: (taken: T) => void,
  ): T | undefined {
    const { state, bytes, ended } = this.#parts;
    if (ended !== undefined) return undefined;
    const { generation, status } = state;
    if (status.state !== 'committed') return undefined;
    const there = Math.min(end, status.finalLength) - offset;
    if (there <= 0) return undefined;
    let taken: T | undefined;
    try {
      // Copies nothing: has the bytes opened as of this generation, or of a later one.
      bytes.copy(offset, 0, NOTHING);
      const lender = this.#lender();
      taken = lender && take(lender, there);
    } catch (error) {
      if (state.isUnchanged(generation, true, 0, 0, 0)) throw error;
      return undefined;
    }
    if (taken === undefined || state.isUnchanged(generation, true, 0, 0, 0)) return taken;
    drop?.(taken);
    return undefined;
  }
}

/** A driver that is derived from ours may store other bytes than it reads. */
function memoryOf(driver: Driver): Lender | undefined {
  if (!(driver instanceof MemDriver) || Object.getPrototypeOf(driver) !== MemDriver.prototype) return undefined;
  return {
    // The piece holds the memory, whatever its driver does.
    lend: (offset, length) => ({ bytes: driver.view(offset, offset + length), release: () => undefined }),
    readUnmapped(offset, target) {
      driver.read(offset, target);
    },
  };
}
