import { readFileSync } from 'node:fs';

import { expect, it } from '@jest/globals';

it.each([
  ['docs/media-libraries.md', 'examples/music-metadata/read-tags.js'],
  ['docs/drivers.md', 'examples/custom-driver/xor-driver.js'],
])('%s shows %s as it is', (page, example) => {
  expect(readFileSync(page, 'utf8')).toContain(['```js', readFileSync(example, 'utf8').trimEnd(), '```'].join('\n'));
});
