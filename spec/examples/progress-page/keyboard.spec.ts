import { describe, expect, it } from '@jest/globals';
import { openPage, position, textOf, untilShown, usePage } from './page.js';

describe('the progress page, by keyboard and by ear', () => {
  usePage();

  it('is worked by keys alone', async () => {
    const { page } = await openPage({ bytesPerSecond: 60_000 });
    const { keyboard } = page;
    const focused = (): Promise<string> => page.evaluate(() => document.activeElement?.id ?? '');
    for (const id of ['address', '', 'sample']) {
      await keyboard.press('Tab');
      expect(await focused()).toBe(id);
    }
    await keyboard.press('Enter');
    await untilShown(page, 'time', /0:12/);
    await keyboard.press('Tab');
    expect(await focused()).toBe('slider');

    const positions = [];
    for (const key of ['PageUp', 'ArrowRight', 'ArrowLeft', 'ArrowLeft', 'End', 'Home']) {
      await keyboard.press(key);
      await page.waitForTimeout(50); // a frame or more
      positions.push(await position(page));
    }
    expect(positions).toEqual([5, 6, 5, 4, 12, 0]);

    await keyboard.press('Tab');
    expect(await focused()).toBe('play');
    await keyboard.press('Space');
    await untilShown(page, 'play', /^Pause$/);
    await keyboard.press('Tab');
    expect(await focused()).toBe('action');
    await keyboard.press('Enter');
    await untilShown(page, 'action', /^Resume download$/);
  });

  it('tells a screen reader what it is, where it is, and what has happened', async () => {
    const { page, server } = await openPage({ bytesPerSecond: 60_000 });
    const slider = page.getByRole('slider', { name: 'Position in the song' });
    expect(await slider.getAttribute('aria-disabled')).toBe('true');
    const said: string[] = [];
    await page.exposeFunction('say', (text: string) => said.push(text));
    await page.evaluate(() => {
      const live = document.querySelector('[role="status"]');
      const { say } = globalThis as unknown as { say: (text: string) => void };
      if (live)
        new MutationObserver(() => say(live.textContent)).observe(live, { childList: true, characterData: true });
    });
    await page.getByRole('button', { name: 'Load the sample' }).click();
    await untilShown(page, 'time', /0:12/);
    await slider.press('ArrowRight');
    await page.waitForTimeout(50); // a frame or more
    expect(await slider.getAttribute('aria-valuetext')).toBe('0:01 of 0:12');
    expect(await slider.getAttribute('aria-valuemax')).toBe('12');
    server.bytesPerSecond = Infinity;
    await untilShown(page, 'live', /^Downloaded$/);
    const quarters = said.filter((text) => text.includes('%'));
    expect(said.filter((text) => !quarters.includes(text))).toEqual(['Downloading', 'Downloaded']);
    expect(quarters.length).toBeLessThan(4); // no noise
    await page.getByRole('table', { name: 'Readers, and what they wait for' }).waitFor();
    await page.getByRole('rowheader', { name: 'decoder' }).waitFor();
    await page.getByRole('img', { name: 'Waveform' }).waitFor();
    expect(await textOf(page, 'live')).toBe('Downloaded');
  });
});
