import type { Page } from 'playwright-core';
import type { SuiteEvent } from './suite-events.js';

/** One test that ran in the browser; `error` if it failed there. */
export interface BrowserTest {
  readonly title: string;
  readonly error?: string;
}

/** Fails as the test did in the browser. */
export function expectPassed({ error }: BrowserTest): void {
  if (error !== undefined) throw new Error(error);
}

/**
 * How long a suite may say nothing, in milliseconds: its thread is blocked for good then. Tests
 * have time-outs of their own.
 */
const SILENCE = 45_000;

/** A page that runs suites, one after the other. */
export class SuitePage {
  /** It hangs, or has crashed. */
  broken = false;
  readonly #page: Page;
  #runs = false;
  #tests: BrowserTest[] = [];
  #running: string | undefined;
  #silence: NodeJS.Timeout | undefined;
  #end: () => void = () => undefined;

  private constructor(page: Page) {
    this.#page = page;
  }

  static async open(page: Page): Promise<SuitePage> {
    const self = new SuitePage(page);
    page.on('console', (message) => {
      if (message.type() === 'error') self.#report('writes no error to the console', message.text());
    });
    page.on('pageerror', ({ message, stack }) => {
      self.#report('throws nothing outside of its tests', stack ?? message);
    });
    page.on('crash', () => {
      self.#abandon('does not crash', 'Its page has crashed.');
    });
    await page.exposeFunction('report', (event: SuiteEvent) => {
      self.#hear(event);
    });
    return self;
  }

  /** Answers the tests that ran; what went wrong beside them is one more test, which failed. */
  async run(address: string): Promise<readonly BrowserTest[]> {
    this.#tests = [];
    this.#runs = true;
    this.#awaitNews();
    const ended = new Promise<void>((resolve) => (this.#end = resolve));
    try {
      // This ends the threads of the suite before, too.
      await this.#page.goto(address);
      await ended;
    } finally {
      this.#runs = false;
      clearTimeout(this.#silence);
    }
    if (this.#tests.length === 0) this.#report('has tests', 'None has run.');
    if (this.broken) await this.#page.close();
    return this.#tests;
  }

  #hear(event: SuiteEvent): void {
    if (!this.#runs) return;
    this.#awaitNews();
    switch (event.type) {
      case 'begin':
        this.#running = event.title;
        break;
      case 'end':
        this.#tests.push({ title: event.title, error: event.error });
        this.#running = undefined;
        break;
      case 'broken':
        this.#report('runs', event.error);
        this.#end();
        break;
      case 'done':
        this.#end();
    }
  }

  #awaitNews(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.#abandon('does not hang', `Nothing was heard for ${SILENCE} ms: its thread is blocked.`);
    }, SILENCE);
  }

  #abandon(title: string, error: string): void {
    this.broken = true;
    this.#report(title, error);
    this.#end();
  }

  #report(title: string, error: string): void {
    const during = this.#running === undefined ? '' : ` (in: ${this.#running})`;
    this.#tests.push({ title: `${title}${during}`, error });
  }
}
