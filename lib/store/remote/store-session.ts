import { Subscription } from 'rxjs';

import { toPlainError } from '../../errors/plain-error.js';
import type { DownloadUrl } from '../../http/download/request/source-url.js';
import { ServedSession } from '../../remote/served-session.js';
import type { PortSession } from '../../remote/served-port.js';
import { unknownSourceError } from '../downloads/download-errors.js';
import type { Knows } from '../downloads/sources.js';
import type { Lease } from '../leases/lease.js';
import type { Store } from '../store.js';
import type { AcquireOptions, StoreSource } from '../store-options.js';
import type { StoreInside } from '../store-inside.js';
import { Asks } from './asks.js';
import type {
  Question,
  SentOptions,
  SentSource,
  StoreCall,
  StoreToClient,
  StoreToServer,
  StoreWelcome,
} from './messages.js';
import { fromSentSource, fromSentUrl, toSentEntry } from './plain.js';

type Send = (message: StoreWelcome | StoreToClient) => void;

/** One connection to a store that is served: calls it, and tells what changes. */
export class StoreSession implements PortSession<StoreToServer> {
  readonly #store: Store;
  readonly #inside: StoreInside;
  readonly #name: string | undefined;
  readonly #send: Send;
  readonly #asks: Asks;
  readonly #knows: Knows | undefined;
  readonly #subscriptions = new Subscription();
  #changes: Subscription | undefined;
  /** What can be aborted of calls that are under way. */
  readonly #calls = new Map<number, AbortController>();
  readonly #leases = new Map<number, { readonly lease: Lease; readonly session: ServedSession }>();
  /** Keys whose entries have changed and were not told of. */
  readonly #dirty = new Set<string>();
  #isUsageDirty = false;
  #isScheduled = false;
  #settings = 0;
  #isEnded = false;

  /**
   * @param name - names the waits of its leases in `Demand.reader`
   * @param knows - whether the other side has a `source`
   */
  constructor(store: Store, inside: StoreInside, name: string | undefined, knows: boolean, send: Send) {
    this.#store = store;
    this.#inside = inside;
    this.#name = name;
    this.#send = send;
    this.#asks = new Asks(send);
    if (knows) this.#knows = (key) => this.#askSource(key);
  }

  begin(lock: string | undefined): void {
    const store = this.#store;
    const { publications, sources } = this.#inside;
    const { entries, usage, strangers } = store;
    this.#send({ type: 'welcome', lock, entries: entries.map(toSentEntry), usage, strangers });
    this.#subscriptions.add(
      publications.flushed$.subscribe((keys) => {
        for (const key of keys) this.#dirty.add(key);
        this.#flushSoon();
      }),
    );
    let isFirst = true;
    this.#subscriptions.add(
      store.usage$.subscribe(() => {
        if (!isFirst) this.#isUsageDirty = true;
        isFirst = false;
        this.#flushSoon();
      }),
    );
    sources.arrived(this.#knows);
  }

  received(message: StoreToServer): void {
    switch (message.type) {
      case 'call':
        void this.#call(message.call, message);
        break;
      case 'cancel':
        this.#calls.get(message.call)?.abort();
        break;
      case 'set-max-bytes':
        this.#setMaxBytes(message.maxBytes);
        break;
      case 'listen':
        this.#listen(message.listening);
        break;
      case 'view':
        if (message.message.type === 'bye') this.#giveBack(message.lease);
        else this.#leases.get(message.lease)?.session.received(message.message);
        break;
      case 'answer':
        this.#asks.answered(message);
    }
  }

  end(): void {
    this.#isEnded = true;
    const { sources } = this.#inside;
    if (this.#knows !== undefined) sources.left(this.#knows);
    this.#subscriptions.unsubscribe();
    this.#listen(undefined);
    this.#asks.end();
    for (const call of this.#calls.values()) call.abort();
    for (const lease of [...this.#leases.keys()]) this.#giveBack(lease);
  }

  async #call(number: number, call: StoreCall): Promise<void> {
    const controller = new AbortController();
    this.#calls.set(number, controller);
    try {
      await this.#perform(call, controller.signal);
      this.#done(number);
    } catch (error) {
      this.#done(number, error);
    } finally {
      this.#calls.delete(number);
    }
  }

  #perform(call: StoreCall, signal: AbortSignal): Promise<void> {
    const store = this.#store;
    switch (call.name) {
      case 'acquire':
        return this.#acquire(call, signal);
      case 'download': {
        const [key, options] = call.args;
        return store.download(key, this.#received(key, options, signal));
      }
      case 'pause':
        return store.pause(...call.args);
      case 'pin':
        return store.pin(...call.args);
      case 'update':
        return store.update(...call.args);
      case 'remove':
        return store.remove(...call.args);
    }
  }

  async #acquire(
    { args: [key, options], lease: number }: StoreCall & { name: 'acquire' },
    signal: AbortSignal,
  ): Promise<void> {
    const lease = await this.#store.acquire(key, this.#received(key, options, signal));
    // Who has aborted it, or has gone, does not give it back.
    if (signal.aborted || this.#isEnded) {
      lease.close();
      return;
    }
    const session = new ServedSession(lease, this.#name, (message) =>
      this.#send({ type: 'view', lease: number, message }),
    );
    this.#leases.set(number, { lease, session });
    this.#flush();
    session.begin(undefined);
  }

  #setMaxBytes(maxBytes: number | undefined): void {
    this.#settings += 1;
    this.#isUsageDirty = true;
    try {
      this.#store.maxBytes = maxBytes;
    } catch {
      // It is being closed, which the other side hears of.
    }
    this.#flushSoon();
  }

  #giveBack(number: number): void {
    const given = this.#leases.get(number);
    this.#leases.delete(number);
    given?.session.end();
    given?.lease.close();
  }

  /** Takes options as they were received; the other side is the first to be asked about the key. */
  #received(key: string, { url, ...options }: SentOptions, signal: AbortSignal): AcquireOptions {
    if (this.#knows !== undefined) this.#inside.sources.askedBy(key, this.#knows);
    return { ...options, signal, ...(url !== undefined && { url: fromSentUrl(url, () => this.#askUrl('url', key)) }) };
  }

  async #askSource(key: string): Promise<StoreSource | undefined> {
    const source = (await this.#asks.ask('source', key)) as SentSource | undefined;
    return source && fromSentSource(source, () => this.#askUrl('url-of-source', key));
  }

  /** Asks for what a function makes; once the other side has gone, for what others know. */
  async #askUrl(what: Question, key: string): Promise<string> {
    try {
      return (await this.#asks.ask(what, key)) as string;
    } catch (error) {
      if (!this.#asks.isEnded) throw error;
    }
    const source = await this.#inside.sources.of(key);
    if (source === undefined) throw unknownSourceError(key);
    return String(await made(source.url));
  }

  #listen(listening: number | undefined): void {
    this.#changes?.unsubscribe();
    this.#changes = undefined;
    if (listening === undefined) return;
    this.#changes = this.#store.changes$.subscribe(({ entry: _, ...change }) => {
      // What it tells of may not be published yet.
      this.#dirty.add(change.key);
      this.#flush();
      this.#send({ type: 'change', listening, change });
    });
  }

  #done(call: number, error?: unknown): void {
    if (this.#isEnded) return;
    this.#flush();
    this.#send({ type: 'done', call, ...(error !== undefined && { error: toPlainError(error) }) });
  }

  #flushSoon(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      if (!this.#isEnded) this.#flush();
    });
  }

  /** Tells what has changed since the last time. */
  #flush(): void {
    const store = this.#store;
    const keys = [...this.#dirty];
    this.#dirty.clear();
    const entries = keys.map((key) => store.entry(key)).filter((entry) => entry !== undefined);
    const gone = keys.filter((key) => store.entry(key) === undefined);
    if (keys.length > 0) this.#send({ type: 'entries', changed: entries.map(toSentEntry), gone });
    if (!this.#isUsageDirty) return;
    this.#isUsageDirty = false;
    this.#send({ type: 'usage', usage: store.usage, settings: this.#settings });
  }
}

function made(url: DownloadUrl): string | URL | Promise<string | URL> {
  return typeof url === 'function' ? url() : url;
}
