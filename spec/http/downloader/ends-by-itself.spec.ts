import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';

const FIXTURE = fileURLToPath(new URL('./fixtures/ends-by-itself.js', import.meta.url));
const children = new Set<ReturnType<typeof spawn>>();

afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
});

describe('a process whose download waits for hours, by a limit of bytes', () => {
  it.each(['reads on', 'reads on, and the limit is 0', 'waits for leave'])(
    'ends once it is left, or paused: one that %s',
    async (name) => {
      const child = spawn(process.execPath, [FIXTURE, name], { stdio: ['ignore', 'pipe', 'inherit'] });
      children.add(child);
      const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit') as Promise<[number]>]);
      expect({ output, code }).toEqual({ output: 'ends\n', code: 0 });
    },
  );
});
