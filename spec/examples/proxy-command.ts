import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach } from '@jest/globals';

/** The caching proxy as a command; what still runs after a test is killed. */

const running = new Set<RunningProxy>();

afterEach(async () => {
  await Promise.all([...running].map((proxy) => proxy.stop('SIGKILL')));
});

export class RunningProxy {
  /** What it has written to its standard error. */
  err = '';
  /** Its own root, which ends with a slash. */
  readonly base: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<number | null>;

  private constructor(child: ChildProcess, base: string) {
    this.#child = child;
    this.base = base;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.err += text));
    this.#exited = once(child, 'close').then(([code]) => (running.delete(this), code as number | null));
    running.add(this);
  }

  static async start(origin: string, folder: string): Promise<RunningProxy> {
    const command = ['examples/caching-proxy/main.js', origin, folder, '0'];
    const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    return new RunningProxy(child, /^http:\S+/.exec(line.toString())?.[0] ?? '');
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** The exit code; null if the signal itself ended it. */
  async stop(signal: NodeJS.Signals): Promise<number | null> {
    if (!this.hasEnded) this.#child.kill(signal);
    return this.#exited;
  }

  /** What is sent back for exactly this target, which `fetch` would normalize. */
  ask(target: string): Promise<string> {
    const { hostname, port } = new URL(this.base);
    return new Promise((resolve, reject) => {
      let answer = '';
      const socket = connect(Number(port), hostname, () => {
        socket.write(`GET ${target} HTTP/1.1\r\nhost: proxy\r\nconnection: close\r\n\r\n`);
      });
      socket.setEncoding('latin1').on('data', (text: string) => (answer += text));
      socket.on('error', reject).on('close', () => {
        resolve(answer);
      });
    });
  }

  /**
   * The names of the files in a folder that it has open (Linux). Not of those that it has mapped:
   * what unmaps is the garbage collector.
   */
  holds(folder: string): string[] {
    const process = `/proc/${this.#child.pid}`;
    const opened = readdirSync(`${process}/fd`).map((descriptor) => {
      try {
        return readlinkSync(join(process, 'fd', descriptor));
      } catch {
        return ''; // closed meanwhile
      }
    });
    return opened.filter((name) => name.includes(folder));
  }
}
