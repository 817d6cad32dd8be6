import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach } from '@jest/globals';

/** The caching proxy as a command; what still runs after a test is killed. */

const running = new Set<RunningProxy>();
/** The lock of its folder, which it holds all the time. */
const LOCK = '.store.lock';
/** Of an entry that is complete: what is kept of its URL, and a digest. */
const COMPLETE = /-(\w+(?:\.\w+)?)~[0-9a-f]{32}$/;

/** The last segments of the URLs that are complete in a folder. */
export function completeIn(folder: string): string[] {
  return readdirSync(folder)
    .flatMap((name) => COMPLETE.exec(name)?.[1] ?? [])
    .sort();
}

/** The names of what is kept in a folder. */
export function keptIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => name !== LOCK);
}

afterEach(async () => {
  await Promise.all([...running].map((proxy) => proxy.stop('SIGKILL')));
});

export interface ProxyOptions {
  /** How many files and sockets it may have open. */
  readonly descriptors?: number;
  /** How much it may store. */
  readonly megabytes?: number;
}

export class RunningProxy {
  /** What it has written to its standard error. */
  err = '';
  /** Its own root, which ends with a slash; empty if it has not started. */
  base = '';
  readonly #child: ChildProcess;
  readonly #exited: Promise<number | null>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.err += text));
    this.#exited = once(child, 'close').then(([code]) => (running.delete(this), code as number | null));
    running.add(this);
  }

  static async start(origin: string, folder: string, options: ProxyOptions = {}): Promise<RunningProxy> {
    const { descriptors, megabytes } = options;
    const command = [process.execPath, 'examples/caching-proxy/main.js', origin, folder, '0'];
    if (megabytes !== undefined) command.push(String(megabytes));
    const limit = descriptors === undefined ? '' : `ulimit -n ${descriptors} && `;
    const child = spawn('sh', ['-c', `${limit}exec "$0" "$@"`, ...command], { stdio: ['ignore', 'pipe', 'pipe'] });
    const proxy = new RunningProxy(child);
    const started = once(child.stdout, 'data').then(([line]) => String(line));
    proxy.base = /^http:\S+/.exec(await Promise.race([started, proxy.#exited.then(() => '')]))?.[0] ?? '';
    return proxy;
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
   * The names of the files of a folder that it has open (Linux). Not of those that it has mapped:
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
    return opened.filter((name) => name.includes(folder) && !name.endsWith(LOCK));
  }

  /** How many files and sockets it has open (Linux). */
  get descriptors(): number {
    return readdirSync(`/proc/${this.#child.pid}/fd`).length;
  }
}
