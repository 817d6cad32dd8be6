import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { get } from 'node:http';
import { costOf } from './cost.js';

/**
 * Starts a server of `length` bytes in a process of its own; resolves with its URL.
 *
 * @param {number} length
 */
export async function startServer(length) {
  const server = fork(new URL('../threads/memory-server.js', import.meta.url), [String(length)], { execArgv: [] });
  const [port] = await once(server, 'message');
  return `http://127.0.0.1:${port}/`;
}

/**
 * By `fetch`; the bytes are thrown away, or something else is done with them.
 *
 * @param {string} url
 * @param {number} length
 * @param {(position: number, chunk: Uint8Array) => void} [take]
 */
export async function costOfFetch(url, length, take) {
  return costOf(async () => {
    let position = 0;
    for await (const chunk of (await fetch(url)).body ?? []) {
      take?.(position, chunk);
      position += chunk.length;
    }
    if (position !== length) throw new Error(`${position} bytes came instead of ${length}.`);
  });
}

/**
 * By `fetch` and `writeSync` into `path`.
 *
 * @param {string} url
 * @param {number} length
 * @param {string} path
 */
export async function costOfWriting(url, length, path) {
  const descriptor = openSync(path, 'w');
  const cost = await costOfFetch(url, length, (position, chunk) => {
    writeSync(descriptor, chunk, 0, chunk.length, position);
  });
  closeSync(descriptor);
  rmSync(path);
  return cost;
}

/**
 * By `fetch` of one part after the other, as a `Range` asks for each, and `writeSync` into `path`.
 *
 * @param {string} url
 * @param {readonly string[]} parts
 * @param {number} length of all of them
 * @param {string} path
 */
export async function costOfParts(url, parts, length, path) {
  const descriptor = openSync(path, 'w');
  let position = 0;
  const cost = await costOf(async () => {
    for (const range of parts) {
      for await (const chunk of (await fetch(url, { headers: { range } })).body ?? []) {
        writeSync(descriptor, chunk, 0, chunk.length, position);
        position += chunk.length;
      }
    }
  });
  closeSync(descriptor);
  rmSync(path);
  if (position !== length) throw new Error(`${position} bytes came instead of ${length}.`);
  return cost;
}

/**
 * By another program into `path`; its processor time is not seen.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {number} length
 * @param {string} path
 */
export async function costOfProgram(program, args, length, path) {
  /** @type {unknown} */
  let code;
  const cost = await costOf(async () => ([code] = await once(spawn(program, args, { stdio: 'ignore' }), 'exit')));
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size !== length)
    throw new Error(`${program} has brought ${size} of ${length} bytes, and ended with ${String(code)}.`);
  rmSync(path);
  return cost;
}

/**
 * From a request for a byte, on a connection of its own, to that byte, in nanoseconds.
 *
 * @param {string} url
 * @param {number} offset
 */
export async function timeToByte(url, offset) {
  const begin = performance.now();
  const request = get(url, { agent: false, headers: { range: `bytes=${offset}-${offset}` } });
  const [response] = /** @type {[import('node:http').IncomingMessage]} */ (await once(request, 'response'));
  await once(response, 'data');
  const took = performance.now() - begin;
  response.resume();
  return took * 1e6;
}
