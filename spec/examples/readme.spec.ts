import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

import { describe, expect, it } from '@jest/globals';

const FOLDER = 'examples/readme';
const readme = readFileSync('README.md', 'utf8');
const examples = readdirSync(FOLDER).filter((name) => name.endsWith('.js'));

describe('the examples of the README', () => {
  it('are one for each kind of user, and one about files', () => {
    expect(examples.sort()).toEqual(['file.js', 'pipeline.js', 'progress-ui.js', 'sync-decoder.js']);
  });

  it.each(examples)('shows %s as it is', (name) => {
    expect(readme).toContain(['```js', readFileSync(`${FOLDER}/${name}`, 'utf8').trimEnd(), '```'].join('\n'));
  });

  it.each([
    ['file.js', 'it is complete: true'],
    ['pipeline.js', 'committed 400000 bytes'],
    ['progress-ui.js', 'it is committed'],
    ['sync-decoder.js', 'peak 119'],
  ])('runs %s, and says at its end what the README shows', (name, end) => {
    const output = execFileSync(process.execPath, [`${FOLDER}/${name}`], { encoding: 'utf8', timeout: 30_000 });
    expect(output).toContain(end);
    expect(readme).toContain(end);
  });
});
