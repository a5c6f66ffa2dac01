import { useSyncExternalStore } from 'react';

const tickMs = 5_000;
const listeners = new Set<() => void>();
let aheadMs = 0;
let shown = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

/** Milliseconds since the epoch by the hub's clock, as far as it is known: a phone's own clock may be minutes off. */
export function now(): number {
  return Date.now() + aheadMs;
}

/** Learns the hub's clock from a moment that it has just told. */
export function learnHubTime(at: string): void {
  const told = Date.parse(at);
  if (Number.isFinite(told)) aheadMs = told - Date.now();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    shown = now();
    for (const tell of listeners) tell();
  }, tickMs);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0 || timer === undefined) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The present moment for ages, renewed every 5 s for all of them at once. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => shown);
}
