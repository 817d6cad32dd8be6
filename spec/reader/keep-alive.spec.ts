import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';

const children = new Set<ReturnType<typeof spawn>>();

afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
});

/** Runs a case of the fixture in a process of its own, until that ends by itself. */
function run(name: string): Promise<{ code: number | null; output: string[] }> {
  const script = fileURLToPath(new URL('../support/threads/keep-alive.js', import.meta.url));
  // The environment is jest's copy, which says what is tested: a child would inherit the original.
  const child = spawn(process.execPath, [script, name], { stdio: ['ignore', 'pipe', 'pipe'], env: process.env });
  children.add(child);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve) => {
    child.on('close', (code) => {
      children.delete(child);
      resolve({ code, output: output.split('\n').filter((line) => line !== '') });
    });
  });
}

// In each of them a timer that keeps nothing alive writes the missing bytes: «written» comes out
// only if something else does.
describe('a process with an asynchronous reader', () => {
  it.each(['wait', 'read', 'passive wait', 'second wait', 'wait beside subscriptions'])(
    'lives as long as there is a pending %s',
    async (name) => {
      expect(await run(name)).toEqual({ code: 0, output: ['begun', 'written', 'ready', 'exit'] });
    },
  );

  it.each([
    'subscriptions only',
    'unsubscribed wait',
    'closed reader',
    'closed port',
    'closed owner',
    'failed owner',
    'interrupted wait',
    'settled wait',
    'attached only',
  ])('ends by itself: %s', async (name) => {
    expect(await run(name)).toEqual({ code: 0, output: ['begun', 'exit'] });
  });
});

describe('a process that owns', () => {
  it.each(['owner waits', 'demand', 'everything of the owner', 'blocked thread elsewhere'])(
    'ends by itself: %s',
    async (name) => {
      expect(await run(name)).toEqual({ code: 0, output: ['begun', 'exit'] });
    },
  );
});

describe('a worker thread', () => {
  it('lives as long as its asynchronous reader waits, and no longer', async () => {
    expect(await run('worker')).toEqual({ code: 0, output: ['begun', 'written', 'ready', 'worker exit 0', 'exit'] });
  });
});
