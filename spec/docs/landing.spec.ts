import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

it('the README fits into 8,000 bytes', () => {
  expect(statSync(join(ROOT, 'README.md')).size).toBeLessThanOrEqual(8000);
});

it('CONTRIBUTING.md and the table in eslint.config.js have a row for every folder of lib', () => {
  const guide = readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8');
  const table = readFileSync(join(ROOT, 'eslint.config.js'), 'utf8');
  const folders = readdirSync(join(ROOT, 'lib'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const missing = folders.filter(
    ({ name }) => !guide.includes(`\`lib/${name}\``) || !new RegExp(`^ {2}${name}: `, 'm').test(table),
  );
  expect(missing.map(({ name }) => name)).toEqual([]);
});
