/** Values that say something about an entry to its app. */
export type Metadata = Record<string, string | number | boolean>;

/** That an entry is to be downloaded, until it is complete. */
export interface Intent {
  /** `paused`: not now. */
  readonly state: 'active' | 'paused';
  readonly priority: 'playback' | 'prefetch' | 'background';
  /** The part to fetch, half-open, in bytes; undefined: everything. */
  readonly range?: { readonly start: number; readonly end: number } | undefined;
  /** Where from, for a store without a `source`. */
  readonly url?: string | undefined;
}

/** What a store keeps of an entry beside its bytes. */
export interface EntryRecord {
  readonly key: string;
  readonly group: string | undefined;
  readonly contentType: string | undefined;
  readonly metadata: Readonly<Metadata>;
  /** When it was known last to be what the server has, in epoch milliseconds. */
  readonly validatedAt: number | undefined;
  /** True, or until when, in epoch milliseconds. */
  readonly pinned: boolean | number;
  readonly intent: Intent | undefined;
  /**
   * The start of the machine in which it was written ({@link StoreBackend.boot}); undefined once
   * the entry is durable.
   */
  readonly boot: string | undefined;
}
