import { CoverageTree } from './coverage-tree.js';
import { PAGE_WORDS } from './pages.js';

/**
 * The coverage tree as a thread reads it that does not write it.
 *
 * **Reading while the owner changes it.** A reader in another thread may follow stale words, so
 * every walk is bounded whatever the words say: by the greatest height, by clamped counts, and by
 * the number of pages. A page number outside the view sets {@link CoverageTree.astray}, and counts
 * as 0; a search then goes on in page 0. The sequence check around the walk (`control/layout.ts`)
 * discards the result of such a walk; if the check finds that nothing has changed, then the memory
 * is damaged.
 */
export class SharedTree extends CoverageTree {
  /** Set by every read; cleared once what was read is validated. */
  unsure = true;

  /** Why plain loads would not do is argued in `control/layout.ts`. */
  override word(at: number): number {
    this.unsure = true;
    return Atomics.load(this.words, at);
  }

  protected override page(at: number): number {
    const page = this.word(at);
    if (page >= 0 && (page + 1) * PAGE_WORDS <= this.words.length) return page;
    this.astray = true;
    return 0;
  }

  protected override descend(at: number): number {
    const leaf = super.descend(at);
    if (leaf === 0) this.astray = true;
    return leaf;
  }
}
