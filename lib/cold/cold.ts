import type { ContentState } from '../control/content-state.js';
import type { StoredBytes } from '../bytes/byte-reader.js';

/** The owner's end of a reader, as far as cold bytes are concerned. */
export interface ColdPort {
  readonly cell: { readonly buffer: SharedArrayBuffer; ping(): void };
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

/** The `cold` of a driver as a resource sees it; undefined: no byte is cold. */
export function coldOf(driver: { readonly cold?: object | undefined }): Cold | undefined {
  return driver.cold as Cold | undefined;
}
