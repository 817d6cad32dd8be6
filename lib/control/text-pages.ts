import { PAGE_WORDS, type PageSource } from '../coverage/pages.js';
import { TEXT_BASE, TEXT_UNITS } from './layout.js';

/** How many pages a text of `length` UTF-16 code units takes. */
export function textPages(length: number): number {
  return Math.max(1, Math.ceil(length / TEXT_UNITS));
}

/**
 * Stores a text in a chain of pages, and returns the first one. The pages must have been reserved.
 */
export function storeText(pages: PageSource, text: string): number {
  let next = 0;
  for (let part = textPages(text.length) - 1; part >= 0; part -= 1) {
    const page = pages.allocate();
    const base = page * PAGE_WORDS;
    Atomics.store(pages.words, base, next);
    Atomics.store(pages.words, base + 1, text.length);
    const units = Math.min(TEXT_UNITS, text.length - part * TEXT_UNITS);
    for (let unit = 0; unit < units; unit += 1) {
      Atomics.store(pages.words, base + TEXT_BASE + unit, text.charCodeAt(part * TEXT_UNITS + unit));
    }
    next = page;
  }
  return next;
}

/** Frees the pages of a text. */
export function freeText(pages: PageSource, first: number): void {
  for (let page = first; page !== 0;) {
    const next = Atomics.load(pages.words, page * PAGE_WORDS);
    pages.free(page);
    page = next;
  }
}

/**
 * Reads a text. The loop ends whatever the words say: see «Reading while the owner changes it» in
 * `coverage/shared-tree.ts`.
 */
export function loadText(words: Int32Array, first: number): string | undefined {
  if (first === 0) return undefined;
  const limit = words.length / PAGE_WORDS;
  let text = '';
  for (let page = first, steps = 0; page > 0 && page < limit && steps < limit; steps += 1) {
    const base = page * PAGE_WORDS;
    const units = Math.min(TEXT_UNITS, Atomics.load(words, base + 1) - text.length);
    for (let unit = 0; unit < units; unit += 1) {
      text += String.fromCharCode(Atomics.load(words, base + TEXT_BASE + unit) & 0xff_ff);
    }
    page = Atomics.load(words, base);
  }
  return text;
}
