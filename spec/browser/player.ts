import type { Page } from 'playwright-core';

/** Drives the `<audio>` element of a page. */

/** Begins to play without a sound: a page plays aloud only what the user has started. */
export function playMuted(page: Page): Promise<void> {
  return page.evaluate(() => {
    const audio = document.querySelector('audio') as HTMLAudioElement;
    audio.muted = true;
    return audio.play();
  });
}

/** Resolves when it has played beyond `from`, in seconds. */
export function plays(page: Page, from = 0): Promise<unknown> {
  return page.waitForFunction((at) => (document.querySelector('audio')?.currentTime ?? 0) > at, from);
}

/** Seeks, and resolves when it has played to the end, or failed. */
export function playedFrom(page: Page, seconds: number): Promise<{ seconds: number; error?: string }> {
  return page.evaluate(async (from) => {
    const audio = document.querySelector('audio') as HTMLAudioElement;
    const ended = new Promise((resolve) => {
      audio.addEventListener('ended', resolve);
      audio.addEventListener('error', resolve);
    });
    audio.currentTime = from;
    await ended;
    return { seconds: Math.floor(audio.currentTime), error: audio.error?.message };
  }, seconds);
}
