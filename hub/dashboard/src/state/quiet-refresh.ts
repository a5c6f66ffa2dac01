import { useCallback, useEffect, useRef, useState } from 'react';
import { useVersion } from './live.ts';
import type { Topic } from './live-effects.ts';

const shortestPauseMs = 3_000;

interface QuietRefresh {
  /** Changes wait because a pointer rests on the list. */
  readonly pending: boolean;
  readonly refreshNow: () => void;
  /** Put on the element around the rows. */
  readonly hold: {
    readonly onPointerEnter: () => void;
    readonly onPointerLeave: () => void;
  };
}

/** Refreshes a list when its topic changes, but never while a pointer rests on it: no row moves away under a finger. */
export function useQuietRefresh(topic: Topic, refetch: () => unknown): QuietRefresh {
  const version = useVersion(topic);
  const [seen, setSeen] = useState(version);
  const [held, setHeld] = useState(false);
  const lastAt = useRef(0);
  const latest = useRef(refetch);
  latest.current = refetch;

  const refreshNow = useCallback(() => {
    lastAt.current = Date.now();
    setSeen(version);
    latest.current();
  }, [version]);

  useEffect(() => {
    if (version === seen || held) return;
    const wait = Math.max(0, lastAt.current + shortestPauseMs - Date.now());
    const timer = setTimeout(refreshNow, wait);
    return () => clearTimeout(timer);
  }, [version, seen, held, refreshNow]);

  return {
    pending: version !== seen && held,
    refreshNow,
    hold: { onPointerEnter: () => setHeld(true), onPointerLeave: () => setHeld(false) },
  };
}
