import type { Page } from 'playwright-core';
import { consoleError, type News, type SuiteEvent, thrownOutside } from './suite-events.js';

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

/** A page in whichever browser, as far as suites need it. */
export interface SuiteHost {
  /** Hands over what the page tells from now on; called once, before it goes anywhere. */
  listen(listener: (news: News) => void): Promise<void>;
  goto(address: string): Promise<unknown>;
  close(): Promise<void>;
}

/** A page in Chromium. */
export function inChromium(page: Page): SuiteHost {
  return {
    async listen(listener) {
      page.on('console', (message) => {
        if (message.type() === 'error') listener(consoleError(message.text()));
      });
      page.on('pageerror', ({ message, stack }) => listener(thrownOutside(stack ?? message)));
      page.on('crash', () => listener({ type: 'lost', title: 'does not crash', error: 'Its page has crashed.' }));
      await page.exposeFunction('report', (event: SuiteEvent) => listener(event));
    },
    goto: (address) => page.goto(address),
    close: () => page.close(),
  };
}

/** A page that runs suites, one after the other. */
export class SuitePage {
  /** It hangs, or has crashed. */
  broken = false;
  readonly #host: SuiteHost;
  #runs = false;
  #tests: BrowserTest[] = [];
  #running: string | undefined;
  #silence: NodeJS.Timeout | undefined;
  #end: () => void = () => undefined;

  private constructor(host: SuiteHost) {
    this.#host = host;
  }

  static async open(host: SuiteHost): Promise<SuitePage> {
    const self = new SuitePage(host);
    await host.listen((news) => self.#hear(news));
    return self;
  }

  close(): Promise<void> {
    return this.#host.close();
  }

  /** Answers the tests that ran; what went wrong beside them is one more test, which failed. */
  async run(address: string): Promise<readonly BrowserTest[]> {
    this.#tests = [];
    this.#runs = true;
    this.#awaitNews();
    const ended = new Promise<void>((resolve) => (this.#end = resolve));
    try {
      // This ends the threads of the suite before, too.
      await Promise.race([this.#host.goto(address), ended]);
      await ended;
    } finally {
      this.#runs = false;
      clearTimeout(this.#silence);
    }
    if (this.#tests.length === 0) this.#report('has tests', 'None has run.');
    if (this.broken) await this.#host.close();
    return this.#tests;
  }

  #hear(event: News): void {
    if (event.type === 'complaint') {
      this.#report(event.title, event.error);
      return;
    }
    if (event.type === 'lost') {
      this.#abandon(event.title, event.error);
      return;
    }
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
