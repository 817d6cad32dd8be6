import type { ContentState } from '../control/content-state.js';
import type { StoredBytes } from '../bytes/byte-reader.js';

/** The owner's end of a reader, as far as cold bytes are concerned. */
export interface ColdPort {
  readonly handle: { readonly cell: SharedArrayBuffer };
  readonly cell: { ping(): void };
}

/** What the owner gives bytes of. */
export interface ColdContent {
  readonly driver: StoredBytes;
  readonly state: Pick<ContentState, 'coveredUntil' | 'generation'>;
  /** Set once nothing can be read any more. */
  readonly ended: string | undefined;
}

/** What a resource calls of the `cold` of its driver, a `ColdBytes`. */
export interface Cold {
  /** Readers may have asked for bytes: gives them. */
  answer(ports: Iterable<ColdPort>, content: ColdContent): void;
}
