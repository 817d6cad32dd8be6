// Figures for people.

export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  if (bytes < 1e6) return `${Math.round(bytes / 1000)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

/** `1:05` */
export function timeText(seconds: number): string {
  const whole = Math.floor(seconds);
  const rest = String(whole % 60).padStart(2, '0');
  return whole < 3600
    ? `${Math.floor(whole / 60)}:${rest}`
    : `${Math.floor(whole / 3600)}:${String(Math.floor(whole / 60) % 60).padStart(2, '0')}:${rest}`;
}

export function percentText(share: number): string {
  return `${Math.floor(share * 100)} %`;
}

/** `12,345` */
export function countText(count: number): string {
  return count.toLocaleString('en');
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
