/** Durations in words. */

const pad = (value: number) => String(value).padStart(2, "0");

/** 4 -> "4 s", 75 -> "1 min 15 s", 7384 -> "2 h 03 min". */
export function formatDuration(seconds: number): string {
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${minutes} min ${pad(whole % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
}
