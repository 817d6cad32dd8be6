import { StorageError } from '../../errors/storage-error.js';
import { pageLocation } from './page-location.js';

/** Where to download from: an address, or a function that makes one, of signed URLs that expire, say. */
export type DownloadUrl = string | URL | (() => string | URL | Promise<string | URL>);

/** The address in use, and how to get another when it is refused. */
export class SourceUrl {
  readonly #make: () => string | URL | Promise<string | URL>;
  readonly #renewable: boolean;
  #current: Promise<string> | undefined;
  #address: string | undefined;
  /** Whether an answer has come from the address in use. */
  #worked = false;

  /** Throws `INVALID_ARGUMENT` for an address that is none. */
  constructor(url: DownloadUrl) {
    this.#renewable = typeof url === 'function';
    if (typeof url === 'function') {
      this.#make = url;
      return;
    }
    const address = checkUrl(url);
    this.#make = () => address;
  }

  /** The address in use; asks for it where there is none. Rejects with what the function throws. */
  locate(): Promise<string> {
    this.#current ??= this.#ask();
    return this.#current;
  }

  /** The server has given bytes from the address in use. */
  worked(): void {
    this.#worked = true;
  }

  /** Whether to try again with another address, now that `address` was refused: one that never worked is not made anew. */
  renew(address: string): boolean {
    if (!this.#renewable) return false;
    if (address !== this.#address) return true; // another request has done so already
    if (!this.#worked) return false;
    this.#current = undefined;
    return true;
  }

  async #ask(): Promise<string> {
    try {
      const address = checkUrl(await this.#make());
      this.#address = address;
      this.#worked = false;
      return address;
    } catch (error) {
      this.#current = undefined;
      throw error;
    }
  }
}

/** The address in full, of a page's own as well; throws `INVALID_ARGUMENT` for what is none. */
export function checkUrl(url: string | URL): string {
  const base = pageLocation()?.href;
  let address: URL;
  try {
    address = new URL(url, base);
  } catch (cause) {
    throw new StorageError(
      'INVALID_ARGUMENT',
      `Expected the url to be an absolute URL, got ${JSON.stringify(String(url))}.`,
      { cause },
    );
  }
  if (address.username === '' && address.password === '') return address.href;
  throw new StorageError(
    'INVALID_ARGUMENT',
    `Expected the url to have no user and password, which fetch refuses; ${address.host} is to get some. Pass an Authorization header.`,
  );
}
