import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makeContent } from '../http/fixtures.js';
import { TestServer } from '../http/test-server.js';

const MAIN = fileURLToPath(new URL('../../examples/podcast-cache/main.js', import.meta.url));
const content = makeContent(1_000_000);

/** The command, and what it says. */
class Podcasts {
  out = '';
  readonly #child: ChildProcess;

  constructor(...options: string[]) {
    this.#child = spawn(process.execPath, [MAIN, ...options], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.out += text));
  }

  say(command: string): void {
    this.#child.stdin?.write(`${command}\n`);
  }

  async says(what: RegExp): Promise<void> {
    for (let tries = 0; !what.test(this.out); tries++) {
      if (tries > 0 && tries % 20 === 0) this.say('list');
      if (tries > 1000) throw new Error(`It does not say ${String(what)} but: ${this.out}`);
      await delay(20);
    }
  }

  async end(signal?: NodeJS.Signals): Promise<void> {
    if (signal === undefined) this.say('quit');
    else this.#child.kill(signal);
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'close');
  }
}

describe('the podcast cache', () => {
  let server: TestServer;
  let folder: string;
  const running: Podcasts[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'podcasts-'));
    server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => {
      if (exchange.request.url !== '/feed') return server.serve(exchange);
      const item = (n: number): string =>
        `<item><title>Episode ${n}</title><guid>${n}</guid><enclosure url="${server.origin}/${n}.mp3?a&amp;b"/></item>`;
      exchange.response.end(`<rss>${[1, 2, 3].map(item).join('\n')}</rss>`);
      return undefined;
    };
  });

  afterEach(async () => {
    for (const podcasts of running.splice(0)) await podcasts.end('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  function start(megabytes: string, rate?: string): Podcasts {
    const podcasts = new Podcasts(`${server.origin}/feed`, folder, megabytes, ...(rate === undefined ? [] : [rate]));
    running.push(podcasts);
    return podcasts;
  }

  it('downloads all of a feed, and has it when it is started again', async () => {
    const podcasts = start('10');
    for (const n of [1, 2, 3]) await podcasts.says(new RegExp(`\\[#{20}\\] 100% complete: Episode ${n}`));
    await podcasts.end();
    const sent = server.sent;
    const again = start('10');
    await again.says(/100% complete: Episode 3/);
    expect(server.sent).toBe(sent);
    expect(server.exchanges.some(({ request }) => request.url === '/1.mp3?a&b')).toBe(true);
  });

  it('goes on after kill -9, with what was paused still paused, and the one that is played first', async () => {
    const podcasts = start('10', '600000');
    await podcasts.says(/Episode 3/);
    podcasts.say('pause 2');
    await podcasts.says(/paused: Episode 2/);
    await podcasts.says(/ [1-9]\d*% receiving: Episode 1/);
    await podcasts.end('SIGKILL');
    const again = start('10', '600000');
    await again.says(/paused: Episode 2/);
    again.say('play 3');
    await again.says(/, played: Episode 3/);
    await again.says(/complete: Episode 3/);
    await again.says(/100% complete: Episode 1/);
    expect(again.out).not.toMatch(/complete: Episode 2/);
    again.say('resume 2');
    await again.says(/100% complete: Episode 2/);
  });

  it('keeps to its quota, and begins nothing anew that was evicted', async () => {
    const podcasts = start('2.1');
    await podcasts.says(/100% complete: Episode 3/);
    await podcasts.says(/not here: Episode/);
    await podcasts.end();
    const sent = server.sent;
    const again = start('2.1');
    await again.says(/not here: Episode/);
    await again.says(/100% complete: Episode 3/);
    expect(server.sent).toBe(sent);
  });
});
