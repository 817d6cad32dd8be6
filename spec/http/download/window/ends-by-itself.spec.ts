import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';

const FIXTURE = fileURLToPath(new URL('./fixtures/idle.js', import.meta.url));

it('a process ends whose download waits for readers of its window', async () => {
  const child = spawn(process.execPath, [FIXTURE], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit') as Promise<[number]>]);
  expect({ output, code }).toEqual({ output: 'idle\nends\n', code: 0 });
});
