import { invalidArgument } from '../../../errors/invalid-argument.js';
import { StorageError } from '../../../errors/storage-error.js';
import { pageLocation } from './page-location.js';

/**
 * Where to download from: an address, or a function that makes one, of signed URLs that expire,
 * say.
 */
export type DownloadUrl = string | URL | (() => string | URL | Promise<string | URL>);

/** Where an answer came from. */
interface Origin {
  /** In the end; empty where that is not told. */
  readonly url: string;
  readonly redirected: boolean;
}

/** What may go to the origin of the URL alone. */
const SECRET = ['authorization', 'cookie', 'proxy-authorization'];
/** The most failures at a pinned address that count for anything. */
const MOST_FAILURES = 10;

/**
 * The address in use, and how to get another when it is refused.
 *
 * Redirects are resolved once: where the first answer came from is *pinned*, and later requests go
 * there, since each redirect may lead to another version. They are resolved anew when the pinned
 * address refuses or fails.
 */
export class SourceUrl {
  readonly #make: () => string | URL | Promise<string | URL>;
  readonly #renewable: boolean;
  #current: Promise<string> | undefined;
  /** How often it was asked for: an older one may come later than a newer one. */
  #asked = 0;
  #pending = false;
  /** The origin of an address, kept: it is asked for over and over. */
  #origin: string | undefined;
  #originOf: string | undefined;
  /** What {@link DownloadUrl} says. */
  #address: string | undefined;
  /** Whether an answer has come from the address in use. */
  #worked = false;
  /** Where the redirects of {@link #address} led to. */
  #pinned: string | undefined;
  #pinWorked = false;
  /** An address that redirects led to was of no use a second time. */
  #leadsToOneTime = false;

  /** Throws `INVALID_ARGUMENT` for an address that is none. */
  constructor(url: DownloadUrl) {
    this.#renewable = typeof url === 'function';
    if (typeof url === 'function') {
      this.#make = url;
      return;
    }
    const address = checkUrl(url);
    this.#address = address;
    this.#make = () => address;
  }

  /** The address in use; asks for it where there is none. Rejects with what the function throws. */
  async locate(): Promise<string> {
    this.#current ??= this.#ask();
    const address = await this.#current;
    return this.#pinned ?? address;
  }

  /** The origin that the next request goes to, as far as is known. */
  get origin(): string | undefined {
    const address = this.#pinned ?? this.#address;
    if (address !== this.#originOf) {
      this.#originOf = address;
      this.#origin = address === undefined ? undefined : new URL(address).origin;
    }
    return this.#origin;
  }

  /**
   * The address is asked for anew: what is in use was made long ago, or is still being made. One
   * that has worked is kept.
   */
  forget(): void {
    if (!this.#renewable || (this.#worked && !this.#pending)) return;
    this.#current = undefined;
  }

  /**
   * Whether an answer to a request to `address` comes from where the redirects are pinned to, or
   * they are not.
   */
  isOfFirst(address: string, { url }: Origin): boolean {
    return this.#pinned === undefined || address !== this.#address || url === '' || url === this.#pinned;
  }

  /** The server has given bytes of the content for a request to `address`. */
  worked(address: string, { url, redirected }: Origin): void {
    if (address === this.#pinned) this.#pinWorked = true;
    if (address !== this.#address) return;
    this.#worked = true;
    if (redirected && url !== '' && !this.#leadsToOneTime) this.#pinned ??= url;
  }

  /**
   * Whether to try again with another address, now that `address` was refused: one that never
   * worked is not made anew.
   */
  renew(address: string): boolean {
    if (this.#unpin(address)) return true;
    if (address !== this.#address) return true; // another request has done so already
    if (!this.#renewable || !this.#worked) return false;
    this.#current = undefined;
    this.#pinned = undefined;
    return true;
  }

  /**
   * A request to `address` failed, and so many did since bytes came; of them `most` are made good.
   */
  failed(address: string, failures: number, most: number): void {
    if (failures * 2 >= Math.min(most, MOST_FAILURES)) this.#unpin(address);
  }

  /** Takes from `headers` what must not go where redirects have led to. */
  protect(headers: Headers, address: string): void {
    if (this.#address === undefined || new URL(address).origin === new URL(this.#address).origin) return;
    for (const name of SECRET) headers.delete(name);
  }

  #unpin(address: string): boolean {
    if (address !== this.#pinned) return false;
    this.#leadsToOneTime ||= !this.#pinWorked;
    this.#pinned = undefined;
    this.#pinWorked = false;
    return true;
  }

  async #ask(): Promise<string> {
    this.#asked += 1;
    const asked = this.#asked;
    this.#pending = true;
    try {
      const address = checkUrl(await this.#make());
      if (asked === this.#asked) {
        this.#address = address;
        this.#worked = false;
      }
      return address;
    } catch (error) {
      if (asked === this.#asked) this.#current = undefined;
      throw error;
    } finally {
      if (asked === this.#asked) this.#pending = false;
    }
  }
}

/** The address in full, of a page's own as well; throws `INVALID_ARGUMENT` for what is none. */
export function checkUrl(url: string | URL): string {
  // A page would take anything for a path of its own.
  if (typeof url !== 'string' && typeof (url as Partial<URL> | null | undefined)?.href !== 'string') {
    throw invalidArgument('the url', 'a string, a URL or a function that makes one', url);
  }
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
