import { placesOf, type OpfsRecord } from '../opfs-record.js';
import { attempt } from '../io-error.js';
import type { ChunkFiles } from '../chunk-files.js';
import type { Geometry } from '../geometry.js';
import type { Journal } from './journal.js';
import type { Frame } from './journal-frames.js';
import { PooledContent } from './pooled-content.js';

/**
 * The contents of many entries in one set of chunk files, and one journal that says what they are.
 *
 * **Places.** Each place that is taken is in exactly one of: the blocks of a content that is open;
 * the places that such a content has given up; what the journal says of content that is not open;
 * {@link retire}d places, which no frame claims that was appended. These are free once the journal
 * is durable: so none is written again as long as a journal that is found after a crash may claim
 * it for somebody else.
 */
export class ContentPool {
  readonly path: string;
  readonly geometry: Geometry;
  readonly chunks: ChunkFiles;
  readonly #journal: Journal;
  /** What the journal has as the content of an entry, while it is open. */
  readonly #counted = new Map<number, PooledContent>();
  /** All that are open. */
  readonly #open = new Set<PooledContent>();
  #retired: number[] = [];
  #isClosed = false;
  /** Places were retired since space was given back last. */
  #isUntidy = false;
  #tidying: Promise<void> | undefined;

  constructor(path: string, geometry: Geometry, chunks: ChunkFiles, journal: Journal) {
    this.path = path;
    this.geometry = geometry;
    this.chunks = chunks;
    this.#journal = journal;
  }

  /** How many blocks wait for a place, of all that are open. */
  get waitingCount(): number {
    let waiting = 0;
    for (const { waitingCount } of this.#open) waiting += waitingCount;
    return waiting;
  }

  /** What the journal says of the content of an entry. */
  contentOf(entry: number): OpfsRecord | undefined {
    return this.#journal.state.entries.get(entry)?.content;
  }

  /** How many blocks an entry has: its content, and what is to replace that. */
  countOf(entry: number): number {
    let blocks = this.#counted.get(entry)?.count ?? blocksOf(this.contentOf(entry));
    for (const each of this.#open) if (each.entry === entry && each.isNext) blocks += each.count;
    return blocks;
  }

  /** Opens the content of an entry, with others who have it open. */
  open(entry: number): PooledContent {
    const open = this.#counted.get(entry);
    if (open !== undefined) return open;
    const content = new PooledContent(this, entry, this.contentOf(entry), 'counted');
    this.#counted.set(entry, content);
    this.#open.add(content);
    return content;
  }

  /** Opens new content of an entry, beside what it has. */
  openNext(entry: number): PooledContent {
    const content = new PooledContent(this, entry, undefined, 'next');
    this.#open.add(content);
    return content;
  }

  /** New content is that of its entry from now on. `before`: what it had. */
  replaced(content: PooledContent, before: OpfsRecord | undefined): void {
    const old = this.#counted.get(content.entry);
    if (old !== undefined) old.supersede();
    else this.retire(placesOf(before?.runs ?? []));
    this.#counted.set(content.entry, content);
  }

  /** The journal has nothing of it any more. */
  forget(content: PooledContent): void {
    content.supersede();
    if (this.#counted.get(content.entry) === content) this.#counted.delete(content.entry);
  }

  /** Nobody has it open any more. */
  closed(content: PooledContent): void {
    if (this.#counted.get(content.entry) === content) this.#counted.delete(content.entry);
    this.#open.delete(content);
  }

  /** Removes an entry, with its content. */
  remove(entry: number): void {
    const content = this.contentOf(entry);
    this.append({ kind: 'removed', entry });
    if (!this.#counted.has(entry)) this.retire(placesOf(content?.runs ?? []));
    for (const each of this.#open) if (each.entry === entry) this.forget(each);
  }

  /**
   * Removes the content of an entry if nobody has it open.
   *
   * @param committed - also if it is committed
   */
  removeKept(entry: number, committed: boolean): void {
    const content = this.contentOf(entry);
    if (content === undefined || this.#counted.has(entry)) return;
    if (content.committedLength !== undefined && !committed) return;
    this.append({ kind: 'no content', entry });
    this.retire(placesOf(content.runs));
  }

  /**
   * Tells the journal.
   *
   * @param isDurable - it is to be durable, too; if that fails, it says what it has said before
   */
  append(frame: Frame, isDurable = false): void {
    this.attempt('keep the journal', () => {
      if (isDurable && frame.kind === 'content') this.#journal.appendDurably(frame);
      else this.#journal.append(frame);
    });
  }

  /** Makes the journal durable: retired places are free then. */
  flush(): void {
    this.attempt('make the journal durable', () => this.#journal.flush());
    const retired = this.#retired;
    this.#retired = [];
    for (const place of retired) this.chunks.give(place);
  }

  /** Adds places that no frame claims which was appended. */
  retire(places: Iterable<number>): void {
    // Once all is closed, they are found free when it is opened.
    if (this.#isClosed) return;
    const before = this.#retired.length;
    for (const place of places) this.#retired.push(place);
    if (this.#retired.length > before) this.#tidySoon();
  }

  /** Has so many places free, if retired ones are enough for that. */
  freePlaces(count: number): void {
    if (this.chunks.free >= count || this.#retired.length === 0) return;
    try {
      this.flush();
    } catch {
      // Then others are opened.
    }
  }

  /** Resolves when no space is being given back any more. */
  async settled(): Promise<void> {
    await this.#tidying;
    await this.chunks.settled();
  }

  attempt(asked: string, action: () => void): void {
    attempt(`${asked} of ${this.path}`, this.path, action);
  }

  /** Makes all durable, and closes all files. */
  close(): void {
    if (this.#isClosed) return;
    try {
      this.flush();
      this.chunks.tidy();
    } finally {
      this.abandon();
    }
  }

  /** Closes all files. */
  abandon(): void {
    this.#isClosed = true;
    this.chunks.close();
    this.#journal.close();
  }

  /** Gives the space of retired places back, soon. */
  #tidySoon(): void {
    this.#isUntidy = true;
    this.#tidying ??= this.#tidy()
      // What cannot be given back now is tried again with the next ones.
      .catch(() => undefined)
      .finally(() => {
        this.#tidying = undefined;
      });
  }

  async #tidy(): Promise<void> {
    // Those that go together are given back together.
    await new Promise((resolve) => setTimeout(resolve, 0));
    while (this.#isUntidy && !this.#isOver()) {
      this.#isUntidy = false;
      this.flush();
      this.chunks.tidy(this.#needed());
      await this.chunks.settled();
      if (!this.#isOver() && this.#isScattered()) this.#moveTogether();
    }
  }

  #isOver(): boolean {
    return this.#isClosed;
  }

  /** How many places calls need that came too soon. */
  #needed(): number {
    let needed = 0;
    for (const each of this.#open) needed += each.needed;
    return needed;
  }

  #isScattered(): boolean {
    return this.chunks.isScattered(this.chunks.taken - this.#retired.length);
  }

  /** Moves the blocks of the emptiest chunk into the fullest ones. Returns how many. */
  #moveTogether(): number {
    const { emptiest } = this.chunks;
    if (emptiest === undefined) return 0;
    const { chunkBlocks } = this.geometry;
    const movable = [...this.#open];
    for (const { id, content } of this.#journal.state.entries.values()) {
      if (content === undefined || this.#counted.has(id)) continue;
      const lies = content.runs.some(
        ({ place, count }) =>
          place < (emptiest.number + 1) * chunkBlocks && place + count > emptiest.number * chunkBlocks,
      );
      if (!lies) continue;
      const resting = new PooledContent(this, id, content, 'counted');
      resting.record = () => content.content;
      movable.push(resting);
    }
    let count = 0;
    const moved: PooledContent[] = [];
    for (const each of movable) {
      const blocks = each.moveOutOf(emptiest);
      count += blocks;
      if (blocks > 0) moved.push(each);
    }
    if (count > 0) this.chunks.flush();
    for (const each of moved) each.moved();
    return count;
  }
}

function blocksOf(content: OpfsRecord | undefined): number {
  let blocks = 0;
  for (const { count } of content?.runs ?? []) blocks += count;
  return blocks;
}
